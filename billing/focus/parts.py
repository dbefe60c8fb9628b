"""One charge as the lines that FOCUS wants of it: covered parts, the rest, and credits. Pure.

list - covered - discount - voucher = payable (K4), so the lines' billed costs sum to what is
payable. A line's unit price times its quantity is its cost, exactly: where no unit price does
that within 18 decimals (steps, amounts that a source gave), the line is priced as one lot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from finance_mgmt.money import EXACT, ZERO, exact

from ..enums import ChargeKind, CommitmentKind
from ..models import Charge, Commitment

LOT = "Charges"
UNIT = "Units"
ONE = Decimal(1)
CATEGORIES = {
    ChargeKind.USAGE: "Usage",
    ChargeKind.ORDER: "Purchase",
    ChargeKind.REFUND: "Purchase",
    ChargeKind.ADJUSTMENT: "Adjustment",
}


@dataclass(frozen=True)
class Pricing:
    """A quantity at two unit prices: the products are the costs, exactly."""

    quantity: Decimal
    unit: str
    list_price: Decimal
    contracted_price: Decimal
    is_lot: bool = False


@dataclass(frozen=True)
class Part:
    """One line of a FOCUS file, as far as amounts go."""

    category: str
    listed: Decimal
    contracted: Decimal
    billed: Decimal
    effective: Decimal
    suffix: str = ""
    pricing: Pricing | None = None
    consumed: Decimal | None = None
    commitment: Commitment | None = None
    commitment_quantity: Decimal | None = None
    voucher: str = ""


def parts_of(charge: Charge) -> Iterator[Part]:
    """The lines of a charge whose coverage and voucher draws were read."""
    covered = list(charge.coverage.all())
    for number, one in enumerate(covered, start=1):
        yield _covered(charge, one.commitment, one.quantity, one.amount, number)
    rest = charge.quantity - sum((one.quantity for one in covered), ZERO)
    listed = charge.list_amount - charge.covered_amount
    contracted = listed - charge.discount_amount
    if listed or contracted or not (covered or charge.voucher_amount):
        yield _rest(charge, rest, listed, contracted)
    for number, draw in enumerate(charge.voucher_draws.all(), start=1):
        amount, suffix = -draw.amount, f"/voucher-{number}"
        code = draw.voucher.code
        yield Part("Credit", amount, amount, amount, amount, suffix, voucher=code)


def unit_of(charge: Charge) -> str:
    """In what its quantity is counted."""
    return (charge.product.unit if charge.product else "") or UNIT


def _rest(charge: Charge, rest: Decimal, listed: Decimal, contracted: Decimal) -> Part:
    category = CATEGORIES[ChargeKind(charge.kind)]
    is_priced = category in ("Usage", "Purchase")
    return Part(
        category,
        listed,
        contracted,
        billed=contracted,
        effective=contracted,
        pricing=_pricing(charge, rest, listed, contracted) if is_priced else None,
        consumed=rest if category == "Usage" else None,
    )


def _covered(
    charge: Charge, commitment: Commitment, quantity: Decimal, amount: Decimal, number: int
) -> Part:
    # What a plan's hour costs is known; units were bought before, at a price not on our books.
    is_plan = commitment.kind == CommitmentKind.SAVINGS_PLAN
    spent = exact(EXACT.multiply(amount, commitment.rate or ONE)) if is_plan else ZERO
    return Part(
        "Usage",
        listed=amount,
        contracted=amount,
        billed=ZERO,
        effective=spent,
        suffix=f"/cover-{number}",
        pricing=_at_unit_price(charge, quantity, amount, amount, None) or _lot(amount, amount),
        consumed=quantity,
        commitment=commitment,
        commitment_quantity=spent if is_plan else quantity,
    )


def _pricing(charge: Charge, quantity: Decimal, listed: Decimal, contracted: Decimal) -> Pricing:
    found = None
    if charge.kind == ChargeKind.USAGE:
        price = _contracted_price(charge) if charge.discount_amount else None
        found = _at_unit_price(charge, quantity, listed, contracted, price)
    return found or _lot(listed, contracted)


def _contracted_price(charge: Charge) -> Decimal | None:
    discount = charge.discount
    if discount is None or charge.unit_price is None:
        return None
    if discount.rate is None:
        return discount.fixed_price
    return EXACT.multiply(charge.unit_price, discount.rate)


def _at_unit_price(
    charge: Charge,
    quantity: Decimal,
    listed: Decimal,
    contracted: Decimal,
    contracted_price: Decimal | None,
) -> Pricing | None:
    listed_at = charge.unit_price
    contracted_at = listed_at if contracted_price is None else contracted_price
    if listed_at is None or contracted_at is None or contracted_at != exact(contracted_at):
        return None
    fits = EXACT.multiply(listed_at, quantity) == listed
    if not fits or EXACT.multiply(contracted_at, quantity) != contracted:
        return None
    return Pricing(quantity, unit_of(charge), listed_at, contracted_at)


def _lot(listed: Decimal, contracted: Decimal) -> Pricing:
    sign = -ONE if listed < ZERO or contracted < ZERO else ONE
    return Pricing(sign, LOT, listed * sign, contracted * sign, is_lot=True)
