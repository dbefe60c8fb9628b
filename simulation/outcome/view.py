"""How values are written in an outcome, and where its rows stand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from finance_mgmt.money import plain

from ..world import World

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """One row of a list, with what orders it: its time, then its id."""

    at: datetime
    pk: Any
    row: dict[str, Any]


@dataclass(frozen=True)
class View:
    """A scenario at an instant, and the writing of its values."""

    world: World
    at: datetime

    def instant(self, instant: datetime | None) -> str | None:
        """ISO 8601 with the offset of the scenario's time zone."""
        return None if instant is None else instant.astimezone(self.world.zone).isoformat()

    def plain(self, value: Any) -> Any:
        """Facts and other free values as JSON: decimals as money, instants with their offset."""
        if isinstance(value, datetime):
            return self.instant(value)
        if isinstance(value, Decimal):
            return money(value)
        if isinstance(value, dict):
            return {str(key): self.plain(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.plain(inner) for inner in value]
        if value is None or isinstance(value, bool | int):
            return value
        return str(value)


List = Callable[[View], Iterable[Entry]]


def money(amount: Decimal) -> str:
    """With two places; more only where they are not zero."""
    return plain(amount, 2)


def number(quantity: Decimal) -> str:
    """Without trailing zeros."""
    return plain(quantity)
