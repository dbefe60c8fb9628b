"""A month of usage of 2,000 accounts and 50 products: how far is the close from the bare SQL?"""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from time import perf_counter

from django.conf import settings
from django.utils.module_loading import import_string

from benchmarks import scratch
from benchmarks.close_world import ACCOUNTS, MONTH_OVER, cover, load, more
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

# As a worker stands there that has worked before: with everything imported.
WORKER = """
import django, resource, sys
django.setup()
from django.db import connection
from billing.services import cycles
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
    "bills": "bills of that month",
    "covered": "close, 5 % of the accounts with commitments and vouchers",
    "single": "steps of the close, one process",
    "two": "steps of the close, two processes",
    "larger": f"steps of a close of {TIMES} times the records and charges, one process",
}

Part = dict[str, list[dict[str, float]]]  # by part, what each round saw


def measure(*, records: int, rounds: int, only: Sequence[str] = ()) -> dict:
    """Load once, then time all parts in turn, each on fresh copies and beside its own floor."""
    if unknown := set(only) - set(PARTS):
        raise SystemExit(f"There is no part {', '.join(unknown)}: choose of {', '.join(PARTS)}.")
    chosen = {name: part for name, part in PARTS.items() if not only or name in only}
    found: Part = defaultdict(list)
    with scratch.database(scratch.LOADED):
        scratch.migrate()
        load(records)
        with scratch.away(), _larger_world(records, is_wanted="larger" in chosen):
            _one()  # warms
            for _ in range(rounds):
                for name, part in chosen.items():
                    found[name].append(_floor() | part())
    return {
        "title": f"Closing {records:,} usage records of {ACCOUNTS:,} accounts",
        "rows": list(_rows(found)),
        "targets": _targets(found),
        "load": os.getloadavg(),
        "books_are_right": all(seen.pop("right", True) for some in found.values() for seen in some),
    }


@contextmanager
def _larger_world(records: int, *, is_wanted: bool) -> Iterator[None]:
    if not is_wanted:
        yield
        return
    with scratch.database(LARGER, scratch.LOADED):
        more(records, days=TIMES - 1)
        with scratch.away():
            yield


def _rows(found: Part) -> Iterator[dict]:
    for name, what in NAMES.items():
        seen = [one for some in found.values() for one in some if name in one]
        if seen:
            yield {
                "what": what,
                "seconds": f"{median(one[name] for one in seen):.2f}",
                "ratio": f"{_ratio(seen, name, 'floor'):.2f}",
                "rounds": [f"{one[name]:.2f}" for one in seen],
            }


def _ratio(seen: list[dict[str, float]], some: str, other: str) -> float:
    """Within each round and part, so that what else the machine does counts for both."""
    return median(one[some] / one[other] for one in seen)


def _targets(found: Part) -> dict[str, str]:
    """The ratios that PERFORMANCE names, of the parts that were measured."""
    judged: dict[str, tuple[float, float, bool]] = {}
    if seen := found["one"]:
        judged["close <= 1.3 x floor"] = (_ratio(seen, "one", "floor"), 1.3, True)
    if seen := found["covered"]:
        what = "with commitments and vouchers <= 1.6 x floor"
        judged[what] = (_ratio(seen, "covered", "floor"), 1.6, True)
    if seen := found["two"]:
        judged["two workers >= 1.6 x one"] = (_ratio(seen, "single", "two"), 1.6, False)
    if seen := found["larger"]:
        by_charge = _ratio(seen, "larger", "beside") / TIMES
        judged[f"a charge of {TIMES} x as many <= 1.15 x"] = (by_charge, 1.15, True)
        grown = _ratio(seen, "memory_larger", "memory")
        what = f"memory of a worker, {TIMES} x as many records <= 1.15 x"
        judged[what] = (grown, 1.15, True)
    return {target: verdict(*reached) for target, reached in judged.items()}


def verdict(reached: float, bound: float, is_most: bool) -> str:
    """The figure and whether it keeps the bound, for the table."""
    kept = reached <= bound if is_most else reached >= bound
    return f"{reached:.2f}{'' if kept else ': missed'}"


def _floor() -> dict[str, float]:
    with scratch.database(f"{scratch.OWN}_floor", scratch.LOADED):
        scratch.execute("CREATE TABLE floor (LIKE billing_charge INCLUDING ALL)")
        return {"floor": timed(lambda: scratch.execute(FLOOR))}


def _one() -> dict[str, float]:
    with scratch.database(f"{scratch.OWN}_one", scratch.LOADED):
        seen = {"one": timed(_close)}
        run = bills.issue(by="bench", at=MONTH_OVER)
        seen["bills"] = timed(lambda: runs.work(run.pk, worker="one"))
        return seen | {"right": _books_are_right()}


def _covered() -> dict[str, float]:
    with scratch.database(f"{scratch.OWN}_covered", scratch.LOADED):
        cover()
        seen = {"covered": timed(_close), "right": _books_are_right()}
        if not (Coverage.objects.exists() and Charge.objects.filter(voucher_amount__gt=0).exists()):
            raise RuntimeError("nothing was covered or paid by vouchers")
        return seen


def _two() -> dict[str, float]:
    return {"single": _workers(1, scratch.LOADED)[0], "two": _workers(2, scratch.LOADED)[0]}


def _larger() -> dict[str, float]:
    beside, memory = _workers(1, scratch.LOADED)
    larger, memory_larger = _workers(1, LARGER)
    return {
        "beside": beside,
        "memory": memory,
        "larger": larger,
        "memory_larger": memory_larger,
    }


PARTS = {"one": _one, "covered": _covered, "two": _two, "larger": _larger}


def timed(action: Callable[[], object]) -> float:
    """Seconds that it takes, once the copy it works on is written."""
    os.sync()
    started = perf_counter()
    action()
    return perf_counter() - started


def _close() -> None:
    run = cycles.close(by="bench", at=MONTH_OVER)
    if runs.work(run.pk, worker="one").state != "done":
        raise RuntimeError("a step failed")


def _books_are_right() -> bool:
    return not [said for path in settings.BOOK_CHECKS for said in import_string(path)()]


def _workers(count: int, template: str) -> tuple[float, float]:
    """Seconds from the word go, when all are connected, and the most memory one of them took."""
    name = f"{scratch.OWN}_workers"
    with scratch.database(name, template):
        run = cycles.close(by="bench", at=MONTH_OVER)
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
        os.sync()
        started = perf_counter()
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        told = [worker.stdout.readline() for worker in workers]
        seconds = perf_counter() - started
        for worker in workers:
            worker.communicate()
    if any(worker.returncode for worker in workers):
        raise RuntimeError("a worker failed")
    return seconds, max(float(line.split()[1]) for line in told)
