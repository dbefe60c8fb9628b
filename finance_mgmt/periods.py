"""Charge periods and billing months: half-open UTC intervals, cut in the billing time zone (C5)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from .enums import Cycle

_STEP = {
    Cycle.MINUTE: timedelta(minutes=1),
    Cycle.HOUR: timedelta(hours=1),
    Cycle.DAY: timedelta(days=1),
    Cycle.WEEK: timedelta(days=7),
}


@dataclass(frozen=True, order=True)
class Period:
    """The instants from `start` up to, but without, `end`. Both in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(f"A period ends after it starts: {self.start} .. {self.end}")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


def containing(instant: datetime, cycle: Cycle, zone: ZoneInfo) -> Period:
    """The charge period of `cycle` that contains the instant (C4, C5).

    Minutes and hours are cut on the zone's wall clock. A repeated hour (clocks set back) is two
    periods; clocks set by half an hour cut an hour in two. Weeks start on Monday.
    """
    if cycle in (Cycle.MINUTE, Cycle.HOUR):
        return _short(instant, cycle, zone)
    local = instant.astimezone(zone).date()
    first = _first_day(local, cycle)
    return Period(_midnight(first, zone), _midnight(_next_first_day(first, cycle), zone))


def first_starting_at_or_after(instant: datetime, cycle: Cycle, zone: ZoneInfo) -> datetime:
    """Start of the first charge period that begins at the instant or later (C1, C3)."""
    current = containing(instant, cycle, zone)
    return current.start if current.start == instant else current.end


def billing_month(period_end: datetime, zone: ZoneInfo) -> date:
    """First day of the month that contains the last instant before `period_end` (C6)."""
    last = (period_end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(zone)
    return last.date().replace(day=1)


def month_of(instant: datetime, zone: ZoneInfo) -> date:
    """First day of the month that contains the instant."""
    return instant.astimezone(zone).date().replace(day=1)


def month_period(month: date, zone: ZoneInfo) -> Period:
    """The instants of a billing month, given its first day."""
    following = _next_first_day(month, Cycle.MONTH)
    return Period(_midnight(month, zone), _midnight(following, zone))


def _short(instant: datetime, cycle: Cycle, zone: ZoneInfo) -> Period:
    # Offsets are whole minutes today but not whole hours (Kathmandu, Lord Howe): cut the wall
    # clock, then carry the cut back to UTC as a distance, so that a repeated hour stays two.
    local = instant.astimezone(zone)
    cut = local.replace(
        second=0, microsecond=0, minute=local.minute if cycle == Cycle.MINUTE else 0
    )
    into = local.replace(tzinfo=None) - cut.replace(tzinfo=None)
    start = instant.astimezone(UTC) - into
    return _without_clock_change(Period(start, start + _STEP[cycle]), instant, zone)


def _without_clock_change(whole: Period, instant: datetime, zone: ZoneInfo) -> Period:
    # Clocks that are set by less than an hour (Lord Howe) cut the hour in two: its parts would
    # overlap the hours beside it otherwise.
    before = whole.start.astimezone(zone).utcoffset()
    seconds = int((whole.end - whole.start).total_seconds())
    if (whole.end - timedelta(seconds=1)).astimezone(zone).utcoffset() == before:
        return whole
    low, high = 0, seconds
    while high - low > 1:
        middle = (low + high) // 2
        is_before = (whole.start + timedelta(seconds=middle)).astimezone(zone).utcoffset() == before
        low, high = (middle, high) if is_before else (low, middle)
    change = whole.start + timedelta(seconds=high)
    return Period(whole.start, change) if instant < change else Period(change, whole.end)


def _first_day(day: date, cycle: Cycle) -> date:
    if cycle == Cycle.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if cycle == Cycle.MONTH else day


def _next_first_day(first: date, cycle: Cycle) -> date:
    if cycle == Cycle.MONTH:
        return (first + timedelta(days=32)).replace(day=1)
    return first + _STEP[cycle]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # A day without a midnight (clocks set forward at 00:00) starts at its first instant: `fold=0`
    # of a skipped time maps to the instant of the jump or later, never into the day before.
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    if start.astimezone(zone).date() < day:
        raise AssertionError(f"{day} in {zone} starts before it starts")
    return start
