"""Orders that programs send, one each: read, paid and answered together (O1, F11).

The price of looking up who asks, of counting for the throttles and of paying is shared by all
that come at the same time. None everywhere means that nothing was done: the order is not simple,
something in it is unknown or not allowed, its key was used before, or something changed. The way
that all commands take knows every answer and refusal.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from finance_mgmt.queries.access import Actor
from finance_mgmt.services.gathering import Line

from ..models import Order
from ..queries.sent_orders import Found, Sender, sent_orders
from . import gathered_orders, hot_orders, orders

log = logging.getLogger(__name__)

CREATED = 201


@dataclass(frozen=True, eq=False)
class Sent:
    """A new order as it was sent, not looked up yet; `list_amount` is in `currency`.

    `shown` makes the text of the answer, `may_pass` counts people who ask, and says of each
    whether it may.
    """

    sender: Sender
    key: str
    fingerprint: str
    path: str
    request_id: str
    number: str
    account: str
    product: str
    list_amount: Decimal
    currency: str
    months: int
    resource: str
    shown: Callable[[Order], str]
    may_pass: Callable[[Sequence[int]], list[bool]]

    def asked(self) -> dict[str, str]:
        """What is looked up of it."""
        return {
            "token_key": self.sender.token_key,
            "digest": self.sender.digest,
            "key": self.key,
            "account": self.account,
            "product": self.product,
            "number": self.number,
            "resource": self.resource or self.number,
        }


def place(sent: Sent) -> str | None:
    """Place and pay it, with those that come at the same time. Returns the text of the answer."""
    return gathered_orders.line(_lines, _place_together).give(sent)


def _place_together(together: list[Sent]) -> list[str | None]:
    """By key, so that two processes that were given the same ones meet in the same order."""
    by_key = sorted(together, key=lambda sent: sent.key)
    try:
        told = dict(zip(by_key, _place(by_key), strict=True))
    except Exception:
        # The way of all commands meets the same, or finds by its key what was done, and says so.
        log.warning("%s orders of programs go the long way.", len(by_key), exc_info=True)
        return [None] * len(together)
    return [told[sent] for sent in together]


def _place(together: list[Sent]) -> list[str | None]:
    found = sent_orders([sent.asked() for sent in together])
    placings = [
        None if known is None or known.owner.currency != sent.currency else _Placing(sent, known)
        for sent, known in zip(together, found, strict=True)
    ]
    _pay([placing for placing in placings if placing is not None])
    return [placing and placing.answer for placing in placings]


def _pay(placings: list["_Placing"]) -> None:
    drafts, facts = [one.wish.order for one in placings], [one.found.facts for one in placings]
    priced = hot_orders.decide(drafts, facts)
    simple = [(one, price) for one, price in zip(placings, priced, strict=True) if price]
    if not simple:
        return
    may_pass = placings[0].sent.may_pass([one.found.user for one, _ in simple])
    passing = [row for row, may in zip(simple, may_pass, strict=True) if may]
    wishes = [(one.wish, price) for one, price in passing]
    if wishes and hot_orders.write(wishes, patience_ms=gathered_orders.PATIENCE_MS) is None:
        for one, _ in passing:
            one.answer = None


class _Placing:
    """One order on its way. `answer` is there once it is written."""

    def __init__(self, sent: Sent, found: Found) -> None:
        self.sent, self.found = sent, found
        self.answer: str | None = None
        order, facts = orders.draft(
            number=sent.number,
            account=found.owner,
            product=found.product,
            list_amount=sent.list_amount,
            months=sent.months,
            resource=sent.resource,
            at=found.at,
        )
        key = Actor(found.user, found.username).key_prefix + sent.key
        self.wish = hot_orders.Wish(
            order, key, facts, found.username, self._answered, sent.request_id
        )

    def _answered(self, paid: Order) -> dict[str, Any]:
        paid.payer = self.found.payer
        self.answer = self.sent.shown(paid)
        return {
            "user_id": self.found.user,
            "account_id": None,
            "key": self.sent.key,
            "fingerprint": self.sent.fingerprint,
            "method": "POST",
            "path": self.sent.path,
            "status": CREATED,
            "answer": self.answer,
        }


_lines: dict[str, Line[Sent, str]] = {}
