"""The close: who is charged what, and never twice (C1-C6, B1, B2)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from billing.enums import RecordKind
from billing.models import Charge, ClosedThrough
from billing.services import cycles
from finance_mgmt.enums import Cycle, Mode, Permission
from finance_mgmt.models import Movement, Run
from finance_mgmt.services import changes, runs
from finance_mgmt.services.policy import PolicyRefused
from tests.provider import LONG_AGO, at

MAY, JUNE, JULY = date(2024, 5, 1), date(2024, 6, 1), date(2024, 7, 1)
MICROSECOND = timedelta(microseconds=1)


def who_pays(provider) -> list[tuple]:
    """Each charge as (payer, start of its period, payable), in the order of periods."""
    return [
        (charge.payer.number, charge.period_start, charge.payable_amount)
        for charge in provider.charges()
    ]


def lines(provider) -> list[tuple]:
    """Each charge as (period start, month, quantity, payable, late), in the order of periods."""
    return [
        (c.period_start, c.billing_month, c.quantity, c.payable_amount, c.is_late)
        for c in provider.charges()
    ]


@pytest.fixture
def group(provider):
    """A master with 20 % off, a member with 10 % off, and the master of another group."""
    master = provider.account("HQ", credit_limit="10000")
    member = provider.account("A", cash_amount="1000")
    other = provider.account("HQ2", credit_limit="10000")
    provider.discount(master, rate="0.80")
    provider.discount(member, rate="0.90")
    provider.discount(other, rate="0.50")
    return master, member, other


@pytest.mark.rule("C1", "C3", "B1", "B5", "D2")
def test_the_cycle_in_progress_stays_with_the_member_the_next_is_the_masters(provider):
    master = provider.account("HQ", credit_limit="1000")
    member = provider.account("A", cash_amount="100")
    ecs = provider.product("ecs")
    provider.discount(master, rate="0.80")
    provider.use(member, ecs, "10", at("2024-05-10 14:10"))
    provider.link(master, member, at("2024-05-10 14:20:30"))
    provider.use(member, ecs, "10", at("2024-05-10 14:40"))
    provider.use(member, ecs, "10", at("2024-05-10 15:05"))

    provider.jobs(at("2024-06-01 00:00"))

    assert [
        (c.payer.number, c.period_start, c.quantity, c.discount_amount, c.payable_amount)
        for c in provider.charges()
    ] == [
        ("A", at("2024-05-10 14:00"), Decimal(20), Decimal(0), Decimal(20)),
        ("HQ", at("2024-05-10 15:00"), Decimal(10), Decimal(2), Decimal(8)),
    ]
    assert [(b.payer.number, b.total, b.from_cash, b.on_credit) for b in provider.bills()] == [
        ("A", Decimal(20), Decimal(20), Decimal(0)),
        ("HQ", Decimal(8), Decimal(0), Decimal(8)),
    ]
    provider.jobs(at("2024-06-01 00:00"))
    assert len(provider.bills()) == 2
    assert len(provider.runs()) == 2


# -- Cut-over, for cycles of every length ----------------------------------------------------------

# The period in progress on Friday 2024-05-10 14:20:30, and the one after it.
BEGINS = [
    (Cycle.MINUTE, "2024-05-10 14:20", "2024-05-10 14:21"),
    (Cycle.HOUR, "2024-05-10 14:00", "2024-05-10 15:00"),
    (Cycle.DAY, "2024-05-10", "2024-05-11"),
    (Cycle.WEEK, "2024-05-06", "2024-05-13"),
    (Cycle.MONTH, "2024-05-01", "2024-06-01"),
]
# The same on Monday 2024-05-20 09:10, exactly, and so at the boundary of a minute.
ENDS = [
    (Cycle.MINUTE, "2024-05-20 09:09", "2024-05-20 09:10"),
    (Cycle.HOUR, "2024-05-20 09:00", "2024-05-20 10:00"),
    (Cycle.DAY, "2024-05-20", "2024-05-21"),
    (Cycle.WEEK, "2024-05-20", "2024-05-27"),
    (Cycle.MONTH, "2024-05-01", "2024-06-01"),
]


@pytest.mark.rule("C1", "D2")
@pytest.mark.parametrize(("cycle", "in_progress", "following"), BEGINS)
def test_a_trusteeship_begins_with_the_next_cycle(provider, group, cycle, in_progress, following):
    master, member, _ = group
    product = provider.product("p", cycle=cycle)
    provider.use(member, product, "10", at("2024-05-10 14:20:10"))
    provider.link(master, member, at("2024-05-10 14:20:30"))
    provider.use(member, product, "10", at("2024-05-10 14:20:50"))
    provider.use(member, product, "10", at(following))
    provider.jobs(at("2024-07-01"))
    assert who_pays(provider) == [
        ("A", at(in_progress), Decimal(18)),
        ("HQ", at(following), Decimal(8)),
    ]


@pytest.mark.rule("C1", "C3")
@pytest.mark.parametrize(("cycle", "in_progress", "following"), ENDS)
def test_it_ends_with_the_cycle_in_progress(provider, group, cycle, in_progress, following):
    master, member, _ = group
    product = provider.product("p", cycle=cycle)
    link = provider.link(master, member, at("2024-04-01"))
    provider.use(member, product, "10", at("2024-05-20 09:09:59"))
    provider.end(link, at("2024-05-20 09:10"))
    provider.use(member, product, "10", at(following))
    provider.jobs(at("2024-07-01"))
    assert who_pays(provider) == [
        ("HQ", at(in_progress), Decimal(8)),
        ("A", at(following), Decimal(9)),
    ]


@pytest.mark.rule("C1", "L8")
@pytest.mark.parametrize(("cycle", "in_progress", "following"), BEGINS)
def test_a_move_leaves_the_cycle_in_progress_with_the_former_master(
    provider, group, cycle, in_progress, following
):
    master, member, other = group
    product = provider.product("p", cycle=cycle)
    link = provider.link(master, member, at("2024-04-01"))
    provider.use(member, product, "10", at("2024-05-10 14:20:10"))
    changes.move(
        relationship=link,
        master=other,
        has_acknowledged=True,
        **provider.said(at("2024-05-10 14:20:30")),
    )
    provider.use(member, product, "10", at("2024-05-10 14:20:50"))
    provider.use(member, product, "10", at(following))
    provider.jobs(at("2024-07-01"))
    assert who_pays(provider) == [
        ("HQ", at(in_progress), Decimal(16)),
        ("HQ2", at(following), Decimal(5)),
    ]


@pytest.mark.rule("C1", "L7")
def test_an_upgrade_in_place_counts_from_its_own_instant(provider, group):
    master, member, _ = group
    product = provider.product("p")
    shares = (Permission.SHARE_DISCOUNTS,)
    link = provider.link(master, member, at("2024-05-01"), mode=Mode.MANAGEMENT, grants=shares)
    provider.use(member, product, "10", at("2024-05-10 14:10"))
    changes.upgrade(
        relationship=link, has_acknowledged=True, **provider.said(at("2024-05-10 14:20:30"))
    )
    provider.use(member, product, "10", at("2024-05-10 15:00"))
    provider.jobs(at("2024-06-01"))
    assert who_pays(provider) == [
        ("A", at("2024-05-10 14:00"), Decimal(8)),  # the master's discount, shared
        ("HQ", at("2024-05-10 15:00"), Decimal(8)),
    ]
    assert {charge.relationship_id for charge in provider.charges()} == {link.pk}


@pytest.mark.rule("C3")
@pytest.mark.parametrize(
    ("begins", "payers"),
    [
        (at("2024-05-10 15:00") - MICROSECOND, ["A", "HQ"]),
        (at("2024-05-10 15:00"), ["A", "HQ"]),
        (at("2024-05-10 15:00") + MICROSECOND, ["A", "A"]),
        (at("2024-05-10 14:00"), ["HQ", "HQ"]),
        (at("2024-05-10 14:00") - MICROSECOND, ["HQ", "HQ"]),
        (at("2024-05-10 14:00") + MICROSECOND, ["A", "HQ"]),
    ],
)
def test_a_link_at_a_boundary_begins_with_the_cycle_that_starts_there(
    provider, group, begins, payers
):
    master, member, _ = group
    product = provider.product("p")
    provider.link(master, member, begins)
    provider.use(member, product, "1", at("2024-05-10 15:00") - MICROSECOND)
    provider.use(member, product, "1", at("2024-05-10 15:00"))
    provider.jobs(at("2024-05-10 16:00"))
    assert [payer for payer, _, _ in who_pays(provider)] == payers


@pytest.mark.rule("C4", "C5")
def test_a_record_with_an_interval_belongs_to_the_cycle_of_its_start(provider, group):
    _, member, _ = group
    product = provider.product("p")
    start = at("2024-05-10 14:59:59")
    provider.use(member, product, "1", start, ends_at=at("2024-05-10 17:30"))
    provider.jobs(at("2024-05-10 15:00"))
    assert lines(provider) == [(at("2024-05-10 14:00"), MAY, Decimal(1), Decimal("0.9"), False)]


# -- What comes late -------------------------------------------------------------------------------


@pytest.mark.rule("C4", "C1", "D2")
def test_late_usage_follows_its_own_period_and_not_its_arrival(provider, group):
    master, member, _ = group
    product = provider.product("p")
    provider.start_closing()
    provider.use(member, product, "10", at("2024-05-10 14:10"))
    provider.link(master, member, at("2024-05-10 14:20:30"))
    provider.jobs(at("2024-05-11"))
    for quantity in ("3", "4"):
        provider.use(
            member, product, quantity, at("2024-05-10 14:40"), reported=at("2024-05-12 08:00")
        )
    provider.jobs(at("2024-05-12 08:00"))
    hour = at("2024-05-10 14:00")
    assert lines(provider) == [
        (hour, MAY, Decimal(10), Decimal(9), False),
        (hour, MAY, Decimal(3), Decimal("2.7"), True),
        (hour, MAY, Decimal(4), Decimal("3.6"), True),
    ]
    assert {payer for payer, _, _ in who_pays(provider)} == {"A"}


@pytest.mark.rule("C4", "B2")
def test_late_usage_of_a_billed_month_is_on_the_open_bill_and_names_its_period(provider, group):
    _, member, _ = group
    product = provider.product("p")
    provider.use(member, product, "10", at("2024-05-31 23:30"))
    provider.jobs(at("2024-06-01"))
    provider.use(member, product, "5", at("2024-05-31 23:40"), reported=at("2024-06-03"))
    provider.jobs(at("2024-07-01"))
    hour = at("2024-05-31 23:00")
    assert lines(provider) == [
        (hour, MAY, Decimal(10), Decimal(9), False),
        (hour, JUNE, Decimal(5), Decimal("4.5"), True),
    ]
    assert [(bill.month, bill.total) for bill in provider.bills()] == [
        (MAY, Decimal(9)),
        (JUNE, Decimal("4.5")),
    ]


@pytest.mark.rule("C4", "B2")
def test_late_usage_of_a_month_without_a_bill_is_billed_too(provider, group):
    master, member, _ = group
    product = provider.product("p")
    provider.use(master, product, "1", at("2024-05-31 23:30"))
    provider.jobs(at("2024-06-01"))  # May is billed, though not to the member
    provider.use(member, product, "5", at("2024-05-31 23:40"), reported=at("2024-06-03"))
    provider.jobs(at("2024-07-01"))
    assert [(bill.payer.number, bill.month, bill.total) for bill in provider.bills()] == [
        ("HQ", MAY, Decimal("0.8")),
        ("A", JUNE, Decimal("4.5")),
    ]


@pytest.mark.rule("C4")
def test_usage_of_long_ago_is_late_and_not_lost(provider, group):
    _, member, _ = group
    product = provider.product("p")
    provider.start_closing(at("2024-05-01"))
    provider.use(member, product, "1", at("2023-01-31 12:00"), reported=at("2024-05-10 12:00"))
    provider.jobs(at("2024-06-01"))
    assert lines(provider) == [(at("2023-01-31 12:00"), MAY, Decimal(1), Decimal("0.9"), True)]
    assert [bill.month for bill in provider.bills()] == [MAY]


@pytest.mark.rule("C4")
@pytest.mark.parametrize(
    ("reported", "is_late"),
    [
        ("2024-05-10 15:00", False),  # its cycle has ended, but is not closed
        ("2024-05-10 15:59:59.999999", False),
        ("2024-05-10 16:00", True),
        ("2024-05-10 18:00", True),
    ],
)
def test_a_cycle_is_closed_at_its_end_plus_the_delay_used_or_not(
    provider, group, reported, is_late
):
    _, member, _ = group
    provider.policy(close_delay=3600)
    product = provider.product("p")
    provider.start_closing()
    provider.use(member, product, "1", at("2024-05-10 14:30"), reported=at(reported))
    provider.jobs(at("2024-05-10 16:00") - MICROSECOND)
    assert lines(provider) == []
    provider.jobs(at("2024-05-10 18:00"))
    hour = at("2024-05-10 14:00")
    assert lines(provider) == [(hour, MAY, Decimal(1), Decimal("0.9"), is_late)]


@pytest.mark.rule("C4", "B5")
def test_with_a_delay_the_month_stays_open_for_late_usage_as_long(provider, group):
    _, member, _ = group
    provider.policy(close_delay=3600)
    product = provider.product("p")
    provider.use(member, product, "1", at("2024-05-31 23:30"))
    provider.jobs(at("2024-06-01 00:59"))
    assert provider.bills() == []
    provider.use(member, product, "2", at("2024-05-20 12:00"), reported=at("2024-06-01 00:59:59"))
    provider.jobs(at("2024-06-01 01:00"))
    provider.use(member, product, "4", at("2024-05-20 12:00"), reported=at("2024-06-01 01:00"))
    provider.jobs(at("2024-07-01 01:00"))
    assert [(bill.month, bill.total) for bill in provider.bills()] == [
        (MAY, Decimal("2.7")),
        (JUNE, Decimal("3.6")),
    ]


@pytest.mark.rule("C4", "B2")
def test_the_delay_can_not_change_once_there_is_usage_whose_cycles_it_would_tear(provider):
    member = provider.account("A", cash_amount="100")
    product = provider.product("p")
    provider.use(member, product, "1", at("2024-05-10 14:10"))
    with pytest.raises(PolicyRefused) as refused:
        provider.policy(close_delay=3600)
    assert [reason.code for reason in refused.value.reasons] == ["close_delay_in_use"]
    provider.use(member, product, "2", at("2024-05-10 14:40"))
    provider.jobs(at("2024-05-10 15:00"))
    assert [charge.quantity for charge in provider.charges()] == [3]


# -- Windows ---------------------------------------------------------------------------------------


@pytest.mark.rule("C4", "B2")
def test_closes_at_successive_instants_charge_each_record_once(provider, group):
    _, member, _ = group
    product = provider.product("p")
    provider.start_closing()
    first = at("2024-05-10 15:00")
    provider.use(member, product, "1", at("2024-05-10 14:30"))
    provider.use(member, product, "2", at("2024-05-10 15:30"))
    instants = [first - MICROSECOND, first, first, first + MICROSECOND, at("2024-05-10 16:00")]
    opened = []
    for instant in instants:
        run = cycles.close(by="job", at=instant)
        opened.append(run and runs.work(run.pk, worker="test").facts["through"])
    assert opened == [None, first.isoformat(), None, None, at("2024-05-10 16:00").isoformat()]
    assert [c.quantity for c in provider.charges()] == [Decimal(1), Decimal(2)]
    assert ClosedThrough.objects.get().instant == at("2024-05-10 16:00")


@pytest.mark.rule("C4")
def test_the_horizon_never_goes_back(provider, group):
    _, member, _ = group
    product = provider.product("p")
    provider.use(member, product, "2", at("2024-05-10 15:20"))
    provider.jobs(at("2024-05-10 16:00"))
    provider.use(member, product, "1", at("2024-05-10 14:30"), reported=at("2024-05-10 15:00"))
    provider.jobs(at("2024-05-10 15:30"))  # a job whose clock is behind
    assert ClosedThrough.objects.get().instant == at("2024-05-10 16:00")
    provider.jobs(at("2024-05-10 16:01"))
    assert lines(provider) == [
        (at("2024-05-10 14:00"), MAY, Decimal(1), Decimal("0.9"), True),
        (at("2024-05-10 15:00"), MAY, Decimal(2), Decimal("1.8"), False),
    ]


@pytest.mark.rule("C4")
def test_while_a_close_is_unfinished_no_other_is_opened(provider, group):
    _, member, _ = group
    product = provider.product("p")
    provider.start_closing()
    provider.use(member, product, "1", at("2024-05-10 14:30"))
    provider.use(member, product, "2", at("2024-05-10 15:30"))
    run = cycles.close(by="job", at=at("2024-05-10 15:00"))
    assert cycles.close(by="job", at=at("2024-05-10 16:00")) is None
    runs.work(run.pk, worker="test")
    assert cycles.close(by="job", at=at("2024-05-10 16:00")) is not None


@pytest.mark.rule("C4")
def test_nothing_is_closed_before_closing_is_started(provider, group):
    _, member, _ = group
    provider.use(member, provider.product("p"), "1", at("2024-05-10 14:30"))
    assert cycles.close(by="job", at=at("2024-06-01")) is None
    assert (provider.charges(), provider.runs()) == ([], [])
    said = {"key": "start", "by": "test", "at": at("2024-06-01")}
    assert cycles.start_closing(**said).started_at == at("2024-06-01")
    assert cycles.start_closing(**said).started_at == at("2024-06-01")
    provider.start_closing(at("2024-06-02"))  # again, by somebody else: the first one counts
    assert ClosedThrough.objects.get().started_at == at("2024-06-01")
    provider.jobs(at("2024-06-01"))
    assert len(provider.charges()) == 1


@pytest.mark.rule("C4", "C6")
def test_history_loaded_before_closing_starts_is_billed_by_its_own_months(provider, group):
    _, member, _ = group
    product = provider.product("p")
    loaded = at("2024-07-10 12:00")
    for when in ("2024-05-10 14:10", "2024-05-10 14:40", "2024-06-10 14:10"):
        provider.use(member, product, "1", at(when), reported=loaded)
    provider.jobs(loaded)
    assert lines(provider) == [
        (at("2024-05-10 14:00"), MAY, Decimal(2), Decimal("1.8"), False),
        (at("2024-06-10 14:00"), JUNE, Decimal(1), Decimal("0.9"), False),
    ]
    assert [bill.month for bill in provider.bills()] == [MAY, JUNE]


@pytest.mark.rule("C6")
def test_a_week_is_on_the_bill_of_its_last_day(provider, group):
    _, member, _ = group
    product = provider.product("p", cycle=Cycle.WEEK)
    provider.use(member, product, "1", at("2024-05-27"))  # to Sunday 06-02
    provider.use(member, product, "2", at("2024-06-30"))  # the Sunday that ends June
    provider.jobs(at("2024-07-01"))
    assert [(bill.month, bill.own_amount) for bill in provider.bills()] == [(JUNE, Decimal("2.7"))]


@pytest.mark.rule("C5")
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Asia/Shanghai", "2024-05-31"),
        ("America/New_York", "2024-05-31"),
        ("Pacific/Kiritimati", "2024-06-01"),
    ],
)
def test_days_and_months_are_those_of_the_providers_zone(provider, zone, day):
    provider.policy(billing_time_zone=zone)
    account = provider.account("A", cash_amount="10")
    when = datetime(2024, 5, 31, 11, 0, tzinfo=UTC)
    provider.use(account, provider.product("p", cycle=Cycle.DAY), "1", when)
    provider.jobs(when + timedelta(days=40))
    [charge] = provider.charges()
    assert charge.period_start.astimezone(provider.zone()).isoformat()[:16] == f"{day}T00:00"
    assert charge.billing_month == date.fromisoformat(day).replace(day=1)


# -- Price and discount ----------------------------------------------------------------------------


def charged(provider) -> list[tuple]:
    """Each charge as (unit price, list, discount, payable, the discount's id)."""
    return [
        (c.unit_price, c.list_amount, c.discount_amount, c.payable_amount, c.discount_id)
        for c in provider.charges()
    ]


@pytest.mark.rule("P1", "C1")
def test_the_price_is_that_of_the_start_of_the_period(provider):
    account = provider.account("A", cash_amount="100")
    product = provider.product("p", unit_price="1")
    provider.price(product, "2", at("2024-05-10 14:30"))  # within an hour
    provider.price(product, "3", at("2024-05-10 16:00"))  # at a boundary
    for hour in ("13:59", "14:40", "15:00", "16:00"):
        provider.use(account, product, "1", at(f"2024-05-10 {hour}"))
    provider.jobs(at("2024-05-11"))
    assert [price for price, *_ in charged(provider)] == [1, 1, 2, 3]


@pytest.mark.rule("P1", "C4")
def test_late_usage_has_the_price_of_its_own_period(provider):
    account = provider.account("A", cash_amount="100")
    product = provider.product("p", unit_price="1")
    provider.jobs(at("2024-05-11"))
    provider.price(product, "7", at("2024-05-11"))
    provider.use(account, product, "1", at("2024-05-10 14:00"), reported=at("2024-05-12"))
    provider.jobs(at("2024-05-12"))
    assert [price for price, *_ in charged(provider)] == [1]


@pytest.mark.rule("D1")
def test_the_best_discount_applies_whatever_its_scope_and_none_stack(provider):
    account = provider.account("A", cash_amount="100")
    ecs, disk = provider.product("ecs"), provider.product("disk", family="storage")
    sms = provider.product("sms", family="communications")
    everything = provider.discount(account, rate="0.90")
    compute = provider.discount(account, rate="0.80", family=ecs.family)
    provider.discount(account, rate="0.85", product=ecs)
    cheap_disk = provider.discount(account, fixed_price="0.25", product=disk)
    provider.discount(account, fixed_price="1.50", product=sms)  # dearer than the list
    for product in (disk, ecs, sms):
        provider.use(account, product, "10", at("2024-05-10 14:00"))
    provider.jobs(at("2024-05-11"))
    assert sorted(
        (c.product.code, c.payable_amount, c.discount_id) for c in provider.charges()
    ) == [
        ("disk", Decimal("2.5"), cheap_disk.pk),
        ("ecs", Decimal(8), compute.pk),
        ("sms", Decimal(9), everything.pk),
    ]


@pytest.mark.rule("D1")
@pytest.mark.parametrize(
    ("rate", "payable", "is_named"),
    [("1", "10", False), ("0", "0", True), ("0.333333333333333333", "3.33333333333333333", True)],
)
def test_a_rate_may_be_anything_from_0_to_1(provider, rate, payable, is_named):
    account = provider.account("A", cash_amount="100")
    found = provider.discount(account, rate=rate)
    provider.use(account, provider.product("p"), "10", at("2024-05-10 14:00"))
    provider.jobs(at("2024-05-11"))
    [charge] = provider.charges()
    assert (charge.payable_amount, charge.discount_id) == (
        Decimal(payable),
        found.pk if is_named else None,
    )


@pytest.mark.rule("D1")
def test_of_two_equal_discounts_the_older_one_is_named(provider):
    account = provider.account("A", cash_amount="100")
    first = provider.discount(account, rate="0.80")
    provider.discount(account, fixed_price="0.80")
    provider.use(account, provider.product("p"), "10", at("2024-05-10 14:00"))
    provider.jobs(at("2024-05-11"))
    assert [charge.discount_id for charge in provider.charges()] == [first.pk]


@pytest.mark.rule("D1", "C1")
def test_a_discount_counts_where_it_is_valid_at_the_start_of_the_period(provider):
    account = provider.account("A", cash_amount="100")
    product = provider.product("p")
    provider.discount(
        account,
        rate="0.50",
        valid_from=at("2024-05-10 14:00"),
        valid_until=at("2024-05-10 15:00"),
    )
    provider.discount(account, rate="0.10", valid_from=at("2024-05-10 16:00:01"))
    for hour in ("13:30", "14:30", "15:30", "16:30"):
        provider.use(account, product, "10", at(f"2024-05-10 {hour}"))
    provider.jobs(at("2024-05-11"))
    assert [payable for *_, payable, _ in charged(provider)] == [10, 5, 10, 10]


@pytest.mark.rule("D2")
@pytest.mark.parametrize("mode", list(Mode))
def test_a_flagged_family_keeps_the_users_own_discount(provider, group, mode):
    master, member, _ = group
    provider.link(master, member, mode=mode, grants=_shares(mode))
    provider.use(member, provider.product("ecs"), "10", at("2024-05-10 14:00"))
    sms = provider.product("sms", family="communications", keeps_own_discount=True)
    provider.use(member, sms, "10", at("2024-05-10 14:00"))
    provider.jobs(at("2024-05-11"))
    payer = "HQ" if mode == Mode.TRUSTEESHIP else "A"
    assert sorted(
        (c.product.code, c.payer.number, c.payable_amount) for c in provider.charges()
    ) == [("ecs", payer, Decimal(8)), ("sms", payer, Decimal(9))]


def _shares(mode: Mode) -> tuple:
    return (Permission.SHARE_DISCOUNTS,) if mode == Mode.MANAGEMENT else ()


@pytest.mark.rule("D2", "Z1")
def test_in_management_the_masters_discount_counts_only_while_it_is_shared(provider, group):
    master, member, _ = group
    product = provider.product("p")
    link = provider.link(master, member, at("2024-05-10"), mode=Mode.MANAGEMENT)
    grant = link.grants.create(
        permission=Permission.SHARE_DISCOUNTS,
        granted_from=at("2024-05-10 15:00"),
        granted_until=at("2024-05-10 16:00"),
        decision=link.decision,
    )
    for hour in ("14:30", "15:30", "16:30"):
        provider.use(member, product, "10", at(f"2024-05-10 {hour}"))
    provider.jobs(at("2024-05-11"))
    assert [payable for *_, payable, _ in charged(provider)] == [9, 8, 9]
    assert grant.held_by == "master"


@pytest.mark.rule("D2")
def test_a_members_discount_never_reaches_the_master(provider, group):
    master, member, _ = group
    provider.link(master, member)
    best = provider.discount(member, rate="0.01")
    provider.use(member, provider.product("p"), "10", at("2024-05-10 14:00"))
    provider.use(master, provider.product("q"), "10", at("2024-05-10 14:00"))
    provider.jobs(at("2024-05-11"))
    assert [payable for *_, payable, _ in charged(provider)] == [8, 8]
    assert best.pk not in (None, *[c.discount_id for c in provider.charges()])


@pytest.mark.rule("D1", "B2")
def test_a_correction_gets_the_discount_that_its_usage_got(provider):
    account = provider.account("A", cash_amount="100")
    product = provider.product("p")
    provider.discount(account, rate="0.80")
    provider.discount(account, fixed_price="0.50")
    provider.use(account, product, "10", at("2024-05-10 14:00"))
    provider.jobs(at("2024-05-11"))
    provider.use(account, product, "-10", at("2024-05-10 14:00"), reported=at("2024-05-12"))
    provider.jobs(at("2024-05-12"))
    found = charged(provider)
    assert [payable for *_, payable, _ in found] == [Decimal(5), Decimal(-5)]
    assert len({discount for *_, discount in found}) == 1


@pytest.mark.rule("B1", "B3")
def test_a_charge_is_the_exact_sum_of_its_period_rounded_once(provider):
    account = provider.account("A", cash_amount="100")
    product = provider.product("p", unit_price="0.000000000000000003")
    for _ in range(3):
        provider.use(account, product, "0.5", at("2024-05-10 14:00"))
    provider.jobs(at("2024-05-11"))
    # 3 x 1.5e-18 would round to 6e-18 one by one; the sum, 4.5e-18, is rounded half away from 0
    assert lines(provider)[0][2:4] == (Decimal("1.5"), Decimal("0.000000000000000005"))


@pytest.mark.rule("B1")
def test_owner_product_resource_and_period_each_make_a_charge_of_their_own(provider):
    a, b = provider.account("A", cash_amount="100"), provider.account("B", cash_amount="100")
    ecs, disk = provider.product("ecs"), provider.product("disk")
    for owner, product, resource, hour in [
        (a, ecs, "i-1", "14:00"),
        (a, ecs, "i-1", "14:59"),
        (a, ecs, "i-2", "14:00"),
        (a, ecs, "", "14:00"),
        (a, ecs, "i-1", "15:00"),
        (a, disk, "i-1", "14:00"),
        (b, ecs, "i-1", "14:00"),
    ]:
        provider.use(owner, product, "1", at(f"2024-05-10 {hour}"), resource=resource)
    provider.jobs(at("2024-05-11"))
    assert sorted(
        (c.owner.number, c.product.code, c.resource, c.period_start, c.quantity)
        for c in provider.charges()
    ) == [
        ("A", "disk", "i-1", at("2024-05-10 14:00"), 1),
        ("A", "ecs", "", at("2024-05-10 14:00"), 1),
        ("A", "ecs", "i-1", at("2024-05-10 14:00"), 2),
        ("A", "ecs", "i-1", at("2024-05-10 15:00"), 1),
        ("A", "ecs", "i-2", at("2024-05-10 14:00"), 1),
        ("B", "ecs", "i-1", at("2024-05-10 14:00"), 1),
    ]


@pytest.mark.rule("B1", "B3")
def test_amounts_given_by_the_source_pass_through_to_the_last_digit(provider):
    account = provider.account("A", cash_amount="100")
    product = provider.product("p", unit_price=None)
    for amount in ("0.01234567890123456", "1.000000000000000001", "-0.5"):
        provider.use(account, product, "7", at("2024-05-10 14:00"), given_amount=amount)
    provider.jobs(at("2024-05-11"))
    assert charged(provider) == [
        (None, Decimal("0.512345678901234561"), 0, Decimal("0.512345678901234561"), None)
    ]


@pytest.mark.rule("B1", "P1")
def test_given_and_priced_records_of_one_period_add_up(provider):
    account = provider.account("A", cash_amount="100")
    product = provider.product("p", unit_price="2")
    provider.use(account, product, "3", at("2024-05-10 14:00"))
    provider.use(account, product, "5", at("2024-05-10 14:00"), given_amount="0.25")
    provider.jobs(at("2024-05-11"))
    assert charged(provider) == [(Decimal(2), Decimal("6.25"), 0, Decimal("6.25"), None)]
    assert [charge.quantity for charge in provider.charges()] == [Decimal(8)]


@pytest.mark.rule("B1", "B2", "D1")
def test_an_adjustment_is_a_charge_of_its_own_with_its_reason_and_no_discount(provider, group):
    _, member, _ = group
    product = provider.product("p")
    provider.use(member, product, "1", at("2024-05-10 14:00"))
    for amount, reason in (("-3", "goodwill"), ("2", "setup")):
        provider.use(
            member,
            product,
            "0",
            at("2024-05-10 14:00"),
            given_amount=amount,
            reason=reason,
            kind=RecordKind.ADJUSTMENT,
        )
    provider.jobs(at("2024-05-11"))
    assert sorted((c.kind, c.payable_amount, c.reason) for c in provider.charges()) == [
        ("adjustment", Decimal(-3), "goodwill"),
        ("adjustment", Decimal(2), "setup"),
        ("usage", Decimal("0.9"), ""),
    ]


@pytest.mark.rule("B3", "F10")
def test_amounts_of_many_digits_are_summed_exactly(provider):
    account = provider.account("A", cash_amount="1", currency="JPY")
    product = provider.product("p", unit_price=None)
    big = "98765432109876.000000000000000001"
    for hour in ("14:00", "15:00"):
        provider.use(account, product, "1", at(f"2024-05-10 {hour}"), given_amount=big)
    provider.jobs(at("2024-05-11"))
    assert provider.stored(account)["unsettled_own"] == 2 * Decimal(big)
    provider.jobs(at("2024-06-01"))
    [bill] = provider.bills()
    assert (bill.total, bill.round_off) == (197530864219752, Decimal("0.000000000000000002"))


# -- Who owes it -----------------------------------------------------------------------------------


@pytest.mark.rule("F1", "F10", "B4")
def test_a_close_accrues_on_the_payer_naming_each_owner(provider, group):
    master, member, _ = group
    second = provider.account("B")
    product = provider.product("p")
    for account in (member, second):
        provider.link(master, account)
    for account, quantity in ((master, "1.5"), (member, "10"), (second, "20")):
        provider.use(account, product, quantity, at("2024-05-10 14:00"))
    provider.jobs(at("2024-05-11"))
    accrued = Movement.objects.filter(kind="accrual")
    assert sorted(
        (m.from_account.number, m.from_pocket, m.owner.number, m.amount) for m in accrued
    ) == [
        ("HQ", "unsettled_members", "A", Decimal(8)),
        ("HQ", "unsettled_members", "B", Decimal(16)),
        ("HQ", "unsettled_own", "HQ", Decimal("1.2")),
    ]
    assert provider.stored(master) == {
        "credit_limit": Decimal(10000),
        "unsettled_own": Decimal("1.2"),
        "unsettled_members": Decimal(24),
    }
    assert provider.stored(member) == {"cash": Decimal(1000)}
    assert provider.figures(master).headroom == Decimal("9974.8")


# -- Refused, and tried again ----------------------------------------------------------------------


def unpriced(provider, owner, product, when) -> None:
    """Usage whose price is gone when it is closed. No service allows that: rows are removed."""
    provider.use(owner, product, "10", when)
    product.prices.all().delete()


@pytest.mark.rule("P1", "B2")
def test_without_a_price_the_step_fails_naming_products_and_is_done_exactly_once_it_has_one(
    provider,
):
    account = provider.account("A", cash_amount="100")
    good, bad, worse = (provider.product(code) for code in ("good", "bad", "worse"))
    when = at("2024-05-10 14:00")
    provider.use(account, good, "1", when)
    unpriced(provider, account, worse, when)
    unpriced(provider, account, bad, when)
    run = provider.run(at("2024-05-11"))
    [step] = run.steps.all()
    assert (run.state, step.state, step.attempts) == ("failed", "failed", 1)
    assert step.error == "No price is in force for bad, worse. Add one, then try again."
    assert provider.charges() == []
    assert provider.stored(account) == {"cash": Decimal(100)}

    provider.price(bad, "2", LONG_AGO)
    runs.retry(run, by="clerk", at=LONG_AGO)
    assert runs.work(run.pk, worker="test").state == "failed"
    provider.price(worse, "3", LONG_AGO)
    runs.retry(run, by="clerk", at=LONG_AGO)
    assert runs.work(run.pk, worker="test").state == "done"
    assert sorted(payable for *_, payable, _ in charged(provider)) == [1, 20, 30]
    assert provider.stored(account)["unsettled_own"] == 51
    runs.work(run.pk, worker="test")
    assert Charge.objects.count() == 3


@pytest.mark.rule("P1")
def test_a_group_that_cannot_be_closed_does_not_keep_others_from_their_bills(provider):
    stuck = provider.account("STUCK", cash_amount="100")
    fine = provider.account("FINE", cash_amount="100")
    good, bad = provider.product("good"), provider.product("bad")
    provider.use(fine, good, "1", at("2024-05-10 14:00"))
    provider.use(fine, good, "2", at("2024-06-10 14:00"))
    provider.use(stuck, good, "4", at("2024-05-10 14:00"))
    unpriced(provider, stuck, bad, at("2024-05-10 14:00"))
    failed = provider.run(at("2024-06-01"))
    assert failed.state == "failed"
    provider.jobs(at("2024-06-01"))
    provider.jobs(at("2024-07-01"))
    assert [(b.payer.number, b.month, b.total) for b in provider.bills()] == [
        ("FINE", MAY, Decimal(1)),
        ("FINE", JUNE, Decimal(2)),
    ]
    provider.price(bad, "1", LONG_AGO)
    runs.retry(failed, by="clerk", at=LONG_AGO)
    assert runs.work(failed.pk, worker="test").state == "done"
    provider.jobs(at("2024-07-02"))
    assert [(b.payer.number, b.month, b.total) for b in provider.bills()] == [
        ("FINE", MAY, Decimal(1)),
        ("STUCK", MAY, Decimal(14)),
        ("FINE", JUNE, Decimal(2)),
    ]


@pytest.mark.rule("B2")
def test_a_step_done_twice_or_by_two_workers_charges_once(provider, group):
    _, member, _ = group
    provider.start_closing()
    provider.use(member, provider.product("p"), "1", at("2024-05-10 14:30"))
    run = cycles.close(by="job", at=at("2024-05-11"))
    for worker in ("one", "two", "three"):
        assert runs.work(run.pk, worker=worker).state == "done"
    assert Charge.objects.count() == 1
    assert Run.objects.get().done_units == 1


@pytest.mark.rule("L9", "C1")
def test_a_close_waits_for_changes_that_are_due(provider, group):
    master, member, _ = group
    product = provider.product("p")
    link = provider.link(master, member, at("2024-05-01"))
    provider.end(link, at("2024-05-10"), effective_at=at("2024-05-10 15:00"))
    for hour in ("14:30", "15:30"):
        provider.use(member, product, "10", at(f"2024-05-10 {hour}"))
    provider.jobs(at("2024-05-10 18:00"))
    assert who_pays(provider) == [("HQ", at("2024-05-10 14:00"), Decimal(8))]
    provider.apply_changes(at("2024-05-10 18:00"))
    provider.jobs(at("2024-05-10 18:00"))
    assert who_pays(provider) == [
        ("HQ", at("2024-05-10 14:00"), Decimal(8)),
        ("A", at("2024-05-10 15:00"), Decimal(9)),
    ]
