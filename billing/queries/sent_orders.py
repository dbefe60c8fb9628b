"""What is read of orders that programs send, who sends them among it: one round trip for all."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection

from finance_mgmt.models import Account

from ..models import Product
from ..rules.paying import OrderFacts
from .order_facts import facts_of

_ASK = """
SELECT sent.*, facts.*,
    (SELECT number FROM finance_mgmt_account WHERE id = facts.payer_id) AS payer_number
FROM billing_orders_sent(%s::jsonb) AS sent
LEFT JOIN LATERAL billing_order_facts(sent.owner_id, sent.product_id, sent.family_id,
    sent.keeps_own_discount, sent.number, sent.resource, sent.at) AS facts
    ON sent.user_id IS NOT NULL
ORDER BY sent.n
"""


@dataclass(frozen=True)
class Sender:
    """A token as it is looked up: its first characters, and the digest of the whole."""

    token_key: str
    digest: str


@dataclass(frozen=True)
class Found:
    """Who sent an order, for whom and what, and the facts it is paid by.

    The accounts and the product hold what their names and an answer need, and no more.
    """

    user: int
    username: str
    owner: Account
    product: Product
    payer: Account
    at: datetime
    facts: OrderFacts


def sent_orders(sent: Sequence[dict[str, str]]) -> list[Found | None]:
    """Of each order in turn: token_key, digest, key, account, product, number, resource.

    None where it may not be placed, or something in it is unknown, or its key was used before.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [json.dumps(sent)])
        names = _names or [column.name for column in cursor.description]
        _names[:] = names  # the same for ever, and the driver is slow to tell them
        rows = cursor.fetchall()
    return [_found(dict(zip(names, row, strict=True))) for row in rows]


_names: list[str] = []


def _found(row: dict[str, Any]) -> Found | None:
    if row["user_id"] is None or row["product_id"] is None or row["payer_id"] is None:
        return None
    return Found(
        user=row["user_id"],
        username=row["username"],
        owner=_account(row["owner_id"], row["account"], row["owner_currency"]),
        product=_product(
            row["product_id"],
            row["product"],
            row["family_id"],
            row["keeps_own_discount"],
            row["cycle"],
        ),
        payer=_account(row["payer_id"], row["payer_number"], row["currency"]),
        at=row["at"],
        facts=facts_of(row["owner_id"], row),
    )


# Names for what was read just now, made once for all orders of the same: nobody changes them.


@lru_cache(maxsize=10_000)
def _account(pk: int, number: str, currency: str) -> Account:
    return Account(pk=pk, number=number, currency=currency)


@lru_cache(maxsize=1_000)
def _product(pk: int, code: str, family: Any, keeps_own_discount: bool, cycle: str) -> Product:
    return Product(
        pk=pk, code=code, family_id=family, keeps_own_discount=keeps_own_discount, cycle=cycle
    )
