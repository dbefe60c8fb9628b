"""At this pace: what the last closed days cost, how long funds last, what stops then (W1, R3)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.queries.paces import DAYS
from billing.queries.runway import outlook
from billing.services import resources, warnings
from finance_mgmt.models import Notice
from tests.provider import Provider, at

TODAY = at("2024-05-20 12:00")


def day(number: int):
    return at(f"2024-05-{number:02} 10:00")


@pytest.fixture
def group(provider: Provider):
    """A master with 100 of credit; a trusteeship member that runs two machines."""
    master = provider.account("HQ", credit_limit="100")
    member = provider.account("A")
    provider.link(master, member)
    product = provider.product("ecs")
    for code in ("i-2", "i-1"):
        resources.start(account=member, code=code, product=product, **provider.said(day(1)))
    return master, member, product


@pytest.mark.rule("W1")
def test_the_pace_is_that_of_the_last_closed_days(provider, group):
    master, member, product = group
    for number in range(10, 20):  # ten days; the last seven count
        provider.use(member, product, "2" if number > 12 else "5", day(number))
    provider.jobs(TODAY)
    found = outlook(master.pk, TODAY)
    assert (found.runway.per_day, found.days) == (2, DAYS)
    assert (found.runway.available, found.runway.days_left) == (Decimal(71), 35)
    assert found.runway.runs_out_at == TODAY + timedelta(days=35, hours=12)
    assert (found.stops, found.stop_count) == ({"A": ["i-1", "i-2"]}, 2)
    assert outlook(member.pk, TODAY) == found  # the master's funds decide (R3)


def test_a_young_payer_is_judged_by_the_days_it_has(provider, group):
    _, member, product = group
    provider.use(member, product, "3", day(18))
    provider.use(member, product, "9", day(19))
    provider.use(member, product, "50", at("2024-05-20 11:00"))  # today is no closed day
    provider.jobs(TODAY)
    found = outlook(member.pk, TODAY)
    assert (found.runway.per_day, found.days) == (6, 2)


def test_weeks_and_months_count_by_their_last_one(provider):
    account = provider.account("B", cash_amount="1000", identity="B")
    weekly, monthly = (provider.product(c, cycle=c) for c in ("week", "month"))
    provider.use(account, weekly, "70", day(14))  # the week of 13 May
    provider.use(account, weekly, "7000", day(20))  # goes on
    provider.use(account, monthly, "60", at("2024-04-05 10:00"))  # 30 days
    provider.use(account, monthly, "9000", day(2))  # goes on
    provider.jobs(TODAY)
    assert outlook(account.pk, TODAY).runway.per_day == 12


def test_before_anything_is_closed_nothing_is_said(provider, group):
    master, _, _ = group
    found = outlook(master.pk, TODAY)
    assert (found.runway.per_day, found.days, found.runway.days_left) == (0, 0, None)


@pytest.mark.rule("W1", "W3", "W4")
def test_a_notice_of_low_funds_says_how_long_they_last_and_what_stops(provider, group):
    master, member, product = group
    warnings.set_thresholds(account=master, warn_below=[Decimal(90)], **provider.said(day(1)))
    provider.use(member, product, "8", day(18))
    provider.use(member, product, "12", day(19))
    provider.jobs(TODAY)
    assert warnings.evaluate(by="job", at=TODAY) == 1
    assert Notice.objects.get().facts == {
        "figure": "80.00",
        "per_day": "10.00",
        "days_left": 8,
        "runs_out_at": "2024-05-28T04:00:00+00:00",
        "stops": {"A": ["i-1", "i-2"]},
        "stop_count": 2,
    }


@pytest.mark.rule("W1")
def test_thresholds_of_many_accounts_are_set_at_once_or_not_at_all(provider):
    accounts = [provider.account(name) for name in ("A", "B")]
    said = provider.said(TODAY)
    amounts = {"warn_below": [Decimal(5), Decimal(9)], "warn_spend": [Decimal(100)]}
    made = warnings.set_thresholds_of(accounts=accounts, **amounts, **said)
    assert [(one.account.number, one.kind, one.amount) for one in made] == [
        (number, kind, amount)
        for number in ("A", "B")
        for kind, amount in (("low_funds", 5), ("low_funds", 9), ("spending", 100))
    ]
    assert warnings.set_thresholds_of(accounts=accounts, **amounts, **said) == made
