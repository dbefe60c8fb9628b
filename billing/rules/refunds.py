"""How much of a paid order is unused, and where a refund goes (O4, R2). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from finance_mgmt.money import EXACT, ZERO, cut

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Turn:
    """A begin, move or end of a trusteeship; `is_before_payment` decides where both are at once."""

    at: datetime
    is_before_payment: bool


def unused(
    paid: Decimal, covers_from: datetime, covers_until: datetime, at: datetime, currency: str
) -> Decimal:
    """The part of what was paid that belongs to days not yet started, cut to the minor unit.

    A day is 24 hours from the start of the paid period; a started one is used.
    """
    days = _days(covers_until - covers_from)
    if days <= 0:
        return ZERO
    used = min(max(_days(at - covers_from), 0), days)
    return cut(EXACT.divide(EXACT.multiply(paid, Decimal(days - used)), Decimal(days)), currency)


def is_worthless(paid_at: datetime, now: datetime, turns: Iterable[Turn]) -> bool:
    """Whether a begin, move or end of a trusteeship lies between the payment and now (R2)."""
    return any(
        paid_at < turn.at <= now or (turn.at == paid_at and not turn.is_before_payment)
        for turn in turns
    )


def destination(
    amount: Decimal, from_credit_left: Decimal, unsettled_credit: Decimal
) -> tuple[Decimal, Decimal]:
    """Split a refund: credit first, as far as it is not settled yet, the rest as cash (O4)."""
    to_credit = min(amount, from_credit_left, unsettled_credit)
    return to_credit, amount - to_credit


def _days(span: timedelta) -> int:
    return -(-span // DAY)
