"""Which thresholds a running figure crosses, once each (W1, W3). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finance_mgmt.money import ZERO


@dataclass
class Bound:
    """One threshold; `crossed` is the month it was crossed in, None while it is armed."""

    threshold: int
    amount: Decimal
    crossed: date | None


@dataclass(frozen=True)
class Crossing:
    """One threshold was crossed: told once."""

    threshold: int
    amount: Decimal
    figure: Decimal


def fall(
    bounds: Iterable[Bound],
    figures: Sequence[Decimal],
    month: date,
    *,
    before: Decimal | None = None,
) -> list[Crossing]:
    """Low funds: each bound the running figure falls below, re-armed when it recovers (W3).

    `before` is the figure that the first row found: what recovered without a row that was judged,
    by other terms or in a trusteeship, is armed again.
    """
    crossings = []
    ordered = sorted(bounds, key=lambda bound: -bound.amount)
    for bound in ordered:
        if before is not None and before >= bound.amount:
            bound.crossed = None
    for figure in figures:
        for bound in ordered:
            if figure >= bound.amount:
                bound.crossed = None
            elif bound.crossed is None:
                bound.crossed = month
                crossings.append(Crossing(bound.threshold, bound.amount, figure))
    return crossings


def rise(
    bounds: Iterable[Bound], spends: Sequence[tuple[date, Decimal]], spent: dict[date, Decimal]
) -> list[Crossing]:
    """Spending: each bound a month's running sum rises above, once a month (W3).

    `spends` are (month, amount) in order; `spent` is what each month had before, and is raised.
    """
    crossings = []
    ordered = sorted(bounds, key=lambda bound: bound.amount)
    for month, amount in spends:
        spent[month] = spent.get(month, ZERO) + amount
        for bound in ordered:
            is_armed = bound.crossed is None or bound.crossed < month
            if is_armed and spent[month] > bound.amount:
                bound.crossed = month
                crossings.append(Crossing(bound.threshold, bound.amount, spent[month]))
    return crossings
