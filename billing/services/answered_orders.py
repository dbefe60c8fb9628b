"""An order through the API that is placed, paid and answered in one short transaction (O1, F11)."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection

from finance_mgmt.models import ApiRequest
from finance_mgmt.services import decisions

from ..models import Order
from . import gathered_orders, hot_orders, orders
from .many_orders import NewOrder


def place(
    *,
    wanted: NewOrder,
    answered: Callable[[Order], ApiRequest],
    key: str,
    by: str,
    at: datetime,
) -> ApiRequest | None:
    """Place and pay an order, and store with it what `answered` makes of it.

    The payer is not locked while the answer is made. None: nothing was done, as the order is not
    simple, something changed, its key was used before, or there is a transaction already: take
    the way that all commands take, which knows every answer and refusal.
    """
    if connection.in_atomic_block:
        return None
    order, facts = orders.draft(**vars(wanted), at=at)
    kept: list[ApiRequest] = []

    def keep(paid: Order) -> ApiRequest:
        kept.append(answered(paid))
        return kept[-1]

    wish = hot_orders.Wish(order, key, decisions.written(facts), by, keep)
    return kept[-1] if gathered_orders.pay(wish) is not None else None
