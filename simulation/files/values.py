"""What a key may hold: each reads one value, or says what is wrong with it (Wrong)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.db.models import TextChoices

from finance_mgmt.money import parse

from .nodes import Spot
from .problems import Wrong, did_you_mean, one_of

PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:\.\d{1,6})?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)"
)
WITHOUT_OFFSET = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?)?")
FIRST_YEAR, LAST_YEAR = 1970, 2200


class Noun(StrEnum):
    """Things with short names in a file."""

    ACCOUNT = "account"
    PRODUCT = "product"
    FAMILY = "product family"
    VOUCHER = "voucher"
    COMMITMENT = "commitment"
    ORDER = "order"
    INVOICE = "invoice"


@dataclass
class Names:
    """The short names known so far, and how many events came before."""

    known: dict[Noun, set[str]] = field(default_factory=lambda: {noun: set() for noun in Noun})
    events: int = 0


Kind = Callable[[Spot, Names], Any]


def text(spot: Spot, names: Names) -> str:
    """Any text with something in it, at most 100 characters."""
    said = spot.text()
    if not said.strip():
        raise Wrong("must not be empty.")
    if len(said) > 100:
        raise Wrong("must not be longer than 100 characters.")
    return said


def flag(spot: Spot, names: Names) -> bool:
    """true or false."""
    return spot.flag()


def number(spot: Spot, names: Names) -> Decimal:
    """A plain decimal, quoted or not, exact as written."""
    said = spot.text()
    if len(said) > 100:
        raise Wrong("is too long for a number.")
    if not PLAIN_NUMBER.fullmatch(said):
        raise Wrong(f'"{said}" is not a plain decimal such as "12.50".')
    try:
        return parse(said)
    except ValueError as error:
        raise Wrong(str(error)) from None


def amount(spot: Spot, names: Names) -> Decimal:
    """A plain decimal that is not negative."""
    if (found := number(spot, names)) < 0:
        raise Wrong(f'"{spot.text()}" must not be negative.')
    return found


def rate(spot: Spot, names: Names) -> Decimal:
    """A part of the whole, 0 to 1: 0.80 pays 80 %."""
    found = number(spot, names)
    if not 0 <= found <= 1:
        raise Wrong(f'"{spot.text()}" must be between 0 and 1: "0.80" pays 80 %.')
    return found


def rate_above_0(spot: Spot, names: Names) -> Decimal:
    """A part of the whole, above 0."""
    found = rate(spot, names)
    if not found:
        raise Wrong("must be above 0.")
    return found


def amount_above_0(spot: Spot, names: Names) -> Decimal:
    """A plain decimal above 0."""
    found = amount(spot, names)
    if not found:
        raise Wrong("must be above 0.")
    return found


def count(spot: Spot, names: Names) -> int:
    """A whole number, 0 or more."""
    said = spot.text()
    if not re.fullmatch(r"[0-9]{1,9}", said):
        raise Wrong(f'"{said}" is not a whole number.')
    return int(said)


def count_up_to(most: int) -> Kind:
    """A whole number, 0 or more, but not beyond what calendars hold."""

    def read(spot: Spot, names: Names) -> int:
        if (found := count(spot, names)) > most:
            raise Wrong(f'"{found}" must be at most {most}.')
        return found

    return read


def months(spot: Spot, names: Names) -> int:
    """A number of months, 1 to a hundred years."""
    count_above_0(spot, names)
    return count_up_to(1200)(spot, names)


def count_above_0(spot: Spot, names: Names) -> int:
    """A whole number, 1 or more."""
    if not (found := count(spot, names)):
        raise Wrong("must be at least 1.")
    return found


def earlier_event(spot: Spot, names: Names) -> int:
    """The index of an event before this one."""
    found = count(spot, names)
    if found >= names.events:
        raise Wrong(f"event {found} does not come before this one.")
    return found


def read_instant(said: str) -> datetime:
    """An instant with its offset, as UTC. Raises Wrong."""
    match = INSTANT.fullmatch(said)
    if not match:
        if WITHOUT_OFFSET.fullmatch(said):
            raise Wrong(f'"{said}" needs a time and an offset, such as 2024-05-01T00:00:00+08:00.')
        raise Wrong(f'"{said}" is not an instant such as 2024-05-01T00:00:00+08:00.')
    day, minute, seconds, offset = match.groups()
    try:
        found = datetime.fromisoformat(f"{day}T{minute}{seconds or ':00'}{offset.upper()}")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong(f'"{said}" does not exist.') from None


def instant(spot: Spot, names: Names) -> datetime:
    """An instant of our time."""
    found = read_instant(spot.text())
    if not FIRST_YEAR < found.year < LAST_YEAR:
        raise Wrong(f'"{spot.text()}" must lie between {FIRST_YEAR + 1} and {LAST_YEAR - 1}.')
    return found


def month_of(said: str) -> date:
    """The first day of a month such as 2024-05. Raises ValueError."""
    if not re.fullmatch(r"\d{4}-\d\d", said):
        raise ValueError(said)
    return date.fromisoformat(f"{said}-01")


def month(spot: Spot, names: Names) -> date:
    """A billing month such as 2024-05, as its first day."""
    said = spot.text()
    try:
        return month_of(said)
    except ValueError:
        raise Wrong(f'"{said}" is not a month such as 2024-05.') from None


def zone(spot: Spot, names: Names) -> str:
    """The name of a time zone."""
    said = spot.text()
    if said not in available_timezones():
        raise Wrong(f'"{said}" is no time zone{did_you_mean(said, available_timezones())}')
    return ZoneInfo(said).key


def currency(spot: Spot, names: Names) -> str:
    """Three capital letters."""
    said = spot.text()
    if not re.fullmatch("[A-Z]{3}", said):
        raise Wrong(f'"{said}" is no currency such as CNY.')
    return said


def word(choices: type[TextChoices] | Iterable[str]) -> Kind:
    """One of some words."""
    known = list(choices.values) if isinstance(choices, type) else list(choices)

    def read(spot: Spot, names: Names) -> str:
        said = spot.text()
        if said not in known:
            hint = did_you_mean(said, known) or "."
            raise Wrong(f'"{said}" must be {one_of(known)}{hint}')
        return choices(said) if isinstance(choices, type) else said

    return read


def known(noun: Noun) -> Kind:
    """The short name of something that the file names before."""

    def read(spot: Spot, names: Names) -> str:
        said = text(spot, names)
        if said not in names.known[noun]:
            hint = did_you_mean(said, names.known[noun]) or "."
            raise Wrong(f'no {noun} "{said}" is known here{hint}')
        return said

    return read


def maybe(kind: Kind) -> Kind:
    """The same, or nothing (null)."""
    return lambda spot, names: None if spot.is_nothing else kind(spot, names)


def each(kind: Kind) -> Kind:
    """A list of the same, none twice."""

    def read(spot: Spot, names: Names) -> tuple[Any, ...]:
        found: list[Any] = []
        for item in spot.items():
            try:
                value = kind(item, names)
            except Wrong as wrong:
                raise Wrong(f"{item.place.removeprefix(spot.place)}: {wrong.what}") from None
            if value in found:
                raise Wrong(f"names {item.kind} twice.")
            found.append(value)
        return tuple(found)

    return read


def one_or_more(kind: Kind) -> Kind:
    """A list of the same with something in it, or a single one."""

    def read(spot: Spot, names: Names) -> tuple[Any, ...]:
        found = each(kind)(spot, names) if spot.is_list else (kind(spot, names),)
        if not found:
            raise Wrong("must name at least one.")
        return found

    return read
