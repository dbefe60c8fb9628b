"""Single orders that come at the same time are paid together (finance_mgmt/services/gathering.py).

Nothing is told before it is committed, and what could not be paid this way goes on by itself, in
its own thread.
"""

import logging
from collections.abc import Callable, Sequence
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


def unless_it_fails(
    pay: Callable[[list[One]], list[Paid | None]], together: Sequence[One]
) -> list[Paid | None]:
    """What was paid of those. A failure is told to one that was alone; else all go on one by one.

    Whose it was, nobody can say here: each then meets its own.
    """
    try:
        return pay(list(together))
    except Exception:
        if len(together) == 1:
            raise
        log.warning("%s orders go on one by one.", len(together), exc_info=True)
        return [None] * len(together)


def _pay(wishes: list[hot_orders.Wish]) -> list[Order | None]:
    """By key, so that two processes that were given the same ones meet in the same order."""
    by_key = sorted(wishes, key=lambda wish: wish.key)
    paid = unless_it_fails(lambda some: hot_orders.pay(some, patience_ms=PATIENCE_MS), by_key)
    found = {id(wish): order for wish, order in zip(by_key, paid, strict=True)}
    return [found[id(wish)] for wish in wishes]


_lines: dict[str, Line[hot_orders.Wish, Order]] = {}
