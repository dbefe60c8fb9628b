"""python -m benchmarks NAME [--records N] [--rounds N]; without a name: the list."""

import argparse
import json
import os
import platform
import sys
from decimal import Decimal
from importlib import import_module

import django
from django.db import connection
from rich.console import Console
from rich.table import Table

NAMES = {
    "close": "Closing cycles and issuing bills against a bare GROUP BY + INSERT",
    "ingest": "Taking in usage from programs and as a file, against a bare COPY of the same rows",
    "invoice": "Issuing one invoice over 1,000 members and making every form of it (one round)",
    "authorise": "Orders on one hot master and on many, against bare inserts and naive code",
    "simulate": "Playing scenarios: a year of three groups, and the smallest one",
    "pages": "The admin's main pages over a large group, against a budget of 300 ms",
    "read": "Balances and statements over many charges, against summing them up",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(NAMES))
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=10_000, help="simulate: of the year")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--members", type=int, help="of the hot master; authorise: 1000, pages: 5000"
    )
    parser.add_argument(
        "--seconds", type=Decimal, default=Decimal(2), help="authorise: per contender"
    )
    parser.add_argument("--accounts", type=int, default=1_000, help="read")
    parser.add_argument("--charges", type=int, default=1_000_000, help="read, pages")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        help="authorise: beside floor and naive; close: one, covered, two, larger",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    chosen = parser.parse_args()
    if chosen.name is None:
        for name, what in NAMES.items():
            print(f"{name}: {what}")
        return 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finance_mgmt.settings")
    django.setup()
    result, table = measured(chosen)
    result["machine"] = machine()
    if chosen.json:
        print(json.dumps(result, indent=1))
    else:
        show(result, table)
    return 0 if result["books_are_right"] else 1


def measured(chosen: argparse.Namespace) -> tuple[dict, dict[str, str]]:
    """The result of the benchmark, and which of its columns to show under which heading."""
    benchmark = import_module(f"benchmarks.{chosen.name}")
    if chosen.name in ("close", "invoice"):
        parts = {"only": chosen.only} if chosen.name == "close" else {}
        result = benchmark.measure(records=chosen.records, rounds=chosen.rounds, **parts)
        headings = result.get("headings", ("what", "median s", "x floor", "of rounds"))
        return result, dict(zip(("what", "seconds", "ratio", "rounds"), headings, strict=True))
    if chosen.name == "ingest":
        return benchmark.measure(records=chosen.records, rounds=chosen.rounds), INGEST
    if chosen.name == "simulate":
        result = benchmark.measure(events=chosen.events, rounds=chosen.rounds)
        return result, SIMULATE
    if chosen.name == "read":
        sizes = {"accounts": chosen.accounts, "charges": chosen.charges}
        return benchmark.measure(**sizes, rounds=chosen.rounds), READ
    if chosen.name == "pages":
        sizes = {"members": chosen.members or 5_000, "charges": chosen.charges}
        return benchmark.measure(**sizes, rounds=chosen.rounds), PAGES
    result = benchmark.measure(
        members=chosen.members or 1_000,
        seconds=chosen.seconds,
        rounds=chosen.rounds,
        clients=tuple(chosen.clients),
        only=chosen.only,
    )
    return result, AUTHORISE


INGEST = {
    "what": "what",
    "per_second": "rows/s",
    "ratio": "x COPY",
    "worked": "processor s",
    "worked_ratio": "x COPY",
    "rounds": "s, of rounds",
}
SIMULATE = {"what": "what", "seconds": "median s", "rounds": "of rounds"}
READ = {"what": "what", "ms": "median ms", "rounds": "of rounds"}
PAGES = {"what": "page", "ms": "median ms", "queries": "queries", "rounds": "of rounds"}
AUTHORISE = {
    "clients": "clients",
    "what": "what",
    "hot": "hot /s",
    "spread": "spread /s",
    "hot_by_spread": "hot/spread",
    "by_floor": "x floor",
    "by_naive": "x naive",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
}


def machine() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL {server}"


def show(result: dict, columns: dict[str, str]) -> None:
    table = Table(title=result["title"], caption=result["machine"])
    for name, heading in columns.items():
        table.add_column(heading, justify="left" if name == "what" else "right")
    for row in result["rows"]:
        table.add_row(*(_text(row[name]) for name in columns))
    console = Console()
    console.print(table)
    for target, reached in result.get("targets", {}).items():
        console.print(f"{target}: {reached}")
    console.print("The books are right." if result["books_are_right"] else "The books are WRONG.")


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


if __name__ == "__main__":
    sys.exit(main())
