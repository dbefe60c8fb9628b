"""What many threads ask for at the same time is done together, by one of those who wait.

Whoever finds nobody at work leads: it does all that stand in the line in one go and hands the line
on to the first of those who came meanwhile. So the price of a round trip, a commit and a lock is
shared by as many as wait for it, and one that comes alone waits for nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

MOST_TOGETHER = 100

Wish = TypeVar("Wish")
Done = TypeVar("Done")


def _held() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class _Place(Generic[Wish, Done]):
    """One wish in the line: `turn` is held until it is done, left alone, or is to lead."""

    wish: Wish
    turn: Lock = field(default_factory=_held)
    done: Done | None = None
    is_over: bool = False


class Line(Generic[Wish, Done]):
    """Those who wait in this process. `do` gets their wishes and returns what became of each."""

    def __init__(self, do: Callable[[list[Wish]], list[Done | None]]) -> None:
        self._do = do
        self._lock = Lock()
        self._waiting: list[_Place[Wish, Done]] = []
        self._is_led = False

    def give(self, wish: Wish) -> Done | None:
        """Have it done, with those that come at the same time. Raises what `do` raises."""
        place: _Place[Wish, Done] = _Place(wish)
        with self._lock:
            self._waiting.append(place)
            leads, self._is_led = not self._is_led, True
        if not leads:
            place.turn.acquire()
        if not place.is_over:
            self._lead()
        return place.done

    def _lead(self) -> None:
        """Do the first in the line, oneself among them; whatever happens, let all go on."""
        with self._lock:
            together = self._waiting[:MOST_TOGETHER]
            del self._waiting[:MOST_TOGETHER]
        try:
            done = self._do([place.wish for place in together])
            for place, one in zip(together, done, strict=True):
                place.done = one
        finally:
            with self._lock:
                heir = self._waiting[0] if self._waiting else None
                self._is_led = heir is not None
            for place in together:
                place.is_over = True
                place.turn.release()
            if heir is not None:
                heir.turn.release()
