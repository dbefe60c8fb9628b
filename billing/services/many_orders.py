"""Many new orders in one call: placed and paid in their order, a chunk per transaction (O1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from django.db import transaction

from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.services import again

from ..enums import OrderKind
from ..models import Order, Product
from . import hot_orders, orders

CHUNK = 100
MOST_AT_ONCE = 500


class NotAllPlaced(FinanceError):
    """One of the orders was refused, and so none was placed."""

    code = "not_all_placed"
    example = Reason(
        "F5",
        "funds_too_low",
        "Available are 5.00; this order needs 120.00.",
        {"place": 3},
        "the payer: top up or settle",
    )


@dataclass(frozen=True)
class NewOrder:
    """One order to place and pay. `list_amount` is in the account's currency."""

    number: str
    account: Account
    product: Product
    list_amount: Decimal
    kind: OrderKind = OrderKind.NEW
    months: int = 1
    resource: str = ""


@dataclass(frozen=True)
class Placed:
    """What became of one: the paid order, or why there is none."""

    order: Order | None
    refusal: FinanceError | None = None


def place_many(
    *,
    wanted: Sequence[NewOrder],
    is_all_or_nothing: bool = False,
    key: str,
    by: str,
    at: datetime,
) -> list[Placed]:
    """Place and pay these orders, each after those before it. Returns what became of each.

    Every order has a key of its own, made of this one and its place: repeated, what was done is
    found, the rest is done. One that is refused stops no other, unless it is all or nothing:
    then at most MOST_AT_ONCE, in one transaction. Raises NotAllPlaced with every reason of the
    first that is refused.
    """
    keyed = [(one, f"{key} {place}") for place, one in enumerate(wanted, start=1)]
    if is_all_or_nothing:
        if len(keyed) > MOST_AT_ONCE:
            raise AssertionError(f"at most {MOST_AT_ONCE} orders are placed all or none")
        return again.in_transaction(lambda: _all(keyed, by, at))
    placed: list[Placed] = []
    for start in range(0, len(keyed), CHUNK):
        chunk = keyed[start : start + CHUNK]
        placed += again.in_transaction(lambda chunk=chunk: list(_each(chunk, by, at)))
    return placed


Keyed = Sequence[tuple[NewOrder, str]]


def _all(keyed: Keyed, by: str, at: datetime) -> list[Placed]:
    placed = []
    for place, one in enumerate(_each(keyed, by, at), start=1):
        if one.refusal is not None:
            reasons = [
                Reason(
                    said.rule, said.code, said.message, {**said.facts, "place": place}, said.mend
                )
                for said in one.refusal.reasons
            ]
            raise NotAllPlaced(reasons)
        placed.append(one)
    return placed


def _each(keyed: Keyed, by: str, at: datetime) -> Iterator[Placed]:
    """Neighbours that are simple go together, the others one by one."""
    drafts = [orders.draft(**vars(one), at=at) for one, _ in keyed]
    priced = hot_orders.decide([order for order, _ in drafts])
    rows = list(zip(keyed, drafts, priced, strict=True))
    for is_simple, run in groupby(rows, lambda row: row[2] is not None):
        together = list(run)
        paid = None
        if is_simple:
            wishes = [
                (hot_orders.Wish(order, key, facts, by), one)
                for (_, key), (order, facts), one in together
                if one is not None
            ]
            paid = hot_orders.write(wishes)
        if paid is not None:
            yield from map(Placed, paid)
        else:
            yield from (_alone(one, key, by, at) for (one, key), _, _ in together)


def _alone(one: NewOrder, key: str, by: str, at: datetime) -> Placed:
    try:
        with transaction.atomic():
            return Placed(orders.place(**vars(one), key=key, by=by, at=at))
    except FinanceError as refusal:
        return Placed(None, refusal)
