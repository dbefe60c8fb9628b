"""Tasks delivered three times in a row, at once, in any order, or not at all (F3, F4, F5)."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from celery import current_app
from django.conf import settings as configured
from django.db import transaction
from django.db.models import Sum

from billing.models import Bill, Charge, Resource, Settlement
from billing.services import cycles, resources, warnings
from finance_mgmt.clock import now
from finance_mgmt.enums import Mode
from finance_mgmt.models import Movement, Notice, Relationship, Run
from finance_mgmt.services import relationships
from tests.concurrency.races import at_once
from tests.provider import Provider

pytestmark = [pytest.mark.faults]

NOBODY_WAITS_FOR = {"finance_mgmt.deliver_notices"}  # mail and webhooks: their own tests


def jobs() -> list[str]:
    """All jobs, in the order that settings name them."""
    return [task for task in configured.JOBS if not task.startswith("finance_mgmt.deliver")]


@pytest.fixture
def eager():
    """Runs are worked on at once, by whoever asks for them."""
    current_app.loader.import_default_modules()
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


def build() -> Provider:
    """Something due for every job: usage, a month, a bill, a change, an invitation, a warning."""
    provider = Provider()
    provider.policy(payment_days=0, auto_confirm_same_identity=True)
    month_ago = now() - timedelta(days=45)
    master = provider.account("HQ", credit_limit="5", cash_amount="3")
    member, later = provider.account("A"), provider.account("B", cash_amount="9")
    stranger = provider.account("S", identity="Stranger")
    provider.link(master, member, month_ago)
    product = provider.product("ecs")
    resources.start(account=member, code="i-1", product=product, **provider.said(month_ago))
    warnings.set_thresholds(account=master, warn_below=[Decimal(7)], **provider.said(month_ago))
    for owner in (master, member, later):
        provider.use(owner, product, "3", month_ago + timedelta(hours=1))
    provider.use(member, product, "4", month_ago + timedelta(hours=3))
    provider.link(master, stranger, month_ago, mode=Mode.MANAGEMENT)  # nobody answers it
    relationships.link(
        master=master,
        member=later,
        mode=Mode.TRUSTEESHIP,
        has_acknowledged=True,
        effective_at=month_ago + timedelta(hours=2),
        **provider.said(month_ago),
    )
    cycles.start_closing(**provider.said(now()))
    return provider


def deliver(task: str) -> None:
    """The message arrives."""
    current_app.tasks[task]()


def outcome() -> dict:
    """Everything that matters, whoever did it when."""
    return {
        "bills": sorted(Bill.objects.values_list("payer__number", "total", "from_cash")),
        "charges": sorted(Charge.objects.values_list("owner__number", "payer__number", "quantity")),
        "movements": sorted(  # how many a close makes hangs on when it looks; their sum does not
            Movement.objects.order_by().values_list("kind", "owner__number").annotate(Sum("amount"))
        ),
        "settled": sorted(Settlement.objects.values_list("paid_by__number", "amount")),
        "links": sorted(Relationship.objects.values_list("member__number", "state")),
        "resources": sorted(Resource.objects.values_list("code", "status")),
        "told": sorted(Notice.objects.values_list("kind", "to__number", "threshold")),
        "checks": Run.objects.filter(kind="verify", state="done").count(),
    }


def everything_three_rounds() -> dict:
    """What beat brings about when nothing goes wrong."""
    for _round in range(3):
        for task in jobs():
            deliver(task)
    return outcome()


def undisturbed() -> dict:
    """The same, taken back afterwards."""
    with transaction.atomic():
        found = everything_three_rounds()
        transaction.set_rollback(True)
    assert found["bills"] == [("B", 3, 3), ("HQ", 10, 3)]
    assert found["settled"] == []
    assert found["links"] == [("A", "active"), ("B", "active"), ("S", "expired")]
    assert found["resources"] == [("i-1", "suspended")]
    assert found["checks"] == 1
    return found


@pytest.mark.case("F3")
@pytest.mark.rule("B2", "F11")
def test_each_task_three_times_in_a_row_has_one_effect(db, eager):
    provider = build()
    expected = undisturbed()
    for _round in range(3):
        for task in jobs():
            for _delivery in range(3):
                deliver(task)
    assert outcome() == expected
    provider.verify_books()


@pytest.mark.slow
@pytest.mark.case("F4")
@pytest.mark.rule("B2", "F11")
@pytest.mark.django_db(transaction=True)
def test_each_task_three_times_at_once_has_one_effect(transactional_db, eager):
    provider = build()
    expected = undisturbed()
    for _round in range(3):
        for task in jobs():
            found = at_once([lambda task=task: deliver(task)] * 3)
            assert found == [None] * 3, task
    assert outcome() == expected
    provider.verify_books()


@pytest.mark.case("F5", "F19")
@pytest.mark.rule("B2", "L9")
@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_with_some_lost_the_end_is_the_same(db, eager, seed):
    provider = build()
    expected = undisturbed()
    chance = random.Random(seed)
    for _round in range(2):
        arriving = [task for task in jobs() * 2 if chance.random() < 0.6]
        chance.shuffle(arriving)
        for task in arriving:
            deliver(task)
    last = jobs()
    for _round in range(3):  # beat never stops asking
        chance.shuffle(last)
        for task in last:
            deliver(task)
    assert outcome() == expected
    provider.verify_books()
