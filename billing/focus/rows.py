"""One row of usage as its file says it, and how its text becomes values."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from finance_mgmt import money

from . import columns
from .refusals import Problem

LONGEST_USAGE = timedelta(days=32)
LONGEST_OTHER = timedelta(days=1100)  # a commitment bought for three years

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})?"
)
_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNT = re.compile(r"[0-9]{1,18}")
_JSON = json.JSONEncoder(sort_keys=True, ensure_ascii=False)
_ALWAYS_SHORT = min(columns.LONGEST.values())
_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Dialect:
    """How one provider writes its files (Source)."""

    null_words: frozenset[str] = frozenset({"NULL"})
    times_are_utc: bool = True


@dataclass(slots=True)
class Row:
    """One row. `content` has every cell that is not null, as text, by column.

    `billed_cost` is None where the file has no amounts (token meters): such a row can only be
    re-rated. `sub_account` is None where the charge is the billing account's own.
    """

    number: int
    line: int
    key: str
    provider: str
    billing_account: str | None
    sub_account: str | None
    currency: str
    category: str
    starts_at: datetime
    ends_at: datetime
    billing_start: datetime | None
    billing_end: datetime | None
    billed_cost: Decimal | None
    list_cost: Decimal | None
    list_unit_price: Decimal | None
    pricing_quantity: Decimal | None
    consumed_quantity: Decimal | None
    content: dict[str, str] = field(repr=False)

    def get(self, column: str) -> str:
        """The text of a cell, "" if it is null."""
        return self.content.get(column, "")


class Builder:
    """Makes rows from cells and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._row = 0
        self._line = 0

    def focus_row(
        self, content: dict[str, str], dialect: Dialect, number: int, line: int
    ) -> Row | None:
        """The row of a FOCUS file; None if something is wrong with it (see `problems`)."""
        self._row, self._line, found = number, line, len(self.problems)
        self._check_text(content)
        self._check_words(content)
        numbers = self._numbers(content)
        times = {name: self._time(content, name, dialect) for name in columns.TIMES}
        if len(self.problems) == found:
            self._check_periods(content["ChargeCategory"], times)
        if len(self.problems) > found:
            return None
        return Row(
            number=number,
            line=line,
            key=content.get("Id") or digest_key(content),
            provider=content["ProviderName"],
            billing_account=content["BillingAccountId"],
            sub_account=content.get("SubAccountId"),
            currency=content["BillingCurrency"],
            category=content["ChargeCategory"],
            starts_at=times["ChargePeriodStart"],
            ends_at=times["ChargePeriodEnd"],
            billing_start=times["BillingPeriodStart"],
            billing_end=times["BillingPeriodEnd"],
            billed_cost=numbers["BilledCost"],
            list_cost=numbers["ListCost"],
            list_unit_price=numbers["ListUnitPrice"],
            pricing_quantity=numbers["PricingQuantity"],
            consumed_quantity=numbers["ConsumedQuantity"],
            content=content,
        )

    def token_row(self, content: dict[str, str], number: int, line: int) -> Row | None:
        """One reading of a token meter; None if something is wrong with it."""
        self._row, self._line, found = number, line, len(self.problems)
        for column in ("SourceRow", "Quantity"):
            if not _COUNT.fullmatch(content[column]):
                self._add("bad_number", f"{content[column]!r} is not a count.", column)
        if not 0 < len(content["Workload"]) <= 100:
            self._add("missing_value", "Between 1 and 100 characters are needed.", "Workload")
        instant = self._time(content, "TIMESTAMP", Dialect())
        if len(self.problems) > found:
            return None
        quantity = Decimal(content["Quantity"])
        return Row(
            number=number,
            line=line,
            key=f"{content['Workload']}:{content['SourceRow']}:{content['Meter']}",
            provider=columns.TOKEN_PROVIDER,
            billing_account=None,
            sub_account=content["Workload"],
            currency="",
            category="Usage",
            starts_at=instant,
            ends_at=instant,
            billing_start=None,
            billing_end=None,
            billed_cost=None,
            list_cost=None,
            list_unit_price=None,
            pricing_quantity=quantity,
            consumed_quantity=quantity,
            content=content,
        )

    def _add(self, code: str, message: str, column: str) -> None:
        self.problems.append(Problem(code, message, self._row, self._line, column))

    def _check_text(self, content: Mapping[str, str]) -> None:
        if not content.keys() >= columns.NEVER_NULL:
            for column in sorted(columns.NEVER_NULL - content.keys()):
                self._add("missing_value", "This cell may not be null.", column)
        if max(map(len, content.values()), default=0) <= _ALWAYS_SHORT:
            return
        for column, longest in columns.LONGEST.items():
            if len(content.get(column, "")) > longest:
                self._add("too_long", f"More than {longest} characters.", column)

    def _check_words(self, content: Mapping[str, str]) -> None:
        currency = content.get("BillingCurrency", "XXX")
        if currency == "RMB" or not _CURRENCY.fullmatch(currency):
            hint = " Write CNY." if currency.upper() == "RMB" else ""
            message = f"{currency!r} is no ISO 4217 code of three capital letters.{hint}"
            self._add("bad_currency", message, "BillingCurrency")
        category = content.get("ChargeCategory", "Usage")
        if category not in columns.CATEGORIES:
            message = f"{category!r} is none of {', '.join(columns.CATEGORIES)}."
            self._add("bad_category", message, "ChargeCategory")
        charge_class = content.get("ChargeClass", "Correction")
        if charge_class != "Correction":
            message = f"{charge_class!r} is neither null nor 'Correction'."
            self._add("bad_class", message, "ChargeClass")

    def _numbers(self, content: Mapping[str, str]) -> dict[str, Decimal | None]:
        try:
            return {
                name: parse_number(content[name]) if name in content else None
                for name in columns.NUMBERS
            }
        except ValueError:  # once more, to name each that is wrong
            return {name: self._number(content, name) for name in columns.NUMBERS}

    def _number(self, content: Mapping[str, str], column: str) -> Decimal | None:
        text = content.get(column)
        if text is None:
            return None
        try:
            return parse_number(text)
        except ValueError as error:
            self._add("bad_number", str(error), column)
            return None

    def _time(self, content: Mapping[str, str], column: str, dialect: Dialect) -> datetime:
        text = content.get(column)
        if text is None:  # noted by _check_text
            return _NO_TIME
        try:
            return parse_time(text, dialect.times_are_utc)
        except ValueError as error:
            self._add("bad_time", str(error), column)
            return _NO_TIME

    def _check_periods(self, category: str, times: Mapping[str, datetime]) -> None:
        for end, start in (
            ("BillingPeriodEnd", "BillingPeriodStart"),
            ("ChargePeriodEnd", "ChargePeriodStart"),
        ):
            if times[end] <= times[start]:
                self._add("end_before_start", f"It must be later than {start}.", end)
        longest = LONGEST_USAGE if category == "Usage" else LONGEST_OTHER
        length = times["ChargePeriodEnd"] - times["ChargePeriodStart"]
        if length > longest:
            message = f"The charge period is {length.days} days long."
            self._add("period_too_long", message, "ChargePeriodEnd")


