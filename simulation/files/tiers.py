"""Graduated prices: `{from, unit_price}` or `{up_to, unit_price}`, as quantities of one month."""

from decimal import Decimal

from .nodes import Spot
from .rows import Keys, Reader, may, need
from .values import amount, amount_above_0

Tier = tuple[Decimal, Decimal]  # above this quantity, this unit price

_TIER: Keys = {
    "from": may(amount),
    "up_to": may(amount_above_0),
    "unit_price": need(amount),
}


def read(reader: Reader, spot: Spot) -> list[Tier] | None:
    """The tiers, the first one from 0. None where something was noted."""
    items = reader.items(spot)
    rows = [row for item in items if (row := reader.row(item, _TIER)) is not None]
    if not items and spot.is_list:
        reader.note(spot, "must hold at least one tier.")
    if not rows or len(rows) < len(items):
        return None
    found: list[Tier] = []
    floor, is_floor_known = Decimal(0), True
    for item, row in zip(items, rows, strict=True):
        start = floor if row["from"] is None else row["from"]
        is_next = start == floor if is_floor_known else start > found[-1][0]
        if not is_next:
            reader.note(item, "must start where the one before it ends; the first starts at 0.")
            return None
        found.append((start, row["unit_price"]))
        floor, is_floor_known = row["up_to"] or start, row["up_to"] is not None
    return found
