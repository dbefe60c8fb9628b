"""The one clock of the interfaces: the database's, so that no worker's own clock decides.

A connection may bring its own: `PGOPTIONS="-c app.clock=2024-10-02T00:00:00+00:00"` stops it there
for one process. The demo does so to have its month billed in its time; nothing stored ever does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import connection

CLOCK = """
SELECT coalesce(nullif(current_setting('app.clock', true), '')::timestamptz, clock_timestamp())
"""


_held: ContextVar[list[datetime] | None] = ContextVar("held", default=None)


def now() -> datetime:
    """The current instant, in UTC."""
    held = _held.get()
    if not held:
        with connection.cursor() as cursor:
            cursor.execute(CLOCK)
            instant: datetime = cursor.fetchone()[0]
        if held is None:
            return instant
        held.append(instant)
    return held[0]


@contextmanager
def standing_still() -> Iterator[None]:
    """Ask the database once in the block: a page shows one instant, whoever makes its parts."""
    token = _held.set([])
    try:
        yield
    finally:
        _held.reset(token)
