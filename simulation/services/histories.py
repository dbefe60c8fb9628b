"""A history put into an empty sandbox: catalogue at once, usage when it came."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Model

from billing.models import UsageRecord
from finance_mgmt.models import Relationship

from ..replay.history import History, columns

TO_COME = "usage_to_come"
FAR = 10**12  # numbers of rows that were never in the real books


@transaction.atomic
def load(history: History) -> None:
    """Fill the catalogue and put the usage beside the books. On an empty sandbox only."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE {TO_COME} (LIKE billing_usagerecord)")
        cursor.execute(f"CREATE INDEX ON {TO_COME} (received_at)")
        for model, file in history.tables.items():
            table = TO_COME if model is UsageRecord else model._meta.db_table
            file.seek(0)
            statement = f"COPY {table} ({columns(model)}) FROM STDIN (FORMAT binary)"
            with cursor.copy(statement) as copy:
                while block := file.read(1 << 16):
                    copy.write(block)


def deliver(through: datetime, *, inclusive: bool) -> int:
    """Let the usage come that came up to an instant. Returns how many records."""
    comparison = "<=" if inclusive else "<"
    names = columns(UsageRecord)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH come AS (DELETE FROM {TO_COME} WHERE received_at {comparison} %s RETURNING *)"
            f" INSERT INTO billing_usagerecord ({names}) SELECT {names} FROM come ORDER BY id",
            [through],
        )
        return cursor.rowcount


def number_next(model: type[Model], pk: int) -> None:
    """Let the next row of the table have the number that it has in the real books."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s, false)",
            [model._meta.db_table, pk],
        )


def number_apart() -> None:
    """Let relationships of the change have numbers that no real one has."""
    number_next(Relationship, FAR)
