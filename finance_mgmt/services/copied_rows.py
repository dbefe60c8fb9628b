"""Rows by the thousand, written by COPY: without an object for each of them."""

from collections.abc import Iterable, Sequence

from django.db import connection


def write(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Add these rows. Triggers and constraints see them as they see any other. Raises as those."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(row)
