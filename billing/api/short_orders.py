"""The short way of an order that is to be paid at once (docs/decisions/0025)."""

from collections.abc import Callable
from typing import Any

from finance_mgmt.api.bodies import same_currency
from finance_mgmt.models import ApiRequest

from ..enums import OrderKind
from ..models import Order
from ..services import answered_orders, many_orders


def paid_at_once(
    view: Any, body: dict[str, Any], said: dict[str, Any], answered: Callable[[Order], ApiRequest]
) -> ApiRequest | None:
    """Place and pay it, its answer stored with it; None: nothing was done, go the long way."""
    same_currency(body.pop("currency"), body["account"])
    if not body.pop("is_paid", True):
        return None
    body["kind"] = OrderKind(body.get("kind", OrderKind.NEW))
    wanted = many_orders.NewOrder(**body)
    return answered_orders.place(wanted=wanted, answered=answered, **said)
