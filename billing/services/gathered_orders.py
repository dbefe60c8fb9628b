"""Single orders that come at the same time are paid together (finance_mgmt/services/gathering.py).

Nothing is told before it is committed, and what could not be paid this way goes on by itself, in
its own thread.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

from finance_mgmt.services.gathering import Line

from ..models import Order
from . import hot_orders

log = logging.getLogger(__name__)

# A payer that is locked for long, by something that is no order, must not keep the others waiting.
PATIENCE_MS = 1_000

One = TypeVar("One")
Paid = TypeVar("Paid")


def pay(wish: hot_orders.Wish) -> Order | None:
    """Pay one simple new order, with those that come at the same time; None: go the long way.

    Inside another transaction alone: the others would hang on its end.
    """
    if connection.in_atomic_block:
        (paid,) = hot_orders.pay([wish])
        return paid
    return line(_lines, _pay).give(wish)


def line(
    lines: dict[str, Line[One, Paid]], do: Callable[[list[One]], list[Paid | None]]
) -> Line[One, Paid]:
    """The line before the database of this thread."""
    database = f"{connection.settings_dict['HOST']} {connection.settings_dict['NAME']}"
    return lines.setdefault(database, Line(do))


def _pay(wishes: list[hot_orders.Wish]) -> list[Order | None]:
    """By key, so that two processes that were given the same ones meet in the same order.

    A failure is told to one that was alone. Else nobody can say whose it was: each goes on by
    itself, and meets its own.
    """
    by_key = sorted(wishes, key=lambda wish: wish.key)
    try:
        paid = hot_orders.pay(by_key, patience_ms=PATIENCE_MS)
    except Exception:
        if len(wishes) == 1:
            raise
        log.warning("%s orders go on one by one.", len(wishes), exc_info=True)
        return [None] * len(wishes)
    found = {id(wish): order for wish, order in zip(by_key, paid, strict=True)}
    return [found[id(wish)] for wish in wishes]


_lines: dict[str, Line[hot_orders.Wish, Order]] = {}
