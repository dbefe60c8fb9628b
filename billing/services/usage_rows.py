"""Records that nothing stands against become rows: periods cut once, ids drawn, lines to copy."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

from finance_mgmt import periods
from finance_mgmt.enums import Cycle
from finance_mgmt.periods import Period

from ..models import Source
from .horizon import Horizon
from .usage_facts import NewUsage

_COPY = """
COPY billing_usagerecord (id, source_id, key, kind, owner_id, product_id, resource, starts_at,
    ends_at, quantity, given_amount, reason, period_start, period_end, received_at, is_late, due_at)
FROM STDIN
"""
_DRAW_IDS = """
SELECT nextval(pg_get_serial_sequence('billing_usagerecord', 'id')) FROM generate_series(1, %s)
"""

_NULL = r"\N"
_SPECIAL = re.compile(r"[\\\n\r\t]")
_ESCAPED = {"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


class Stored(NamedTuple):
    """What became of a record: the row it is, whether it was there before, whether it is late."""

    pk: int
    is_known: bool
    is_late: bool


class Calendar:
    """The charge periods that the records of one call meet, each cut once (C5).

    Periods of a cycle lie side by side: an instant within one that was cut is in no other.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._cut: dict[str, tuple[list[datetime], list[Period]]] = {}

    def period(self, instant: datetime, cycle: str) -> Period | None:
        """The charge period that contains the instant (C4); None for a product without a cycle."""
        if not cycle:
            return None
        starts, cut = self._cut.setdefault(cycle, ([], []))
        place = bisect_right(starts, instant)
        if place and instant < cut[place - 1].end:
            return cut[place - 1]
        found = periods.containing(instant, Cycle(cycle), self._zone)
        starts.insert(place, found.start)
        cut.insert(place, found)
        return found


def lines(
    records: Sequence[NewUsage], cut: Sequence[Period], source: Source, horizon: Horizon
) -> tuple[list[str], dict[str, Stored]]:
    """The rows of records in their charge periods, to copy; and by key what they will be."""
    due = {period: _due(period, horizon) for period in set(cut)}
    source_id, made, written = source.pk, {}, []
    for pk, record, period in zip(_drawn(len(records)), records, cut, strict=True):
        is_late, when = due[period]
        made[record.key] = Stored(pk, False, is_late)
        written.append(f"{pk}\t{source_id}\t{_told(record)}\t{when}")
    return written, made


def copy(written: Sequence[str]) -> None:
    """Write the rows. psycopg takes twice as long to write one down as PostgreSQL to store it."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(_COPY) as copying,
    ):
        copying.write("".join(written))


def _drawn(count: int) -> list[int]:
    """Ids of the table, in order, that nobody else gets."""
    with connection.cursor() as cursor:
        cursor.execute(_DRAW_IDS, [count])
        return [pk for (pk,) in cursor.fetchall()]


def _due(period: Period, horizon: Horizon) -> tuple[bool, str]:
    """Whether records of the period are late, and the end of their lines."""
    is_late, due_at = horizon.due(period.end)
    said = (period.start, period.end, horizon.received_at, is_late, due_at)
    return is_late, "\t".join(map(str, said)) + "\n"


def _told(record: NewUsage) -> str:
    """What the record itself says, as the middle of its line."""
    begins = str(record.starts_at.astimezone(UTC))
    ends = begins if record.ends_at is None else str(record.ends_at.astimezone(UTC))
    given = _NULL if record.given_amount is None else f"{record.given_amount:f}"
    return (
        f"{_escaped(record.key)}\t{record.kind}\t{record.owner.pk}\t{record.product.pk}"
        f"\t{_escaped(record.resource)}\t{begins}\t{ends}\t{record.quantity:f}\t{given}"
        f"\t{_escaped(record.reason)}"
    )


def _escaped(text: str) -> str:
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _ESCAPED[found[0]], text)
