"""A month of usage of 2,000 accounts and 50 products: how far is the close from the bare SQL?"""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from statistics import median
from time import perf_counter

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from benchmarks import scratch
from benchmarks.close_world import ACCOUNTS, MONTH_OVER, cover, load
from billing.models import Charge, Coverage
from billing.services import bills, cycles
from finance_mgmt.services import runs

TIMES = 4  # how much more there is at the larger size
LARGER = f"{scratch.OWN}_larger"

# The same groups and as many rows, with constants for all that the close has to find out.
FLOOR = """
INSERT INTO floor (id, kind, owner_id, payer_id, product_id, resource, period_start, period_end,
    billing_month, quantity, unit_price, list_amount, covered_amount, discount_amount,
    voucher_amount, payable_amount, currency, is_late, reason)
SELECT row_number() OVER (), 'usage', owner_id, owner_id, product_id, resource, period_start,
    period_end, '2024-06-01', sum(quantity), 1, sum(quantity), 0, 0, 0, sum(quantity), 'CNY',
    false, ''
FROM billing_usagerecord GROUP BY owner_id, product_id, resource, period_start, period_end
"""

WORKER = """
import django, resource, sys
django.setup()
from django.db import connection
from finance_mgmt.services import runs
connection.settings_dict["NAME"] = sys.argv[1]
connection.ensure_connection()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("ready", flush=True)
sys.stdin.readline()
runs.work(int(sys.argv[2]), worker="w")
print(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
"""

NAMES = {
    "floor": "floor: GROUP BY + INSERT of constants",
    "one": "close, with opening it",
    "covered": "the same, 5 % of the accounts with commitments and vouchers",
    "bills": "bills of that month",
    "single": "steps of the close, one process",
    "two": "steps of the close, two processes",
    "larger": f"close, {TIMES} times the records and charges",
}


def measure(*, records: int, rounds: int) -> dict:
    """Load once, then time all contenders in turn, each on a fresh copy. The first round warms."""
    timed: dict[str, list[float]] = defaultdict(list)
    with scratch.database(scratch.LOADED):
        scratch.migrate()
        load(records)
        with scratch.away(), scratch.database(LARGER):
            scratch.migrate()
            load(records, days=TIMES)
            with scratch.away():
                right = True
                for number in range(rounds + 1):
                    seen = _round()
                    right = right and seen.pop("right")
                    for name, figure in seen.items() if number else ():
                        timed[name].append(figure)
    floor = timed["floor"]
    return {
        "title": f"Closing {records:,} usage records of {ACCOUNTS:,} accounts",
        "rows": [_row(what, timed[name], floor) for name, what in NAMES.items()],
        "targets": _targets(timed),
        "load": os.getloadavg(),
        "books_are_right": right,
    }


def _row(name: str, seconds: list[float], floor: list[float]) -> dict:
    return {
        "what": name,
        "seconds": f"{median(seconds):.2f}",
        "ratio": f"{_ratio(seconds, floor):.2f}",
        "rounds": [f"{one:.2f}" for one in seconds],
    }


def _ratio(some: list[float], others: list[float]) -> float:
    """Pair by pair, so that what else the machine does counts for both."""
    return median(a / b for a, b in zip(some, others, strict=True))


def _targets(timed: dict[str, list[float]]) -> dict[str, str]:
    by_charge = _ratio(timed["larger"], timed["one"]) / TIMES
    grown = max(timed["memory_larger"]) / max(timed["memory"])
    judged = {
        "close <= 1.3 x floor": (_ratio(timed["one"], timed["floor"]), 1.3, True),
        "with commitments and vouchers <= 1.6 x floor": (
            *(_ratio(timed["covered"], timed["floor"]), 1.6),
            True,
        ),
        f"a charge of {TIMES} x as many <= 1.15 x": (by_charge, 1.15, True),
        "two workers >= 1.6 x one": (_ratio(timed["single"], timed["two"]), 1.6, False),
        f"memory of a worker, {TIMES} x as many records <= 1.15 x": (grown, 1.15, True),
    }
    return {target: verdict(*found) for target, found in judged.items()}


def verdict(reached: float, bound: float, is_most: bool) -> str:
    """The figure and whether it keeps the bound, for the table."""
    kept = reached <= bound if is_most else reached >= bound
    return f"{reached:.2f}{'' if kept else ': missed'}"


def _round() -> dict:
    seen: dict = {}
    with scratch.database(f"{scratch.OWN}_floor", scratch.LOADED):
        scratch.execute("CREATE TABLE floor (LIKE billing_charge INCLUDING ALL)")
        seen["floor"] = timed(lambda: scratch.execute(FLOOR))
    with scratch.database(f"{scratch.OWN}_one", scratch.LOADED):
        seen["one"] = timed(_close)
        run = bills.issue(by="bench", at=MONTH_OVER)
        seen["bills"] = timed(lambda: runs.work(run.pk, worker="one"))
        seen["right"] = _books_are_right()
    with scratch.database(f"{scratch.OWN}_covered", scratch.LOADED):
        cover()
        seen["covered"] = timed(_close)
        seen["right"] = seen["right"] and _books_are_right()
        if not (Coverage.objects.exists() and Charge.objects.filter(voucher_amount__gt=0).exists()):
            raise RuntimeError("nothing was covered or paid by vouchers")
    with scratch.database(f"{scratch.OWN}_single", scratch.LOADED):
        seen["single"], seen["memory"] = _workers(1)
    with scratch.database(f"{scratch.OWN}_two", scratch.LOADED):
        seen["two"], _ = _workers(2)
    with scratch.database(f"{scratch.OWN}_four", LARGER):
        seen["larger"] = timed(_close)
    with scratch.database(f"{scratch.OWN}_four", LARGER):
        _, seen["memory_larger"] = _workers(1)
    return seen


def timed(action: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = perf_counter()
    action()
    return perf_counter() - started


def _close() -> None:
    run = cycles.close(by="bench", at=MONTH_OVER)
    if runs.work(run.pk, worker="one").state != "done":
        raise RuntimeError("a step failed")


def _books_are_right() -> bool:
    return not [said for path in settings.BOOK_CHECKS for said in import_string(path)()]


def _workers(count: int) -> tuple[float, float]:
    """Seconds from the word go, when all are connected, and the most memory one of them took."""
    run = cycles.close(by="bench", at=MONTH_OVER)
    name = connection.settings_dict["NAME"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "finance_mgmt.settings"}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, name, str(run.pk)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for worker in workers:
        if worker.stdout.readline() != "ready\n":
            raise RuntimeError("a worker did not start")
    started = perf_counter()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    told = [worker.communicate()[0] for worker in workers]
    seconds = perf_counter() - started
    if any(worker.returncode for worker in workers):
        raise RuntimeError("a worker failed")
    return seconds, max(float(line.split()[1]) for line in told)
