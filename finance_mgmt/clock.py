"""The one clock of the interfaces: the database's, so that no worker's own clock decides.

A connection may bring its own: `PGOPTIONS="-c app.clock=2024-10-02T00:00:00+00:00"` stops it there
for one process. The demo does so to have its month billed in its time; nothing stored ever does.
"""

from datetime import datetime

from django.db import connection

CLOCK = """
SELECT coalesce(nullif(current_setting('app.clock', true), '')::timestamptz, clock_timestamp())
"""


def now() -> datetime:
    """The current instant, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(CLOCK)
        return cursor.fetchone()[0]
