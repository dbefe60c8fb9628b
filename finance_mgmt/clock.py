"""The one clock of the interfaces: the database's, so that no worker's own clock decides."""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The current instant, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
