"""Paying simple new orders in two round trips: read, decide in Python, write in one function.

The function checks under locks that what was read still holds, draws the payer's funds late, and
is one statement (migrations/0008_paying_orders.sql). Whatever is not simple, or changed in
between, is left to `orders.py`: the same rows, and every refusal, the long way.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

from finance_mgmt import origin
from finance_mgmt.money import ZERO, exact, plain
from finance_mgmt.rules.credit import Figures

from ..enums import OrderKind, OrderStatus
from ..models import Order
from ..queries.order_facts import order_facts
from ..rules import paying
from .resources import months_after

CHANGED = "PO001"
# The function writes decisions itself: it is told the request's id by a setting, set before (Z8).
_PAY = """
SELECT paid.* FROM set_config('finance.request_id', %s, true) AS said (request_id)
CROSS JOIN LATERAL billing_pay_orders(%s::jsonb, %s || left(said.request_id, 0), %s) AS paid
"""

# A new order, and how the trail is to know it: its key, and its facts in JSON.
Wish = tuple[Order, str, str]


def pay(wishes: Sequence[Wish], *, by: str, at: datetime) -> list[Order] | None:
    """Pay all of these new orders; None: nothing was done, go the long way.

    A transaction of its own, unless there is one already: then all or nothing within that.
    """
    priced = decide([order for order, _, _ in wishes], at)
    chosen = [one for one in priced if one is not None]
    if len(chosen) < len(wishes):
        return None
    return write(list(zip(wishes, chosen, strict=True)), by=by, at=at)


def decide(orders: Sequence[Order], at: datetime) -> list[paying.Priced | None]:
    """Price each order after those before it; None where it is not simple."""
    simple = [order for order in orders if is_simple(order)]
    found = iter(order_facts(simple, at)) if simple else iter(())
    figures: dict[int, Figures] = {}
    priced: list[paying.Priced | None] = []
    for order in orders:
        one = None
        if is_simple(order):
            facts = next(found)
            facts = paying.with_figures(facts, figures.get(facts.payer, facts.figures))
            one = paying.price(
                facts,
                list_amount=order.list_amount,
                months=order.months,
                is_metered=bool(order.product.cycle),
                keeps_own_discount=order.product.keeps_own_discount,
                at=at,
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
    wishes: Sequence[tuple[Wish, paying.Priced]], *, by: str, at: datetime
) -> list[Order] | None:
    """Write priced orders by the function; None: something changed, and nothing was written."""
    rows = [_row(order, key, facts, one, at) for (order, key, facts), one in wishes]
    try:
        ids = _written(json.dumps(rows), by, at)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") != CHANGED:
            raise
        return None
    return [
        _paid(order, one, found, row["covers_until"], at)
        for ((order, _, _), one), found, row in zip(wishes, ids, rows, strict=True)
    ]


def _written(rows: str, by: str, at: datetime) -> list[tuple[int, int, int]]:
    if not connection.in_atomic_block:
        return _call(rows, by, at)  # one statement is one transaction
    with transaction.atomic():
        return _call(rows, by, at)


def _call(rows: str, by: str, at: datetime) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_PAY, [origin.request_id.get(), rows, by, at])
        return list(cursor.fetchall())


def _row(order: Order, key: str, facts: str, priced: paying.Priced, at: datetime) -> dict[str, Any]:
    until = months_after(at.astimezone(priced.zone), order.months)
    return {
        "key": key,
        "facts": json.loads(facts),
        "number": order.number,
        "owner_id": order.owner_id,
        "product_id": order.product_id,
        "resource_code": order.resource_code,
        "months": order.months,
        "list_amount": plain(order.list_amount),
        "discount_amount": plain(priced.discount_amount),
        "payable_amount": plain(priced.payable),
        "from_transferred": plain(priced.from_transferred),
        "from_cash": plain(priced.from_cash),
        "from_credit": plain(priced.from_credit),
        "covers_until": until.isoformat(),
        "billing_month": priced.month.isoformat(),
        "payer_id": priced.payer,
        "currency": priced.currency,
        "relationship_id": priced.terms.relationship,
        "discount_id": priced.discount,
        "is_in_trusteeship": priced.is_in_trusteeship,
        "is_line_frozen": priced.is_line_frozen,
    }


def _paid(
    order: Order,
    priced: paying.Priced,
    ids: tuple[int, int, int],
    covers_until: str,
    at: datetime,
) -> Order:
    """The order as it stands in the database now."""
    order.decision_id, order.resource_id, order.pk = ids
    order.status, order.paid_at, order.covers_from = OrderStatus.PAID, at, at
    order.covers_until = datetime.fromisoformat(covers_until)
    order.payer_id, order.relationship_id = priced.payer, priced.terms.relationship
    order.discount_id, order.discount_amount = priced.discount, priced.discount_amount
    order.payable_amount = priced.payable
    order.from_cash, order.from_credit = priced.from_cash, priced.from_credit
    order._state.adding = False
    return order
