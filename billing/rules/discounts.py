"""The best discount for the customer; none stack (D1). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from finance_mgmt.money import exact


@dataclass(frozen=True)
class Offer:
    """One discount that applies: a rate (0.8 pays 80 %) or a fixed unit price."""

    discount: int
    rate: Decimal | None
    fixed_price: Decimal | None

    def payable(self, list_amount: Decimal, quantity: Decimal) -> Decimal:
        """What is left to pay under this offer, exact."""
        if self.rate is not None:
            return exact(list_amount * self.rate)
        if self.fixed_price is None:
            raise AssertionError("an offer is a rate or a fixed price")
        return exact(quantity * self.fixed_price)


def best(
    offers: Iterable[Offer], list_amount: Decimal, quantity: Decimal
) -> tuple[int | None, Decimal]:
    """The discount that leaves least to pay, and what it leaves; (None, list) if none helps.

    A correction (negative) gets the discount its usage got: the same comparison by size.
    """
    chosen, payable = None, list_amount
    for offer in sorted(offers, key=lambda offer: offer.discount):
        left = offer.payable(list_amount, quantity)
        if abs(left) < abs(payable):
            chosen, payable = offer.discount, left
    return chosen, payable
