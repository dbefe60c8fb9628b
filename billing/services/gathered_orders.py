"""Single orders that come at the same time are paid together, by one of those who wait.

Threads of one process put their wishes in a line. Whoever finds nobody at work leads: it pays all
that stand there in one transaction, by one statement, and hands the line on to the first of those
who came meanwhile. So the price of a round trip, a commit and a lock on the payer is shared by as
many orders as wait for it, and a lone order waits for nobody. Nothing is told before it is
committed, and what could not be paid this way goes on by itself, in its own thread.
"""

import logging
from dataclasses import dataclass, field
from threading import Event, Lock

from django.db import connection

from ..models import Order
from . import hot_orders

log = logging.getLogger(__name__)

MOST_TOGETHER = 100
# A payer that is locked for long, by something that is no order, must not keep the others waiting.
PATIENCE_MS = 1_000


@dataclass(eq=False)
class _Place:
    """One wish in the line: `turn` comes when it is paid, left alone, or is to lead."""

    wish: hot_orders.Wish
    turn: Event = field(default_factory=Event)
    paid: Order | None = None
    is_over: bool = False


class _Line:
    """Those who wait in this process for one database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: list[_Place] = []
        self._is_led = False

    def pay(self, wish: hot_orders.Wish) -> Order | None:
        place = _Place(wish)
        with self._lock:
            self._waiting.append(place)
            leads, self._is_led = not self._is_led, True
        if not leads:
            place.turn.wait()
        if not place.is_over:
            self._lead()
        return place.paid

    def _lead(self) -> None:
        """Pay the first in the line, oneself among them; whatever happens, let all go on."""
        with self._lock:
            together = self._waiting[:MOST_TOGETHER]
            del self._waiting[:MOST_TOGETHER]
        try:
            _pay(together)
        finally:
            with self._lock:
                heir = self._waiting[0] if self._waiting else None
                self._is_led = heir is not None
            for place in together:
                place.is_over = True
                place.turn.set()
            if heir is not None:
                heir.turn.set()


_lines: dict[str, _Line] = {}


def pay(wish: hot_orders.Wish) -> Order | None:
    """Pay one simple new order, with those that come at the same time; None: go the long way.

    Inside another transaction alone: the others would hang on its end.
    """
    if connection.in_atomic_block:
        (paid,) = hot_orders.pay([wish])
        return paid
    database = f"{connection.settings_dict['HOST']} {connection.settings_dict['NAME']}"
    return _lines.setdefault(database, _Line()).pay(wish)


def _pay(together: list[_Place]) -> None:
    """By key, so that two processes that were given the same ones meet in the same order."""
    together.sort(key=lambda place: place.wish.key)
    wishes = [place.wish for place in together]
    try:
        paid = hot_orders.pay(wishes, patience_ms=PATIENCE_MS)
    except Exception:
        if len(together) == 1:
            raise
        # Whose it was, nobody can say here. Each goes on alone, by its key, and meets its own.
        log.warning("%s orders go on one by one.", len(wishes), exc_info=True)
        return
    for place, order in zip(together, paid, strict=True):
        place.paid = order
