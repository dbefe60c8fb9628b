"""The one clock of the interfaces: the database's, so that no worker's own clock decides.

`ALTER DATABASE name SET app.clock = '2024-10-02T00:00:00Z'` stops it there for connections made
after that; only the owner of the database can, and the demo does, to have its past billed.
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
