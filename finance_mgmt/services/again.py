"""A whole transaction once more, where PostgreSQL broke it off for the sake of another one."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

BROKEN_OFF = {"40001", "40P01"}  # serialization failure, deadlock
PATIENCE_SECONDS = 10

Done = TypeVar("Done")


def was_broken_off(error: OperationalError) -> bool:
    """Whether the same transaction may succeed when it is begun anew."""
    return getattr(error.__cause__, "sqlstate", "") in BROKEN_OFF


def wait_a_little(attempt: int) -> None:
    """Some milliseconds, more after each attempt, so that the same two don't meet again."""
    time.sleep(random.randint(5, 50) * attempt / 1000)


def in_transaction(do: Callable[[], Done], *, patience_seconds: int = PATIENCE_SECONDS) -> Done:
    """Do it in a transaction; again and again if it is broken off, until patience ends.

    Inside another transaction once only: that one has to begin anew, by whoever began it.
    """
    is_whole = not connection.in_atomic_block
    deadline = time.monotonic() + patience_seconds
    attempt = 0
    while True:
        attempt += 1
        try:
            with transaction.atomic():
                return do()
        except OperationalError as error:
            if not (is_whole and was_broken_off(error)) or time.monotonic() > deadline:
                raise
            wait_a_little(attempt)
