"""Warnings: who sets thresholds, who is told, and once per crossing (W1-W3, W5)."""

from decimal import Decimal

import pytest
from django.db import connection

from billing.models import Threshold
from billing.services import warnings
from finance_mgmt.enums import Permission
from finance_mgmt.errors import InvalidAmount
from finance_mgmt.models import Notice
from finance_mgmt.services import cash
from tests.billing.shop import Shop
from tests.provider import Provider, at

MAY = at("2024-05-10 10:00")
VIEW = (Permission.VIEW_FINANCES,)


@pytest.fixture
def pair(provider: Provider):
    return provider.account("HQ", credit_limit="100"), provider.account("A", cash_amount="100")


def told() -> list[tuple]:
    rows = Notice.objects.filter(kind__in=["low_funds", "spending"]).order_by("pk")
    return [(row.kind, row.to.number, row.about.number, row.threshold) for row in rows]


def set_below(provider: Provider, account, *amounts: int, set_by=None) -> list[Threshold]:
    return warnings.set_thresholds(
        account=account,
        warn_below=[Decimal(amount) for amount in amounts],
        set_by=set_by,
        **provider.said(MAY),
    )


def take(provider: Provider, account, amount: str) -> None:
    taken = {"account": account, "amount": Decimal(amount), "reason": "test"}
    cash.withdraw(**taken, **provider.said(MAY))


def give(provider: Provider, account, amount: str) -> None:
    given = {"account": account, "amount": Decimal(amount), "reason": "test"}
    cash.top_up(**given, **provider.said(MAY))


@pytest.mark.rule("W1", "W3")
def test_a_crossing_is_told_once_and_again_after_recovery(provider, pair):
    _, account = pair
    set_below(provider, account, 50, 20)
    take(provider, account, "60")
    take(provider, account, "5")
    for _look in range(3):
        warnings.evaluate(by="job", at=MAY)
    assert told() == [("low_funds", "A", "A", 50)]
    give(provider, account, "50")
    take(provider, account, "80")  # over both at once
    warnings.evaluate(by="job", at=MAY)
    assert told()[1:] == [("low_funds", "A", "A", 50), ("low_funds", "A", "A", 20)]


@pytest.mark.rule("W1")
def test_what_recovered_between_two_looks_is_told_all_the_same(provider, pair):
    _, account = pair
    set_below(provider, account, 50)
    take(provider, account, "60")
    give(provider, account, "60")
    warnings.evaluate(by="job", at=MAY)
    assert told() == [("low_funds", "A", "A", 50)]


@pytest.mark.rule("W2", "W5")
@pytest.mark.parametrize(
    ("mode", "grants", "recipients"),
    [
        (None, (), ["A"]),
        ("management", (), ["A"]),
        ("management", VIEW, ["A", "HQ"]),  # a copy
        ("trusteeship", (), []),  # nothing about the member's own thresholds
    ],
)
def test_who_is_told_follows_the_terms(provider, pair, mode, grants, recipients):
    master, member = pair
    set_below(provider, member, 50)
    if mode:
        provider.link(master, member, MAY, mode=mode, grants=grants)
    take(provider, member, "60")
    warnings.evaluate(by="job", at=MAY)
    assert [to for _, to, _, _ in told()] == recipients


@pytest.mark.rule("W2")
def test_in_trusteeship_the_masters_thresholds_are_judged_on_what_members_cost(provider, pair):
    master, member = pair
    provider.link(master, member)
    set_below(provider, master, 90)
    provider.use(member, provider.product("ecs"), "11", MAY)
    provider.jobs(at("2024-05-10 12:00"))
    warnings.evaluate(by="job", at=at("2024-05-10 12:00"))
    assert told() == [("low_funds", "HQ", "HQ", 90)]


@pytest.mark.rule("W5")
@pytest.mark.parametrize(
    ("mode", "grants", "may"),
    [
        ("management", VIEW, True),
        ("management", (), False),
        ("trusteeship", (), False),
        (None, (), False),
    ],
)
def test_a_master_sets_a_members_thresholds_where_it_may_see_the_finances(
    provider, pair, mode, grants, may
):
    master, member = pair
    if mode:
        provider.link(master, member, mode=mode, grants=grants)
    if may:
        assert [one.amount for one in set_below(provider, member, 5, set_by=master)] == [5]
        return
    with pytest.raises(warnings.ThresholdRefused) as refused:
        set_below(provider, member, 5, set_by=master)
    assert [(one.rule, one.code) for one in refused.value.reasons] == [("W5", "not_allowed")]
    assert [one.amount for one in set_below(provider, member, 5, set_by=member)] == [5]


@pytest.mark.rule("W1")
def test_what_is_crossed_already_is_told_at_its_next_crossing(provider, pair):
    _, account = pair
    set_below(provider, account, 150)
    take(provider, account, "1")
    warnings.evaluate(by="job", at=MAY)
    assert told() == []
    give(provider, account, "60")
    take(provider, account, "60")
    warnings.evaluate(by="job", at=MAY)
    assert told() == [("low_funds", "A", "A", 150)]


@pytest.mark.rule("W1", "F10")
@pytest.mark.parametrize(
    ("amount", "code"), [("1e17", "amount_too_large"), ("0.001", "amount_too_precise")]
)
def test_a_threshold_is_an_amount_that_money_can_have(provider, pair, amount, code):
    with pytest.raises(InvalidAmount) as refused:
        set_below(provider, pair[0], 0, Decimal(amount))
    assert [(one.rule, one.code) for one in refused.value.reasons] == [("F10", code)]
    assert list(Threshold.objects.all()) == []


def test_what_a_close_wrote_behind_the_last_charge_seen_is_spent_all_the_same(transactional_db):
    """Its charges have their ids before it waits for the funds; an order may pass it meanwhile."""
    shop = Shop()
    shop.start_closing()
    account = shop.account("A", credit_limit="100")
    warnings.set_thresholds(account=account, warn_spend=[Decimal(50)], **shop.said(MAY))
    shop.use(account, shop.product("ecs", unit_price="60"), "1", MAY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('billing_charge_id_seq', 1000)")
        shop.order(account, shop.prepaid(), "1", MAY)
        warnings.evaluate(by="job", at=MAY)
        cursor.execute("SELECT setval('billing_charge_id_seq', 500)")
        shop.close(at("2024-05-10 11:00"))
    warnings.evaluate(by="job", at=at("2024-05-10 11:00"))
    assert told() == [("spending", "A", "A", 50)]
    assert shop.wrong_books() == []
