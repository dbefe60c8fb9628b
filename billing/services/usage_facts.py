"""One usage record as a program reports it: what it says, and what would make it unchargeable."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from finance_mgmt.errors import Reason
from finance_mgmt.models import Account
from finance_mgmt.money import ZERO, exact, plain
from finance_mgmt.periods import Period

from ..enums import RecordKind
from ..models import Product, UsageRecord

_quoted = json.encoder.encode_basestring_ascii


@dataclass(frozen=True)
class NewUsage:
    """One record to store. `key` is the source's own and never means another record.

    Without `given_amount` it is priced by our list (P1). An adjustment gives its amount and a
    reason. `ends_at` is `starts_at` where nothing else is said.
    """

    key: str
    owner: Account
    product: Product
    quantity: Decimal
    starts_at: datetime
    ends_at: datetime | None = None
    resource: str = ""
    given_amount: Decimal | None = None
    reason: str = ""
    kind: RecordKind = RecordKind.USAGE

    def __post_init__(self) -> None:
        for instant in (self.starts_at, self.ends_at or self.starts_at):
            if instant.tzinfo is None:
                raise ValueError(f"{self.key}: an instant needs a time zone.")
        for amount in (self.quantity, self.given_amount):
            if amount is not None and not isinstance(amount, Decimal):
                raise TypeError(f"{self.key}: amounts are Decimals.")


def said(record: NewUsage) -> str:
    """All that the record says, as JSON: equal texts are the same record."""
    return _text(
        record.key,
        record.kind,
        record.owner.pk,
        record.product.pk,
        record.resource,
        record.starts_at,
        record.ends_at or record.starts_at,
        record.quantity,
        record.given_amount,
        record.reason,
    )


def said_by(record: UsageRecord) -> str:
    """The same of a stored record."""
    return _text(
        record.key,
        record.kind,
        record.owner_id,
        record.product_id,
        record.resource,
        record.starts_at,
        record.ends_at,
        record.quantity,
        record.given_amount,
        record.reason,
    )


def _text(
    key: str,
    kind: str,
    owner: int,
    product: int,
    resource: str,
    starts_at: datetime,
    ends_at: datetime,
    quantity: Decimal,
    given_amount: Decimal | None,
    reason: str,
) -> str:
    # Written by hand: a json.dumps of as many records takes longer than storing them.
    began = starts_at.astimezone(UTC).isoformat()
    ended = began if ends_at is starts_at else ends_at.astimezone(UTC).isoformat()
    given = "null" if given_amount is None else f'"{plain(given_amount)}"'
    return (
        f'[{_quoted(key)}, {{"kind": {_quoted(kind)}, "owner": {owner}, "product": {product},'
        f' "resource": {_quoted(resource)}, "starts_at": "{began}", "ends_at": "{ended}",'
        f' "quantity": "{plain(quantity)}", "given_amount": {given}, "reason": {_quoted(reason)}}}]'
    )


def digest(said: Iterable[str]) -> str:
    """Fingerprint of a call, for its idempotency key."""
    return hashlib.sha256("".join(said).encode()).hexdigest()


def conflict(key: str, said_before: str, said_now: str) -> Reason:
    """The key is taken by a record with other facts (B2)."""
    (_, old), (_, new) = json.loads(said_before), json.loads(said_now)
    changes = {name: [old[name], new[name]] for name in old if old[name] != new[name]}
    told = "; ".join(f"{name} was {was}, now {now}" for name, (was, now) in changes.items())
    return Reason(
        "B2",
        "record_conflict",
        f"Record {key!r} is stored with other facts: {told}. Send a correction as a new record.",
        {"key": key, "changes": changes},
    )


def parked(key: str) -> Reason:
    """The key is taken by a parked row of a file (B2)."""
    text = f"Record {key!r} waits as a parked row of a file. Resolve that row instead."
    return Reason("B2", "record_parked", text, {"key": key})


MOST_VALUE = 10**15  # of one record: bills add up many, and money has 17 digits


def wrong(
    record: NewUsage,
    period: Period | None,
    priced_since: datetime | None,
    highest_price: Decimal | None,
) -> Reason | None:
    """What makes a record impossible to charge; None: nothing."""
    product = record.product.code
    if not 0 < len(record.key) <= 200 or len(record.resource) > 1000 or len(record.reason) > 500:
        return _reason(record, "B2", "bad_length", "no key, or a text that is too long.")
    if record.ends_at is not None and record.ends_at < record.starts_at:
        return _reason(record, "B1", "ends_before_start", "it ends before it starts.")
    if not (fits(record.quantity) and fits(record.given_amount)):
        text = "an amount has more than 18 decimals, or more than 20 digits before them."
        return _reason(record, "B3", "bad_amount", text)
    if period is None:
        return _reason(record, "C4", "no_cycle", f"{product} is not metered: it has no cycle.")
    if record.kind != RecordKind.USAGE:
        return _wrong_kind(record)
    if record.given_amount is None and (priced_since is None or priced_since > period.start):
        text = f"{product} has no price at the start of the charge period ({period.start})."
        return _reason(record, "P1", "no_price", text)
    value = ZERO if record.given_amount is not None else record.quantity * (highest_price or ZERO)
    if abs(value) >= MOST_VALUE:
        text = f"it would cost {MOST_VALUE:,} or more. Check the quantity and its unit."
        return _reason(record, "B3", "too_much", text)
    return None


def _wrong_kind(record: NewUsage) -> Reason | None:
    if record.kind == RecordKind.CREDIT:
        text = "a credit comes as a row of a file and is resolved with a voucher."
        return _reason(record, "V1", "credit_without_voucher", text)
    if record.given_amount is None or not record.reason:
        text = "an adjustment gives its amount and a reason."
        return _reason(record, "B2", "adjustment_unexplained", text)
    return None


def _reason(record: NewUsage, rule: str, code: str, text: str) -> Reason:
    facts = {"key": record.key, "product": record.product.code}
    return Reason(rule, code, f"Record {record.key!r}: {text}", facts)


def fits(amount: Decimal | None) -> bool:
    """Whether NUMERIC(38,18) holds the amount exactly (B3)."""
    if amount is None:
        return True
    if not amount.is_finite() or (amount and amount.adjusted() >= 20):
        return False
    return exact(amount) == amount
