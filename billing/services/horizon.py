"""Where the books stand when records come in: decides which are late, and when each is due (C4)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from finance_mgmt import queries as ground

from ..models import ClosedThrough

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Horizon:
    """Where the books stood when a record was stored: decides when it is due (C4)."""

    received_at: datetime
    closed_through: datetime | None
    close_after: timedelta
    is_closing: bool = True  # False: history is loaded first, none of it is late (decision 7)

    @property
    def edge(self) -> datetime:
        """A record due up to this instant is late."""
        if not self.is_closing:
            return BEGINNING
        return max(self.received_at, self.closed_through or self.received_at)

    @property
    def late_due_at(self) -> datetime:
        """When a late record is due: when it came, but never where the books are closed."""
        if self.closed_through is None:
            return self.received_at
        return max(self.received_at, self.closed_through + timedelta(microseconds=1))

    def due(self, period_end: datetime) -> tuple[bool, datetime]:
        """Whether a record of the period is late, and when it is due."""
        due_at = period_end + self.close_after
        return (True, self.late_due_at) if due_at <= self.edge else (False, due_at)


_HOLD = "SELECT instant, started_at FROM billing_closedthrough FOR SHARE"


def hold_horizon(received_at: datetime) -> Horizon:
    """Keep the books from closing until this transaction ends, and say how far they are closed.

    Whoever stores records calls this before it writes the first one: a record is either seen by
    the close of its cycle or late, never lost between both.
    """
    if not connection.in_atomic_block:
        raise AssertionError("the horizon is held by the transaction that stores the records")
    with connection.cursor() as cursor:
        cursor.execute(_HOLD)
        row = cursor.fetchone()
        if row is None:  # a lock on a row that does not exist locks nothing: make it first
            ClosedThrough.objects.bulk_create([ClosedThrough()], ignore_conflicts=True)
            cursor.execute(_HOLD)
            row = cursor.fetchone()
    instant, started_at = row
    return Horizon(received_at, instant, ground.policy().close_after, started_at is not None)
