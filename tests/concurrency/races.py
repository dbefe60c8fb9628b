"""Threads that do something at once, each on a connection of its own, on real PostgreSQL.

A twin is the same race without the locks: everybody has looked before anybody writes. It shows
that the loss is real, and that the test would see it.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from finance_mgmt.errors import FinanceError

PATIENCE_SECONDS = 60


def at_once(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all jobs at the same time. Returns what each returned, or the error it raised."""
    outcomes: list[Any] = [None] * len(jobs)
    start = threading.Barrier(len(jobs))

    def work(number: int) -> None:
        try:
            connection.ensure_connection()
            start.wait(PATIENCE_SECONDS)
            outcomes[number] = jobs[number]()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            outcomes[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert [thread for thread in threads if thread.is_alive()] == []
    return outcomes


@contextmanager
def team(size: int) -> Iterator[Callable[[Sequence[Callable[[], Any]]], list[Any]]]:
    """Racers that race again and again: their threads and connections stay until the end.

    Gives a function that does `size` jobs at the same time and returns as `at_once` does.
    """
    start = threading.Barrier(size)

    def work(job: Callable[[], Any]) -> Any:
        start.wait(PATIENCE_SECONDS)
        try:
            return job()
        except Exception as error:  # noqa: BLE001 (the test looks at it)
            return error

    with ThreadPoolExecutor(size) as pool:
        try:
            yield lambda jobs: list(pool.map(work, jobs, timeout=PATIENCE_SECONDS))
        finally:
            list(pool.map(work, [lambda: connection.close()] * size))  # each its own


def counted(outcomes: Sequence[Any]) -> dict[str, int]:
    """How often it was done, and how often refused for which reasons. Other errors are raised."""
    found: Counter[str] = Counter()
    for outcome in outcomes:
        if isinstance(outcome, FinanceError):
            found[" ".join(reason.code for reason in outcome.reasons)] += 1
        elif isinstance(outcome, Exception):
            raise outcome
        else:
            found["done"] += 1
    return dict(found)


class Meeting:
    """A place in the code where all racers wait for each other, each time or so many times.

    However slow the machine is, they meet: in vain, they go on alone only after a long time.
    """

    def __init__(self, racers: int, *, times: int | None = None) -> None:
        self._met = count(1)
        self._barrier = threading.Barrier(racers, self._has_met)
        self._times, self._is_over = times, False

    def wait(self) -> None:
        if self._is_over:
            return
        try:
            self._barrier.wait(PATIENCE_SECONDS - 20)
        except threading.BrokenBarrierError:
            return

    def _has_met(self) -> None:
        self._is_over = next(self._met) == self._times

    def before(self, patch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        """Meet there each time the function is about to be called."""
        wrapped = getattr(module, name)

        def met(*args: Any, **kwargs: Any) -> Any:
            self.wait()
            return wrapped(*args, **kwargs)

        patch.setattr(module, name, met)


@contextmanager
def without_constraints(table: str, *names: str) -> Iterator[None]:
    """The table without these constraints. It and what refers to it is emptied at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND conname = ANY(%s)",
            [table, list(names)],
        )
        found = cursor.fetchall()
        assert {name for name, _ in found} == set(names)
        for name, _ in found:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        try:
            yield
        finally:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            for name, definition in found:
                cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def without_row_locks(patch: pytest.MonkeyPatch) -> None:
    """From here on Django only reads where it would lock."""
    patch.setattr(QuerySet, "select_for_update", lambda rows, **options: rows)
