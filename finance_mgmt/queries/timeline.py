"""Everything that happened to one account, newest first, page by page in one query."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from .timeline_sources import Source


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    at: datetime
    source: Source
    pk: int
    what: str
    amount: Decimal | None
    currency: str
    other: str
    by: str
    decision: int | None

    @property
    def cursor(self) -> str:
        """Where the next page goes on."""
        return f"{self.at.isoformat()}~{self.source.name}~{self.pk}"


def sources() -> dict[str, Source]:
    """Every kind of event, of all floors, by name."""
    found = [one for path in settings.TIMELINE_SOURCES for one in import_string(path)]
    return {source.name: source for source in found}


def events(
    account: int, at: datetime, *, before: str = "", size: int = 50
) -> tuple[list[Event], bool]:
    """A page of events up to the instant, and whether there are earlier ones.

    `before` is the cursor of the last event of the page before. Raises ValueError if it is none.
    """
    known = sources()
    start, name, pk = _start(before, at)
    page: dict[str, Any] = {"account": account, "at": start, "name": name, "pk": pk}
    page["size"] = size + 1
    with connection.cursor() as cursor:
        cursor.execute(_sql(known), page)
        rows = cursor.fetchall()
    found = [Event(row[0], known[row[1]], row[2], *_words(row)) for row in rows[:size]]
    return found, len(rows) > size


def _words(row: tuple) -> tuple:
    what, amount, currency, other, by, decision = row[3:]
    return what or "", amount, currency or "", other or "", by or "", decision


def _start(before: str, at: datetime) -> tuple[datetime, str, int]:
    if not before:
        return at, "~", 0  # after every name: all events of that instant count
    instant, name, pk = before.split("~")
    found = datetime.fromisoformat(instant)
    if found.tzinfo is None:
        raise ValueError(f"{before!r} is no place in a timeline.")
    return found, name, int(pk)


def _sql(known: dict[str, Source]) -> str:
    parts = " UNION ALL ".join(
        f"""(
            SELECT event.at, '{name}' AS source, event.id, event.what, event.amount,
                event.currency, event.other, event.by, event.decision_id
            FROM ({source.sql}) event
            WHERE (event.at, '{name}'::text COLLATE "C", event.id) < (%(at)s, %(name)s, %(pk)s)
            ORDER BY event.at DESC, event.id DESC LIMIT %(size)s
        )"""
        for name, source in known.items()
    )
    return f"""
        SELECT * FROM ({parts}) event
        ORDER BY at DESC, source COLLATE "C" DESC, id DESC LIMIT %(size)s
    """
