"""One rule for every rounding of tax (I7). Pure.

Prices include tax. The total is cut to the minor unit (B3); it falls apart by rate; the tax within
each part is rounded half up once, per document and rate; parts and their taxes are then handed out
to the lines. So lines, members, rates and the document sum to each other to the last cent, and the
parts of credit notes to the invoice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from finance_mgmt.money import EXACT, ZERO


@dataclass(frozen=True)
class Part:
    """What of an amount has one tax rate: the amount with its tax, and the tax within."""

    rate: Decimal
    gross: Decimal
    tax: Decimal

    @property
    def net(self) -> Decimal:
        return self.gross - self.tax


def by_rate(exact: Mapping[Decimal, Decimal], total: Decimal, unit: Decimal) -> list[Part]:
    """The total by rate, of the exact amounts with tax per rate; highest rate first."""
    rates = sorted(exact, reverse=True)
    grosses = hand_out(total, [exact[rate] for rate in rates], unit)
    return [
        Part(rate, gross, tax_within(gross, rate).quantize(unit, ROUND_HALF_UP, context=EXACT))
        for rate, gross in zip(rates, grosses, strict=True)
    ]


def to_lines(part: Part, exact: Sequence[Decimal], unit: Decimal) -> list[Part]:
    """A rate's part by lines, of their exact amounts with tax."""
    grosses = hand_out(part.gross, exact, unit)
    taxes = hand_out(part.tax, [tax_within(amount, part.rate) for amount in exact], unit)
    return [Part(part.rate, gross, tax) for gross, tax in zip(grosses, taxes, strict=True)]


def of_credit(
    parts: Sequence[Part], takes: Sequence[tuple[Decimal, Mapping[Decimal, Decimal]]], unit: Decimal
) -> list[Part]:
    """The parts of the last of an invoice's credit notes, of all so far: (total, by rate exactly).

    One that takes all that earlier ones left has exactly those parts, so that those that undo the
    whole invoice sum to it.
    """
    left, taken = list(parts), list[Part]()
    for total, exact in takes:
        taken = _take(left, total, exact, unit)
        left = [
            Part(one.rate, one.gross - part.gross, one.tax - part.tax)
            for one, part in zip(left, taken, strict=True)
        ]
    last = takes[-1][1] if takes else {}
    return [part for part in taken if part.gross or part.tax or part.rate in last]


def tax_within(gross: Decimal, rate: Decimal) -> Decimal:
    """The tax contained in an amount with tax, not rounded."""
    return EXACT.divide(EXACT.multiply(gross, rate), 1 + rate)


def hand_out(total: Decimal, exact: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """Round exact amounts, of any sign, to units that sum to the total, by largest remainder.

    The total must be their sum but for rounding. Equal remainders: the earlier part gets more.
    """
    parts = [amount.quantize(unit, ROUND_FLOOR, context=EXACT) for amount in exact]
    if not parts:
        if total:
            raise ValueError("There is nothing to hand the total out to.")
        return parts
    missing = int(EXACT.divide(total - sum(parts, ZERO), unit))
    each, rest = divmod(missing, len(parts))
    remainders = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    parts = [part + each * unit for part in parts]
    for i in remainders[:rest]:
        parts[i] += unit
    if sum(parts, ZERO) != total:
        raise AssertionError(f"{parts} do not sum to {total}")
    return parts


def _take(
    left: Sequence[Part], total: Decimal, exact: Mapping[Decimal, Decimal], unit: Decimal
) -> list[Part]:
    if total == sum((part.gross for part in left), ZERO):
        return list(left)
    rates = [part.rate for part in left if part.rate in exact]
    grosses = hand_out(total, [exact[rate] for rate in rates], unit)
    by_rate_taken = dict(zip(rates, grosses, strict=True))
    return [_part_of(part, by_rate_taken.get(part.rate, ZERO), unit) for part in left]


def _part_of(left: Part, gross: Decimal, unit: Decimal) -> Part:
    """So much of a rate; its tax in proportion to what is left of it."""
    if not left.gross:
        return Part(left.rate, gross, ZERO)
    tax = EXACT.divide(EXACT.multiply(left.tax, gross), left.gross)
    return Part(left.rate, gross, tax.quantize(unit, ROUND_HALF_UP, context=EXACT))