def from_content(content: dict[str, str], dialect: Dialect, number: int) -> Row:
    """A row again, from the content that was kept of it. It was read before, so it can be read."""
    builder = Builder()
    is_reading = "TIMESTAMP" in content and "ProviderName" not in content
    row = (
        builder.token_row(content, number, 0)
        if is_reading
        else builder.focus_row(content, dialect, number, 0)
    )
    if row is None:
        raise AssertionError(f"a stored row can't be read again: {builder.problems}")
    return row


def digest_key(content: Mapping[str, str]) -> str:
    """Record key of a row without `Id`: a digest of all it says but money (FOCUS.md 2)."""
    said = {name: cell for name, cell in content.items() if name not in columns.MONEY}
    text = _JSON.encode(said)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@lru_cache(maxsize=50_000)
def parse_number(text: str) -> Decimal:
    """A plain number (money.parse). Files repeat themselves, hence the memory."""
    return money.parse(text)


@lru_cache(maxsize=50_000)
def parse_time(text: str, is_utc_without_zone: bool) -> datetime:
    """An instant in UTC from "2024-09-18 22:00:00" or ISO 8601; parts of a microsecond are cut.

    Raises ValueError, also where no zone is given and the source did not say that it is UTC.
    """
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no time like 2024-09-18T22:00:00Z.")
    *parts, fraction, zone = match.groups()
    if zone is None and not is_utc_without_zone:
        raise ValueError(f"{text!r} has no time zone.")
    offset = "+00:00" if zone in (None, "Z") else zone
    micro = (fraction or "0")[:6].ljust(6, "0")
    date, clock = "-".join(parts[:3]), ":".join(parts[3:])
    try:
        instant = datetime.fromisoformat(f"{date}T{clock}.{micro}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is a time that does not exist.") from None
    if not 2000 <= instant.year < 2100:
        raise ValueError(f"{text!r} is not between the years 2000 and 2099.")
    return instant
