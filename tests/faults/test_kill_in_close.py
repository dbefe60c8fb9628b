"""A worker killed by SIGKILL anywhere in a close: the second one makes the same bills (F1)."""

from decimal import Decimal

import pytest

from billing.models import Bill, Charge
from billing.services import bills, cycles
from finance_mgmt.models import Movement, RunStep
from finance_mgmt.services.checkpoints import NAMES
from tests.faults.processes import end_leases, work
from tests.provider import Provider, at

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MONTH_OVER = at("2024-06-01 00:00")


@pytest.fixture
def month(transactional_db) -> Provider:
    """A master with two members and a lone account, with some usage in May, not closed."""
    provider = Provider()
    master = provider.account("HQ", credit_limit="1000", cash_amount="3")
    ecs, disk = provider.product("ecs", unit_price="0.333333333"), provider.product("disk")
    provider.discount(master, rate="0.8")
    for name in ("A", "B"):
        provider.link(master, provider.account(name))
    provider.account("lone", cash_amount="1", identity="Lone")
    for number, owner in enumerate((master, *(_account(name) for name in ("A", "B", "lone")))):
        provider.use(owner, ecs, f"1.{number}7", at("2024-05-10 14:10"))
        provider.use(owner, disk, f"2.{number}9", at("2024-05-11 09:59"))
    cycles.start_closing(**provider.said(MONTH_OVER))
    return provider


@pytest.mark.rule("B2", "C4", "F10")
@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("import")])
def test_killed_anywhere_the_next_worker_makes_the_same_bills(month, name):
    undisturbed = _outcome_of_a_copy(month)

    cycles.close(by="job", at=MONTH_OVER)
    killed = _killed_once(name)
    if bills.issue(by="job", at=MONTH_OVER):
        killed = _killed_once(name) or killed

    assert killed
    assert _outcome() == undisturbed
    assert bills.issue(by="job", at=MONTH_OVER) is None
    month.verify_books()


def _killed_once(name: str) -> bool:
    killed = work(kill_at=name) == -9
    end_leases()
    assert work() == 0
    return killed


def _outcome() -> dict:
    assert set(RunStep.objects.values_list("state", flat=True)) == {"done"}
    return {
        "bills": [
            (bill.payer.number, bill.total, bill.round_off, bill.from_cash, bill.content_hash)
            for bill in Bill.objects.order_by("payer__number")
        ],
        "charges": Charge.objects.count(),
        "movements": sorted(Movement.objects.values_list("kind", "amount", "owner__number")),
    }


def _outcome_of_a_copy(provider: Provider) -> dict:
    """What an undisturbed worker makes of the same month; taken back afterwards."""
    from django.db import transaction

    with transaction.atomic():
        provider.jobs(MONTH_OVER)
        outcome = _outcome()
        transaction.set_rollback(True)
    assert [total for _, total, *_ in outcome["bills"]] != [Decimal(0)]
    return outcome


def _account(number: str):
    from finance_mgmt.models import Account

    return Account.objects.get(number=number)
