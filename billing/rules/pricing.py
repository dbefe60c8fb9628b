"""The list value of a quantity at a price with graduated steps (P1). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from finance_mgmt.money import ZERO, exact


@dataclass(frozen=True)
class ListPrice:
    """A unit price, and steps (above this quantity in the month, this unit price)."""

    unit_price: Decimal
    steps: tuple[tuple[Decimal, Decimal], ...] = ()

    def value(self, quantity: Decimal, before: Decimal = ZERO) -> Decimal:
        """The list value of `quantity` more units after `before` units in the month, exact."""
        return exact(self._up_to(before + quantity) - self._up_to(before))

    def _up_to(self, quantity: Decimal) -> Decimal:
        total, floor, price = ZERO, ZERO, self.unit_price
        for start, next_price in self.steps:
            if quantity <= start:
                break
            total += (start - floor) * price
            floor, price = start, next_price
        return total + (quantity - floor) * price


def steps_of(tiers: Sequence[Sequence[str]]) -> tuple[tuple[Decimal, Decimal], ...]:
    """Read the stored steps, which must rise. Raises ValueError where they don't."""
    steps = tuple((Decimal(start), Decimal(price)) for start, price in tiers)
    starts = [start for start, _ in steps]
    if starts != sorted(set(starts)) or any(start <= 0 for start in starts):
        raise ValueError("Each step must start above the one before it, and above 0.")
    if any(price < 0 for _, price in steps):
        raise ValueError("A unit price is never negative.")
    return steps
