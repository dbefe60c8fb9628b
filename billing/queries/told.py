"""Sentences about what is wrong in the books, as SQL finds them. For the checks of the books."""

from typing import Any

from django.db import connection

MOST_TOLD = 100


def told(sql: str, *given: Any) -> list[str]:
    """The first sentences of a query that says one for each thing that is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({sql}) wrong LIMIT {MOST_TOLD}", given)
        return [sentence for (sentence,) in cursor.fetchall()]
