"""Exact amounts: reading, cutting, rounding, splitting and writing decimals. No float anywhere.

Quantities, unit prices and charge amounts have up to 18 decimals (B3); funds and bill totals are
in the currency's minor unit.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, DefaultContext, getcontext

from .errors import InvalidAmount, Reason

EXACT_PLACES = 18
EXACT = Context(prec=60)
# Python sums to 28 digits and rounds the rest away without a word; ours have 38. For this thread
# and, by the default, for all that start later.
DefaultContext.prec = getcontext().prec = EXACT.prec
ZERO = Decimal(0)

# ISO 4217: currencies whose minor unit is not 1/100.
_MINOR_PLACES = dict.fromkeys(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND"]
    + ["VUV", "XAF", "XOF", "XPF"],
    0,
) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)

_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee]-?[0-9]{1,2})?")


def minor_places(currency: str) -> int:
    """Decimals of the currency's minor unit: 2 for CNY, 0 for JPY, 3 for KWD."""
    return _MINOR_PLACES.get(currency, 2)


def minor_unit(currency: str) -> Decimal:
    """The currency's minor unit: 0.01 for CNY, 1 for JPY."""
    return Decimal(1).scaleb(-minor_places(currency))


def parse(text: str) -> Decimal:
    """Read a plain number such as "-2.6137" or "8E-7".

    Stricter than `Decimal(text)`, which also takes NaN, underscores and digits of other scripts.
    Raises ValueError with the text; also for more than 18 decimals or 20 integer digits.
    """
    if not _PLAIN_NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a plain number.")
    number = Decimal(text)
    if number and number.adjusted() >= 20:
        raise ValueError(f"{text!r} has more than 20 digits before the point.")
    if number != (exact := number.quantize(Decimal(1).scaleb(-EXACT_PLACES), context=EXACT)):
        raise ValueError(f"{text!r} has more than {EXACT_PLACES} decimals.")
    return exact.normalize(EXACT) + ZERO


def exact(amount: Decimal) -> Decimal:
    """Round half away from zero to 18 decimals, as PostgreSQL's NUMERIC(38,18) does (B3)."""
    return amount.quantize(Decimal(1).scaleb(-EXACT_PLACES), ROUND_HALF_UP, context=EXACT)


def cut(amount: Decimal, currency: str) -> Decimal:
    """Cut to the minor unit in the customer's favour: 20.509 is 20.50, -2.301 is -2.31 (B3)."""
    return amount.quantize(minor_unit(currency), ROUND_FLOOR, context=EXACT)


def shown(amount: Decimal, currency: str) -> str:
    """As a sentence says how much there is: cut, for nobody can move what is finer."""
    return plain(cut(amount, currency), minor_places(currency))


def require_movable(amount: Decimal, currency: str) -> Decimal:
    """Return the amount if funds can move by it: finite, above 0, whole minor units (F10).

    Raises InvalidAmount otherwise.
    """
    if not amount.is_finite() or amount <= 0:
        raise InvalidAmount(
            Reason("F10", "amount_not_positive", "The amount must be above 0.", {"amount": amount})
        )
    if amount.adjusted() >= 15:
        raise InvalidAmount(
            Reason("F10", "amount_too_large", "The amount is too large.", {"amount": amount})
        )
    if amount != amount.quantize(minor_unit(currency), context=EXACT):
        raise InvalidAmount(
            Reason(
                "F10",
                "amount_too_precise",
                f"{currency} has {minor_places(currency)} decimals; give no more.",
                {"amount": amount, "currency": currency},
            )
        )
    return amount


def split(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Split `total` (whole minor units) by non-negative weights, by largest remainder.

    Equal remainders go to the earlier part. The parts always sum to the total.
    """
    whole = sum(weights, ZERO)
    if not weights or whole <= 0 or min(weights) < 0:
        raise ValueError("Weights must be non-negative and not all 0.")
    unit = minor_unit(currency)
    shares = [EXACT.divide(EXACT.multiply(total, weight), whole) for weight in weights]
    parts = [share.quantize(unit, ROUND_FLOOR, context=EXACT) for share in shares]
    missing = int(EXACT.divide(total - sum(parts, ZERO), unit))
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - shares[i], i))
    for i in by_remainder[:missing]:
        parts[i] += unit
    if sum(parts, ZERO) != total:
        raise AssertionError(f"{parts} do not sum to {total}")
    return parts


def plain(number: Decimal, places: int = 0) -> str:
    """Write without an exponent, with at least `places` decimals: "8.00", "0.0000012"."""
    text = f"{number.normalize(EXACT) + ZERO:f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction.ljust(places, "0")
    return f"{whole}.{fraction}" if fraction else whole
