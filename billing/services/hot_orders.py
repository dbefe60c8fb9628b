"""Paying simple new orders in two round trips: read, decide in Python, write in one function.

The function checks under locks that what was read still holds, draws the payer's funds late, and
is one statement (migrations/0011_paying_together.sql). Whatever is not simple, or changed in
between, is left to `orders.py`: the same rows, and every refusal, the long way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

from finance_mgmt import origin
from finance_mgmt.money import ZERO, exact, plain
from finance_mgmt.rules.credit import Figures
from finance_mgmt.services import decisions

from ..enums import OrderKind, OrderStatus
from ..models import Order
from ..queries.order_facts import order_facts
from ..rules import paying
from .resources import months_after

CHANGED = "PO001"
TOO_LONG = "55P03"  # a lock was not to be had in time
_PAY = "SELECT paid.* FROM billing_pay_orders(%s::jsonb) AS paid"
_PAY_OR_GIVE_UP = """
SELECT paid.* FROM set_config('lock_timeout', %s, true) AS said (patience)
CROSS JOIN LATERAL billing_pay_orders((%s || left(said.patience, 0))::jsonb) AS paid
"""


@dataclass(frozen=True)
class Wish:
    """A new order to pay, and how the trail is to know it: its key, its facts, by whom.

    `answered` makes the row of the API's answer from the paid order; it is stored with it (F11).
    """

    order: Order
    key: str
    facts: Mapping[str, Any]
    by: str
    answered: Callable[[Order], Mapping[str, Any]] | None = None
    request_id: str = field(default_factory=origin.request_id.get)

    @property
    def at(self) -> datetime:
        """An order that is paid at once is paid at the instant it is placed (C2)."""
        return self.order.placed_at


def pay(wishes: Sequence[Wish], *, patience_ms: int | None = None) -> list[Order | None]:
    """Pay new orders, each after those before it. None: nothing was done, go the long way.

    A transaction of its own, unless there is one already. All that are simple are written
    together; none of them, if something changed, or a lock was not to be had in `patience_ms`.
    The drafts become the paid orders: whoever goes another way afterwards begins with new ones.
    """
    priced = decide([wish.order for wish in wishes])
    simple = [(wish, one) for wish, one in zip(wishes, priced, strict=True) if one is not None]
    written = write(simple, patience_ms=patience_ms) if simple else None
    if written is None:
        return [None] * len(priced)
    paid = iter(written)
    return [None if one is None else next(paid) for one in priced]


def decide(
    orders: Sequence[Order], known: Sequence[paying.OrderFacts] | None = None
) -> list[paying.Priced | None]:
    """Price each order after those before it; None where it is not simple.

    `known` are their facts, where they were read together with something else.
    """
    simple = [order for order in orders if is_simple(order)]
    found = iter(order_facts(simple) if simple and known is None else ())
    figures: dict[int, Figures] = {}
    priced: list[paying.Priced | None] = []
    for place, order in enumerate(orders):
        one = None
        if is_simple(order):
            facts = next(found) if known is None else known[place]
            facts = paying.with_figures(facts, figures.get(facts.payer, facts.figures))
            one = paying.price(
                facts,
                list_amount=order.list_amount,
                months=order.months,
                is_metered=bool(order.product.cycle),
                keeps_own_discount=order.product.keeps_own_discount,
                at=order.placed_at,
            )
            if one is not None:
                figures[facts.payer] = paying.after(facts.figures, one)
        priced.append(one)
    return priced


def is_simple(order: Order) -> bool:
    """Whether the order itself, whoever pays it, could go the short way."""
    amount = order.list_amount
    return (
        order.kind == OrderKind.NEW
        and order.months >= 1
        and amount.is_finite()
        and amount > ZERO
        and amount.adjusted() < 15
        and amount == exact(amount)
        and "\0" not in order.number + order.resource_code
    )


def write(
    wishes: Sequence[tuple[Wish, paying.Priced]], *, patience_ms: int | None = None
) -> list[Order] | None:
    """Write priced orders by the function; None: something changed, and nothing was written."""
    paid = [_paid(wish.order, one) for wish, one in wishes]
    rows = [_row(wish, one, order) for (wish, one), order in zip(wishes, paid, strict=True)]
    try:
        ids = _written(decisions.written(rows), patience_ms)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") not in (CHANGED, TOO_LONG):
            raise
        return None
    for order, found in zip(paid, ids, strict=True):
        order.decision_id, order.resource_id, order.pk = found
        order._state.adding = False
    return paid


def _written(rows: str, patience_ms: int | None) -> list[tuple[int, int, int]]:
    if connection.in_atomic_block:
        if patience_ms is not None:
            raise AssertionError("patience would outlast the statement in another transaction")
        with transaction.atomic():
            return _call(_PAY, [rows])
    # One statement is one transaction.
    if patience_ms is None:
        return _call(_PAY, [rows])
    return _call(_PAY_OR_GIVE_UP, [f"{patience_ms}ms", rows])


def _call(sql: str, arguments: list[str]) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return list(cursor.fetchall())


def _paid(order: Order, priced: paying.Priced) -> Order:
    """The order as it will stand in the database, but for the ids that it gets there."""
    at = order.placed_at
    order.status, order.paid_at, order.covers_from = OrderStatus.PAID, at, at
    order.covers_until = months_after(at.astimezone(priced.zone), order.months)
    order.payer_id, order.relationship_id = priced.payer, priced.terms.relationship
    order.discount_id, order.discount_amount = priced.discount, priced.discount_amount
    order.payable_amount = priced.payable
    order.from_cash, order.from_credit = priced.from_cash, priced.from_credit
    return order


def _row(wish: Wish, priced: paying.Priced, paid: Order) -> dict[str, Any]:
    return {
        "key": wish.key,
        "facts": wish.facts,
        "by": wish.by,
        "at": wish.at.isoformat(),
        "request_id": wish.request_id,
        "api_request": wish.answered(paid) if wish.answered else None,
        "number": paid.number,
        "owner_id": paid.owner_id,
        "product_id": paid.product_id,
        "resource_code": paid.resource_code,
        "months": paid.months,
        "list_amount": plain(paid.list_amount),
        "discount_amount": plain(priced.discount_amount),
        "payable_amount": plain(priced.payable),
        "from_transferred": plain(priced.from_transferred),
        "from_cash": plain(priced.from_cash),
        "from_credit": plain(priced.from_credit),
        "covers_until": paid.covers_until.isoformat(),
        "billing_month": priced.month.isoformat(),
        "payer_id": priced.payer,
        "currency": priced.currency,
        "relationship_id": priced.terms.relationship,
        "discount_id": priced.discount,
        "is_in_trusteeship": priced.is_in_trusteeship,
        "is_line_frozen": priced.is_line_frozen,
    }
