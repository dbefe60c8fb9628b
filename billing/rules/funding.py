"""What a bill draws from cash and from credit (B3, B5). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from finance_mgmt.money import ZERO, cut, split


@dataclass(frozen=True)
class Draw:
    """How one bill is paid, in the payer's currency. Credit below 0 is given back."""

    total: Decimal
    round_off: Decimal
    from_cash: Decimal
    on_credit: Decimal

    @property
    def carried_forward(self) -> Decimal:
        """What the next bill starts with: 0, or below it."""
        return self.total - self.from_cash - self.on_credit


def draw(
    *,
    own: Decimal,
    members: Decimal,
    carried: Decimal,
    cash: Decimal,
    ordered_credit: Decimal = ZERO,
    currency: str,
) -> Draw:
    """Cut the bill and split it over cash and credit (B5).

    `own` and `members` are exact sums of payable amounts, `carried` the negative total of an
    earlier bill. Own charges draw cash, at most their part cut down; all else is on credit.
    `ordered_credit` is what the month's orders put on credit and this bill makes outstanding: what
    is left in the payer's favour lowers that, if it can bear all of it. Else it draws nothing: it
    is carried to the next bill.
    """
    exact_total = own + members + carried
    total = cut(exact_total, currency)
    if total < ZERO:
        given_back = total if -total <= ordered_credit else ZERO
        return Draw(total, exact_total - total, ZERO, given_back)
    own_part = max(cut(own + carried, currency), ZERO)
    from_cash = min(own_part, cash, total)
    return Draw(total, exact_total - total, from_cash, total - from_cash)


def credit_by_owner(
    on_credit: Decimal,
    amounts: Mapping[int, Decimal],
    *,
    payer: int,
    from_cash: Decimal,
    currency: str,
) -> dict[int, Decimal]:
    """Name the owner of each part of the credit a bill draws (B4). The parts sum to the whole.

    `amounts` are the exact sums by owner; the payer's own is weighed after its cash.
    """
    if not on_credit:
        return {}
    weights = {owner: max(amount, ZERO) for owner, amount in sorted(amounts.items())}
    if payer in weights:
        weights[payer] = max(weights[payer] - from_cash, ZERO)
    if not any(weights.values()):
        return {payer: on_credit}
    parts = split(on_credit, list(weights.values()), currency)
    return {owner: part for owner, part in zip(weights, parts, strict=True) if part}
