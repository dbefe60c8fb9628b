"""Clients that all do the same at once for some seconds: processes with threads in them."""

import multiprocessing
import threading
from collections.abc import Callable
from random import Random
from time import perf_counter
from typing import Any

from django.db import connection

MOST_PROCESSES = 4
WARM_UP = 7  # PostgreSQL plans a statement anew five times per connection, then keeps the plan

# Does something `how many` times per call for a client, made once per thread.
Act = Callable[[], int]
Maker = Callable[[str, Random], Act]


def run(make: Maker, *, clients: int, seconds: Any, tag: str) -> dict[str, Any]:
    """Let all clients act until time is up. Returns acts per second and p50, p99 in ms."""
    processes = min(clients, MOST_PROCESSES)
    context = multiprocessing.get_context("fork")
    gate, outcomes = context.Barrier(processes), context.Queue()
    connection.close()
    shares = [clients // processes + (n < clients % processes) for n in range(processes)]
    crowd = [
        context.Process(target=_process, args=(make, share, seconds, f"{tag}-{n}", gate, outcomes))
        for n, share in enumerate(shares)
    ]
    for one in crowd:
        one.start()
    found = [outcomes.get(timeout=int(seconds) + 120) for _ in crowd]
    for one in crowd:
        one.join()
    if errors := [error for _, _, _, said in found for error in said]:
        raise RuntimeError(errors[0])
    done = sum(count for count, _, _, _ in found)
    waits = sorted(wait for _, _, some, _ in found for wait in some)
    took = max(span for _, span, _, _ in found)
    return {
        "done": done,
        "per_second": done / took,
        "p50": 1000 * waits[len(waits) // 2],
        "p99": 1000 * waits[min(len(waits) - 1, len(waits) * 99 // 100)],
    }


def _warmed_up(make: Maker, name: str) -> Act:
    act = make(name, Random(name))
    for _ in range(WARM_UP):
        act()
    return act


def _process(make: Maker, share: int, seconds: Any, tag: str, gate: Any, outcomes: Any) -> None:
    spans: list[float] = []
    waits: list[float] = []
    counts: list[int] = []
    errors: list[str] = []
    ready = threading.Barrier(share + 1)

    def client(number: int) -> None:
        try:
            act = _warmed_up(make, f"{tag}-{number}")
        except BaseException as error:  # noqa: BLE001 (told to the parent)
            errors.append(repr(error))
        ready.wait()
        ready.wait()
        if errors:
            return
        count, started = 0, perf_counter()
        try:
            while (before := perf_counter()) - started < seconds:
                count += act()
                waits.append(perf_counter() - before)
        except Exception as error:  # noqa: BLE001
            errors.append(repr(error))
        counts.append(count)
        spans.append(perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=client, args=(n,)) for n in range(share)]
    for thread in threads:
        thread.start()
    ready.wait()
    gate.wait(60)
    ready.wait()
    for thread in threads:
        thread.join()
    outcomes.put((sum(counts), max(spans, default=seconds), waits, errors))
