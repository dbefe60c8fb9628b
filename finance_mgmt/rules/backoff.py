"""When what could not be delivered is tried again, and when it is given up (W4). Pure."""

from collections.abc import Callable
from datetime import timedelta

# After the first failure, the second ... 10 attempts in about two days.
WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
MOST_ATTEMPTS = len(WAITS) + 1
AWAY = timedelta(seconds=30)  # nobody answers at all: whose turn it was is tried soon again

Pick = Callable[[int], int]  # (n) -> a whole number from 0 to n - 1


def wait_after(attempts: int, pick: Pick) -> timedelta | None:
    """How long to wait after that many failed attempts; None: give up.

    Up to a fifth is added at random, so that what failed together does not come back together.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    return spread(WAITS[attempts - 1], pick)


def spread(wait: timedelta, pick: Pick) -> timedelta:
    """The wait and up to a fifth more."""
    return wait + timedelta(milliseconds=pick(int(wait.total_seconds()) * 200 + 1))
