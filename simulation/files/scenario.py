"""A scenario file as frozen values, read and checked whole before anything runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from finance_mgmt.policy import Policy


@dataclass(frozen=True)
class Row:
    """One row of the head, or one event's verb: its keys with their values, and its line."""

    line: int
    place: str
    keys: Mapping[str, Any]

    def __getitem__(self, key: str) -> Any:
        return self.keys[key]


@dataclass(frozen=True)
class Event(Row):
    """One event. `inner` is what a preview asks about."""

    index: int
    at: datetime
    verb: str
    inner: "Event | None" = None


@dataclass(frozen=True)
class ExpectedList:
    """Rows that must be found in one list of the outcome; `is_exact`: and no others."""

    name: str
    rows: tuple[Row, ...]
    is_exact: bool


@dataclass(frozen=True)
class Scenario:
    """What the file says. Instants are in UTC, amounts exact."""

    file: str
    start: datetime
    end: datetime
    policy: Policy
    policy_changes: Mapping[str, Any]
    accounts: tuple[Row, ...] = ()
    products: tuple[Row, ...] = ()
    discounts: tuple[Row, ...] = ()
    vouchers: tuple[Row, ...] = ()
    commitments: tuple[Row, ...] = ()
    events: tuple[Event, ...] = ()
    expected: tuple[ExpectedList, ...] = ()


def frozen(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A mapping that nobody changes."""
    return MappingProxyType(dict(values))
