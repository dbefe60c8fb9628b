"""What a spreadsheet holds, and how single values stand in it.

Amounts have up to 38 digits, a spreadsheet's numbers 15: a number cell is exact up to 15
significant digits and rounded there beyond, so tables show their final figure as text, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import Any

from finance_mgmt.money import plain

CERTAIN_DIGITS = 15
SHEET = Context(prec=CERTAIN_DIGITS, rounding=ROUND_HALF_EVEN)

# A cell that begins with one of these is calculated when a spreadsheet program opens a CSV file.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    NUMBER = "number"
    EXACT = "exact"  # a number as text, with every digit
    INSTANT = "instant"
    DAY = "day"


@dataclass(frozen=True)
class Field:
    """One column: its heading, what it holds, and how wide it is in characters."""

    heading: str
    kind: Kind = Kind.TEXT
    width: int = 14


@dataclass(frozen=True)
class Sheet:
    """One table. Its rows are read once, as they are written."""

    title: str
    fields: Sequence[Field]
    rows: Iterable[Sequence[Any]]


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program would calculate this text instead of showing it."""
    return text.lstrip(" ").startswith(FORMULA_STARTS)


def defused(text: str) -> str:
    """A text that is shown as it stands: what looks like a formula begins with an apostrophe."""
    return f"'{text}" if is_formula(text) else text


def certain(number: Decimal | int) -> Decimal:
    """The number as a spreadsheet keeps it: exact up to 15 significant digits."""
    return Decimal(number).normalize(SHEET)


def as_text(value: Any, kind: Kind) -> str:
    """A value in a CSV file. Numbers are never defused: -2.61 is an amount."""
    if value is None:
        return ""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return plain(Decimal(value))
    if kind == Kind.EXACT:
        return str(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    return defused(str(value))
