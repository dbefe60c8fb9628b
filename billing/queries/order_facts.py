"""What is read before new orders are paid: one row per order, one round trip."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from finance_mgmt.enums import End, Mode, Permission
from finance_mgmt.rules.credit import Figures
from finance_mgmt.rules.terms import Standing, decide

from ..models import Order
from ..rules.discounts import Offer
from ..rules.paying import Offered, OrderFacts

_ASK = """
SELECT facts.* FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::boolean[], %s::text[],
    %s::text[], %s::timestamptz[])
    WITH ORDINALITY AS asked (owner, product, family, keeps_own, number, resource, at, n)
LEFT JOIN LATERAL billing_order_facts(owner, product, family, keeps_own, number, resource, at)
    AS facts ON true
ORDER BY n
"""


def order_facts(orders: Sequence[Order]) -> list[OrderFacts]:
    """The facts of each of these new orders at its instant, in their order."""
    columns = zip(*(_asked(order) for order in orders), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [*map(list, columns)])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [facts_of(order.owner_id, row) for order, row in zip(orders, rows, strict=True)]


def _asked(order: Order) -> tuple[Any, ...]:
    product = order.product
    return (
        order.owner_id,
        product.pk,
        product.family_id,
        product.keeps_own_discount,
        order.number,
        order.resource_code,
        order.placed_at,
    )


def facts_of(owner: int, row: dict[str, Any]) -> OrderFacts:
    """What `billing_order_facts` said of an order of this account."""
    granted = frozenset((Permission(power), End.MASTER) for power in row["granted"])
    mode = row["mode"] and Mode(row["mode"])
    standing = Standing(owner, mode, row["master_id"], row["relationship_id"], granted)
    own = decide(standing if row["payer_id"] == owner else Standing(row["payer_id"]))
    return OrderFacts(
        standing=standing,
        payer=row["payer_id"],
        currency=row["currency"],
        figures=Figures(
            cash=row["cash"],
            transferred_in=row["transferred_in"],
            credit_limit=row["credit_limit"],
            allocated_in=row["allocated_in"],
            allocated_out=row["allocated_out"],
            used=row["used"],
            unsettled_own=row["unsettled_own"],
            unsettled_members=row["unsettled_members"],
            is_own_line_frozen=own.is_own_credit_dormant or own.is_own_credit_replaced,
        ),
        is_change_due=row["is_change_due"],
        has_vouchers=row["has_vouchers"],
        has_coupons=row["has_coupons"],
        has_hard_cap=bool(row["has_hard_cap"]),
        is_taken=row["is_taken"],
        oldest_due_on=row["oldest_due_on"],
        closed_month=row["closed_month"],
        billing_time_zone=row["zone"],
        offers=[
            Offered(owner_id, Offer(pk, rate and Decimal(rate), fixed and Decimal(fixed)))
            for pk, owner_id, rate, fixed in json.loads(row["offers"] or "[]")
        ],
    )
