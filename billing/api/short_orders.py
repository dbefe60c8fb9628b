"""`POST /orders` the short way: a plain new order by a token of staff, paid at once.

What it leaves alone is told in finance_mgmt/api/short_ways.py; docs/decisions/0029.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from knox.crypto import hash_token
from knox.settings import CONSTANTS

from finance_mgmt.api import throttles
from finance_mgmt.api.fields import NUMBER
from finance_mgmt.api.prepared import shown
from finance_mgmt.api.short_ways import Answer, Sent
from finance_mgmt.money import parse

from ..models import Order
from ..models.orders import MOST_MONTHS
from ..queries.sent_orders import Sender
from ..services import answered_orders
from .orders_shown import OrderShown

NEEDED = {"number", "account", "product", "list_amount", "currency"}
KNOWN = NEEDED | {"kind", "months", "resource", "is_paid"}


def place(sent: Sent) -> Answer | None:
    """Place, pay and answer the order (O1); None: the view is to do it, or to say why not."""
    if (wanted := _wanted(sent.document)) is None:
        return None
    sender = Sender(sent.token[: CONSTANTS.TOKEN_KEY_LENGTH], hash_token(sent.token))
    answer = answered_orders.place(
        answered_orders.Sent(
            sender=sender,
            key=sent.key,
            fingerprint=sent.fingerprint,
            path=sent.path,
            request_id=sent.request_id,
            shown=_shown,
            may_pass=throttles.may_write,
            **wanted,
        )
    )
    return answer and Answer(answered_orders.CREATED, answer)


def _wanted(body: Any) -> dict[str, Any] | None:
    """The values of a plain body, as `PlaceBody` would read them; None where it may not."""
    if not isinstance(body, Mapping) or not NEEDED <= body.keys() <= KNOWN:
        return None
    texts = {name: body[name] for name in ("number", "account", "product", "currency")}
    texts["resource"] = body.get("resource", "-")
    months = body.get("months", 1)
    if (
        not all(_is_plain(text) for text in texts.values())
        or not re.fullmatch(NUMBER, texts["number"])
        or type(months) is not int
        or not 1 <= months <= MOST_MONTHS
        or body.get("kind", "new") != "new"
        or body.get("is_paid", True) is not True
    ):
        return None
    if (amount := _amount(body["list_amount"])) is None:
        return None
    resource = body.get("resource", "")
    return {**texts, "list_amount": amount, "months": months, "resource": resource}


def _is_plain(text: Any) -> bool:
    return (
        isinstance(text, str)
        and 0 < len(text) <= 1000
        and text.isprintable()
        and text.strip() == text
    )


def _amount(said: Any) -> Decimal | None:
    if not isinstance(said, str | int | Decimal) or isinstance(said, bool) or len(str(said)) > 60:
        return None
    try:
        return parse(str(said))
    except ValueError:
        return None


def _shown(order: Order) -> str:
    """As the view's renderer writes it."""
    return _ENCODER.encode(shown(OrderShown, order))


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
