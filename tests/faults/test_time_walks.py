"""Months that are not closed twice, anniversaries, and a year on a moving clock (T3, T5, T10)."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.models import Bill
from billing.services.resources import months_after
from finance_mgmt.money import ZERO
from simulation import files, outcome, runner, sandbox
from tests.provider import SHANGHAI
from tests.simulation.conftest import server  # noqa: F401 (a fixture: what scenarios need)

ZONES = (  # UTC-11, -3, 0, +5:45, +8, +14
    "Pacific/Pago_Pago",
    "America/Sao_Paulo",
    "UTC",
    "Asia/Kathmandu",
    "Asia/Shanghai",
    "Pacific/Kiritimati",
)


@pytest.mark.case("T1")
@pytest.mark.rule("B2", "C5")
@pytest.mark.parametrize("zone", ZONES)
def test_in_any_zone_and_cycle_a_record_is_billed_once(provider, zone):
    provider.policy(billing_time_zone=zone)
    account = provider.account("A", credit_limit="1000")
    edge = datetime(2024, 3, 1, tzinfo=ZoneInfo(zone))
    second = timedelta(microseconds=1)
    instants = [edge - second, edge, edge + second, edge + timedelta(days=30, hours=23)]
    for cycle in ("hour", "day", "week", "month"):
        product = provider.product(cycle, cycle=cycle)
        for instant in instants:
            provider.use(account, product, "1", instant)
    for days in range(0, 75, 3):  # jobs that look late, at an hour that is no boundary anywhere
        provider.jobs(edge + timedelta(days=days, minutes=7))
    found = {cycle: ZERO for cycle in ("hour", "day", "week", "month")}
    for charge in provider.charges():
        found[charge.product.code] += charge.quantity
    assert found == dict.fromkeys(found, len(instants))
    months = [bill.month for bill in provider.bills()]
    assert len(months) == len(set(months))
    assert sum(bill.total for bill in provider.bills()) == 4 * len(instants)


@pytest.mark.case("T3")
@pytest.mark.rule("B2", "C5")
def test_a_close_at_20_and_at_23_utc_makes_one_bill_east_of_utc(provider):
    provider.policy(billing_time_zone="Europe/Helsinki")
    account = provider.account("A", cash_amount="100")
    provider.use(account, provider.product("ecs"), "3", datetime(2024, 5, 31, 20, tzinfo=UTC))
    for hour in (20, 23):  # 23:00 and 02:00 in Helsinki: the month ends between both
        provider.jobs(datetime(2024, 5, 31, hour, tzinfo=UTC))
    provider.jobs(datetime(2024, 6, 1, 20, tzinfo=UTC))
    provider.jobs(datetime(2024, 6, 1, 23, tzinfo=UTC))
    assert [(bill.month, bill.total) for bill in provider.bills()] == [(date(2024, 5, 1), 3)]


@pytest.mark.case("T5")
@pytest.mark.rule("O1")
@given(
    day=st.dates(date(2023, 1, 1), date(2028, 12, 31)),
    months=st.integers(1, 36),
)
def test_an_anniversary_is_the_same_day_or_the_last_of_its_month(day, months):
    start = datetime(day.year, day.month, day.day, 14, 20, tzinfo=SHANGHAI)
    end = months_after(start, months)
    whole = day.year * 12 + day.month - 1 + months
    assert (end.year * 12 + end.month - 1, end.time()) == (whole, start.time())
    last = (end.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    assert end.day == min(day.day, last.day)


@pytest.mark.case("T5")
@pytest.mark.parametrize("day", [date(2024, 1, 29), date(2023, 1, 30), date(2024, 1, 31)])
def test_twelve_renewals_from_the_end_of_a_month_are_twelve_months(day):
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    ends = [months_after(start, months) for months in range(1, 13)]
    assert [end.month for end in ends] == [*range(2, 13), 1]
    assert ends[-1].date() == date(day.year + 1, 1, day.day)


GROUPS = ("N", "S", "E")


def year() -> str:
    """A year of three groups of two: each month both use something, and the master pays."""
    accounts, events = [], []
    for group in GROUPS:
        accounts += [
            f"{{id: {group}, identity: {group}, credit_limit: '9000.00', cash: '5000.00'}}",
            f"{{id: {group}1, identity: {group}, cash: '10.00'}}",
        ]
        link = f"master: {group}, member: {group}1, mode: trusteeship"
        events.append(("2024-01-01T00:00:00+08:00", f"link: {{{link}}}"))
    for month in range(1, 13):
        for place, group in enumerate(GROUPS):
            for number in ("", 1):
                quantity = month + place + (number or 0)
                use = f"account: {group}{number}, product: ecs, quantity: '{quantity}'"
                events.append((f"2024-{month:02}-15T1{place}:00:00+08:00", f"use: {{{use}}}"))
    lines = "\n".join(f"  - {{at: {when}, {what}}}" for when, what in sorted(events))
    given = "\n".join(f"  - {account}" for account in accounts)
    return (
        "start: 2024-01-01T00:00:00+08:00\nend: 2025-02-01T00:10:00+08:00\n"
        f"accounts:\n{given}\n"
        "products: [{code: ecs, family: compute, cycle: month, unit_price: '1.00'}]\n"
        f"discounts: [{{owner: S, rate: '0.80'}}]\nevents:\n{lines}\n"
    )


@pytest.mark.slow
@pytest.mark.case("T10")
@pytest.mark.rule("B5", "S1")
def test_a_year_of_three_groups_is_twelve_bills_each(server, tmp_path):  # noqa: F811
    file = tmp_path / "year.yaml"
    file.write_text(year())
    scenario = files.read(str(file))
    with sandbox.scratch():
        world = runner.play(scenario)
        found = outcome.gather(outcome.View(world, scenario.end))
        assert outcome.wrong() == {name: [] for name in found["checks"]}
        assert Bill.objects.count() == 36
    assert found["refusals"] == []
    by_month: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for bill in found["bills"]:
        by_month[bill["account"]][bill["month"]] = Decimal(bill["total"])
    months = [f"2024-{month:02}" for month in range(1, 13)]
    assert {group: sorted(bills) for group, bills in by_month.items()} == dict.fromkeys(
        GROUPS, months
    )
    for place, group in enumerate(GROUPS):
        rate = Decimal("0.8") if group == "S" else Decimal(1)
        expected = {f"2024-{month:02}": rate * (2 * (month + place) + 1) for month in range(1, 13)}
        assert by_month[group] == expected
        charged = [row for row in found["charges"] if row["payer"] == group]
        yearly = sum(Decimal(row["payable_amount"]) for row in charged)
        assert (len(charged), yearly) == (24, sum(expected.values()))
    assert Counter(bill["status"] for bill in found["bills"]) == {"settled": 36}
    assert len(found["settlements"]) == 36
    assert {row["account"]: row["used"] for row in found["funds"]} == dict.fromkeys(
        [f"{group}{number}" for group in GROUPS for number in ("", 1)], "0.00"
    )
