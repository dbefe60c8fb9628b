"""Taking in usage, from programs and as a file, against a bare COPY of the same rows."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from statistics import median
from time import perf_counter, process_time

from django.db import connection

from benchmarks import ingest_file, scratch
from benchmarks.close_world import SINCE, load
from billing.models import Product, Source, UsageRecord
from billing.services import usage
from billing.services.usage import NewUsage
from finance_mgmt.models import Account

RECORDS, AT_ONCE = 50_000, 10_000
TICKS = os.sysconf("SC_CLK_TCK")

COLUMNS = (
    "source_id, key, kind, owner_id, product_id, resource, starts_at, ends_at, quantity, reason,"
    " given_amount, period_start, period_end, received_at, is_late, due_at"
)

NAMES = {
    "copied": "floor: bare COPY of the same rows into the same table",
    "stored": f"usage.store, {AT_ONCE:,} records at once",
    "known": "the same records once more, under other keys of the call",
    "accepted": "usage.accept: the rows themselves come back",
    "file_copied": "floor: bare COPY of the rows of the file",
    "filed": "a FOCUS file, read and stored",
}
TARGET = 0.4


def measure(*, records: int, rounds: int) -> dict:
    """Load as many records as are there before; then time all in turn. The first round warms."""
    many, rows = min(records, RECORDS), min(records, ingest_file.ROWS)
    timed: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with scratch.database(scratch.LOADED):
        scratch.migrate()
        load(records)
        ingest_file.load()
        with scratch.away():
            for number in range(rounds + 1):
                for name, seconds in _round(many, rows):
                    if number:
                        timed[name].append(seconds)
    return {
        "title": f"Taking in {many:,} records, and {rows:,} of a file, where {records:,} are",
        "rows": [_row(name, many, rows, timed) for name in NAMES],
        "targets": _targets(timed),
        "load": os.getloadavg(),
        "books_are_right": True,  # _round raises where a row is missing
    }


def _row(name: str, many: int, rows: int, timed: dict[str, list[tuple[float, float]]]) -> dict:
    clock, worked = (median(some) for some in zip(*timed[name], strict=True))
    is_file = name in ("file_copied", "filed")
    floor = timed["file_copied" if is_file else "copied"]
    return {
        "what": NAMES[name],
        "per_second": f"{(rows if is_file else many) / clock:,.0f}",
        "worked": f"{worked:.2f}",
        "ratio": f"{_part(floor, timed[name], 0):.2f}",
        "worked_ratio": f"{_part(floor, timed[name], 1):.2f}",
        "rounds": [f"{one:.2f}" for one, _ in timed[name]],
    }


def _part(floor: list[tuple[float, float]], some: list[tuple[float, float]], which: int) -> float:
    """How fast it is, as a part of the floor of the same round."""
    return median(a[which] / b[which] for a, b in zip(floor, some, strict=True))


def _targets(timed: dict[str, list[tuple[float, float]]]) -> dict[str, str]:
    told = {}
    for which, name in enumerate(("the clock", "processor time")):
        reached = _part(timed["copied"], timed["stored"], which)
        missed = "" if reached >= TARGET else ": missed"
        told[f"usage.store >= {TARGET} of COPY, by {name}"] = f"{reached:.2f}{missed}"
    return told


def _round(many: int, rows: int) -> Iterator[tuple[str, tuple[float, float]]]:
    """Each on a fresh copy of the database that was loaded."""
    with _copy_of_loaded("stored"):
        source, records = Source.objects.create(code="ingest"), _records(many)
        yield "stored", _timed(partial(_report, usage.store, records, source, "first"))
        yield "known", _timed(partial(_report, usage.store, records, source, "again"))
        written = _rows_of(source)
    with _copy_of_loaded("accepted"):
        source, records = Source.objects.create(code="ingest"), _records(many)
        yield "accepted", _timed(partial(_report, usage.accept, records, source, "first"))
        _require(source, many)
    with _copy_of_loaded("copied"):
        source = Source.objects.create(code="ingest")
        yield "copied", _timed(partial(_copy, written))
        _require(source, many)
    with _copy_of_loaded("filed"):
        with ingest_file.received(rows) as run:
            yield "filed", _timed(partial(ingest_file.work, run))
        source = Source.objects.get(code="cloud")
        _require(source, rows)
        written, made = _rows_of(source), ingest_file.made()
    with _copy_of_loaded("copied"):
        ingest_file.make_again(made)
        yield "file_copied", _timed(partial(_copy, written))
        _require(source, rows)


def _copy_of_loaded(name: str) -> object:
    return scratch.database(f"{scratch.OWN}_{name}", scratch.LOADED)


def _records(many: int) -> list[NewUsage]:
    accounts, products = list(Account.objects.order_by("pk")), list(Product.objects.order_by("pk"))
    return [
        NewUsage(
            key=f"new-{number}",
            owner=accounts[number % len(accounts)],
            product=products[number % len(products)],
            quantity=Decimal(1 + number) / 8,
            starts_at=SINCE + timedelta(days=200, seconds=number),
        )
        for number in range(many)
    ]


def _report(service: Callable, records: list[NewUsage], source: Source, call: str) -> None:
    at = SINCE + timedelta(days=200)
    for start in range(0, len(records), AT_ONCE):
        some = records[start : start + AT_ONCE]
        service(some, source=source, key=f"{call} {start}", by="bench", at=at)


def _rows_of(source: Source) -> bytes:
    question = f"COPY (SELECT {COLUMNS} FROM billing_usagerecord WHERE source_id = {source.pk})"
    with connection.cursor() as cursor, cursor.copy(f"{question} TO STDOUT") as copy:
        return b"".join(map(bytes, copy))


def _copy(rows: bytes) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY billing_usagerecord ({COLUMNS}) FROM STDIN") as copy,
    ):
        copy.write(rows)


def _require(source: Source, many: int) -> None:
    found = UsageRecord.objects.filter(source=source).count()
    if found != many:
        raise RuntimeError(f"{found} of {many} records were stored")


def _timed(action: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock, and of processors: ours and that of the server's process for us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    worked, started = process_time() + _worked(server), perf_counter()
    action()
    return perf_counter() - started, process_time() + _worked(server) - worked


def _worked(pid: int) -> float:
    """Processor seconds of another process; 0 where there is no /proc (or the server is remote)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            told = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / TICKS
