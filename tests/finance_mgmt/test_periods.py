"""Charge periods and billing months: the vectors of C, and that periods tile time everywhere."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from finance_mgmt.enums import Cycle
from finance_mgmt.periods import (
    Period,
    billing_month,
    containing,
    first_starting_at_or_after,
    month_of,
    month_period,
)
from tests.provider import SHANGHAI, at

MICROSECOND = timedelta(microseconds=1)
SINCE = datetime(2012, 1, 1, tzinfo=UTC)

# UTC -11, -3, 0, +5:45, +8, +14: the same all year round.
STEADY = [
    "Pacific/Pago_Pago",
    "America/Argentina/Buenos_Aires",
    "UTC",
    "Asia/Kathmandu",
    "Asia/Shanghai",
    "Pacific/Kiritimati",
]
MOVING = [
    "Europe/Berlin",  # an hour at 01:00 UTC
    "Australia/Lord_Howe",  # half an hour
    "America/Santiago",  # at midnight, forward: a day without one
    "America/Havana",  # at 01:00 back to midnight: a day with two
    "America/Asuncion",  # at midnight, back into the day before
    "America/New_York",
    "Africa/Casablanca",  # back for the month of Ramadan
    "Pacific/Apia",  # jumped over the 30th of December 2011
    "Asia/Pyongyang",  # half an hour, once
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.rule("C1", "C5")
@pytest.mark.parametrize(
    ("cycle", "start", "end"),
    [
        (Cycle.MINUTE, "2024-05-10 14:20", "2024-05-10 14:21"),
        (Cycle.HOUR, "2024-05-10 14:00", "2024-05-10 15:00"),
        (Cycle.DAY, "2024-05-10 00:00", "2024-05-11 00:00"),
        (Cycle.WEEK, "2024-05-06 00:00", "2024-05-13 00:00"),
        (Cycle.MONTH, "2024-05-01 00:00", "2024-06-01 00:00"),
    ],
)
def test_the_period_in_progress_and_the_first_of_the_new_payer(cycle, start, end):
    begins = at("2024-05-10 14:20:30")
    assert containing(begins, cycle, SHANGHAI) == Period(at(start), at(end))
    assert first_starting_at_or_after(begins, cycle, SHANGHAI) == at(end)


@pytest.mark.rule("C3")
@pytest.mark.parametrize("cycle", list(Cycle))
def test_a_boundary_instant_belongs_to_the_period_that_starts_there(cycle):
    boundary = at("2024-07-01 00:00")  # of all five: a Monday and the first of a month
    before = containing(boundary - MICROSECOND, cycle, SHANGHAI)
    after = containing(boundary, cycle, SHANGHAI)
    assert (before.end, after.start) == (boundary, boundary)
    assert first_starting_at_or_after(boundary, cycle, SHANGHAI) == boundary
    assert first_starting_at_or_after(boundary - MICROSECOND, cycle, SHANGHAI) == boundary
    assert first_starting_at_or_after(boundary + MICROSECOND, cycle, SHANGHAI) == after.end


@pytest.mark.rule("C5")
def test_a_period_is_half_open_and_says_the_same_for_an_instant_of_any_zone():
    period = containing(at("2024-05-10 14:20:30"), Cycle.HOUR, SHANGHAI)
    boundaries = [period.start - MICROSECOND, period.start, period.end - MICROSECOND, period.end]
    assert [instant in period for instant in boundaries] == [False, True, True, False]
    elsewhere = at("2024-05-10 14:20:30").astimezone(ZoneInfo("America/New_York"))
    assert containing(elsewhere, Cycle.HOUR, SHANGHAI) == period
    assert period.start.tzinfo is UTC
    assert period.end.tzinfo is UTC


def test_a_period_is_never_empty_or_inverted():
    noon = utc("2024-05-10 12:00")
    for end in (noon, noon - MICROSECOND):
        with pytest.raises(ValueError, match="ends after it starts"):
            Period(noon, end)


@pytest.mark.rule("C6")
@pytest.mark.parametrize(
    ("start", "cycle", "month"),
    [
        ("2024-05-31 23:59", Cycle.MINUTE, date(2024, 5, 1)),
        ("2024-05-31 23:00", Cycle.HOUR, date(2024, 5, 1)),
        ("2024-06-01 00:00", Cycle.HOUR, date(2024, 6, 1)),
        ("2024-05-31 12:00", Cycle.DAY, date(2024, 5, 1)),
        ("2024-05-27 12:00", Cycle.WEEK, date(2024, 6, 1)),  # Monday 05-27 to Sunday 06-02
        ("2024-06-24 12:00", Cycle.WEEK, date(2024, 6, 1)),  # its last day is 06-30
        ("2024-12-30 12:00", Cycle.WEEK, date(2025, 1, 1)),
        ("2024-02-29 12:00", Cycle.MONTH, date(2024, 2, 1)),
    ],
)
def test_the_month_of_a_charge_is_that_of_its_last_instant(start, cycle, month):
    period = containing(at(start), cycle, SHANGHAI)
    assert billing_month(period.end, SHANGHAI) == month


@pytest.mark.rule("C5", "C6")
def test_months_are_the_zones_and_not_those_of_utc():
    instant = utc("2024-05-31 16:30")  # half past midnight in Shanghai
    assert month_of(instant, SHANGHAI) == date(2024, 6, 1)
    assert month_of(instant, ZoneInfo("UTC")) == date(2024, 5, 1)
    june = month_period(date(2024, 6, 1), SHANGHAI)
    assert june == Period(utc("2024-05-31 16:00"), utc("2024-06-30 16:00"))
    assert month_period(date(2024, 12, 1), SHANGHAI).end == at("2025-01-01 00:00")
    assert month_period(date(2024, 2, 1), SHANGHAI).end == at("2024-03-01 00:00")


@pytest.mark.rule("C5")
@pytest.mark.parametrize("zone", STEADY)
@pytest.mark.parametrize("cycle", [Cycle.HOUR, Cycle.DAY, Cycle.WEEK, Cycle.MONTH])
def test_cycles_tile_three_years(cycle, zone):
    first, last = utc("2023-01-01 00:00"), utc("2026-01-01 00:00")
    assert _untiled(first, last, cycle, ZoneInfo(zone)) == []


@pytest.mark.rule("C5")
@pytest.mark.parametrize("zone", MOVING)
@pytest.mark.parametrize("cycle", [Cycle.DAY, Cycle.WEEK, Cycle.MONTH])
def test_long_cycles_tile_three_years_where_clocks_move(cycle, zone):
    first, last = utc("2011-06-01 00:00"), utc("2014-06-01 00:00")
    assert _untiled(first, last, cycle, ZoneInfo(zone)) == []


@pytest.mark.rule("C5")
@pytest.mark.parametrize("cycle", [Cycle.MINUTE, Cycle.HOUR])
@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Berlin", "2024-03-31 01:00"),
        ("Europe/Berlin", "2024-10-27 01:00"),
        ("Australia/Lord_Howe", "2024-04-06 15:00"),
        ("Australia/Lord_Howe", "2024-10-05 15:30"),
        ("America/Santiago", "2026-09-06 04:00"),
        ("America/Havana", "2024-11-03 05:00"),
        ("Asia/Pyongyang", "2018-05-04 15:00"),
        ("America/Caracas", "2016-05-01 07:00"),
        ("America/St_Johns", "2009-11-01 02:31"),
    ],
)
def test_short_cycles_tile_the_day_on_which_clocks_move(cycle, zone, change):
    around = timedelta(hours=4)
    first, last = utc(change) - around, utc(change) + around
    assert _untiled(first, last, cycle, ZoneInfo(zone)) == []


def _untiled(first: datetime, last: datetime, cycle: Cycle, zone: ZoneInfo) -> list:
    """Where a period doesn't follow on the one before, or its own ends don't find it."""
    period, wrong = containing(first, cycle, zone), []
    while period.end < last and len(wrong) < 3:
        following = containing(period.end, cycle, zone)
        inside = containing(following.end - MICROSECOND, cycle, zone)
        if following.start != period.end or inside != following:
            wrong.append((period, following, inside))
        period = following
    return wrong


@pytest.mark.rule("C5")
@given(
    zone=st.sampled_from(STEADY + MOVING),
    cycle=st.sampled_from(list(Cycle)),
    instant=st.integers(0, 25 * 366 * 86_400).map(lambda n: SINCE + timedelta(seconds=n)),
)
@example(zone="Australia/Lord_Howe", cycle=Cycle.HOUR, instant=utc("2024-04-06 15:10"))
@example(zone="Australia/Lord_Howe", cycle=Cycle.HOUR, instant=utc("2024-10-05 15:40"))
@example(zone="America/Havana", cycle=Cycle.DAY, instant=utc("2024-11-03 05:30"))
def test_every_instant_lies_in_its_own_period(zone, cycle, instant):
    period = containing(instant, cycle, ZoneInfo(zone))
    assert period.start <= instant < period.end
    ends = [period.start, period.end - MICROSECOND]
    assert [containing(end, cycle, ZoneInfo(zone)) for end in ends] == [period, period]
    assert containing(period.end, cycle, ZoneInfo(zone)).start == period.end


@pytest.mark.rule("C5")
@pytest.mark.parametrize(
    ("zone", "noon", "length", "first", "periods"),
    [
        ("Europe/Berlin", "2024-03-31 12:00", 23 * 60, "2024-03-30 23:00", 23),
        ("Europe/Berlin", "2024-10-27 12:00", 25 * 60, "2024-10-26 22:00", 25),
        ("Australia/Lord_Howe", "2024-04-07 12:00", 24 * 60 + 30, "2024-04-06 13:00", 25),
        ("Australia/Lord_Howe", "2024-10-06 12:00", 23 * 60 + 30, "2024-10-05 13:30", 24),
        ("America/Santiago", "2026-09-06 12:00", 23 * 60, "2026-09-06 04:00", 23),  # from 01:00 on
        ("America/Havana", "2024-11-03 12:00", 25 * 60, "2024-11-03 04:00", 25),  # midnight twice
        ("America/Asuncion", "2024-03-23 12:00", 25 * 60, "2024-03-23 03:00", 25),
    ],
)
def test_a_day_lasts_as_long_as_the_clocks_say_and_each_hour_is_charged_once(
    zone, noon, length, first, periods
):
    place = ZoneInfo(zone)
    day = containing(local(noon, zone), Cycle.DAY, place)
    assert day.start == utc(first)
    assert day.end - day.start == timedelta(minutes=length)
    cut, hour = [], containing(day.start, Cycle.HOUR, place)
    while hour.start < day.end:
        cut.append(hour)
        hour = containing(hour.end, Cycle.HOUR, place)
    assert len(cut) == periods
    assert (cut[0].start, cut[-1].end) == (day.start, day.end)


@pytest.mark.rule("C5")
def test_clocks_set_by_half_an_hour_cut_an_hour_in_two():
    place = ZoneInfo("Australia/Lord_Howe")
    assert [
        containing(utc(text), Cycle.HOUR, place)
        for text in ("2024-04-06 14:59", "2024-04-06 15:00", "2024-04-06 15:30")
    ] == [
        Period(utc("2024-04-06 14:00"), utc("2024-04-06 15:00")),  # 01:00 to 02:00 of summer
        Period(utc("2024-04-06 15:00"), utc("2024-04-06 15:30")),  # 01:30 to 02:00 again
        Period(utc("2024-04-06 15:30"), utc("2024-04-06 16:30")),
    ]
