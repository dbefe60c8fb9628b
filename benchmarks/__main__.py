"""python -m benchmarks NAME [--records N] [--rounds N]; without a name: the list."""

import argparse
import json
import os
import platform
import sys
from importlib import import_module

import django
from django.db import connection
from rich.console import Console
from rich.table import Table

NAMES = {
    "close": "Closing cycles and issuing bills against a bare GROUP BY + INSERT",
    "invoice": "Issuing one invoice over 1,000 members and making every form of it (one round)",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(NAMES))
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object, no table")
    chosen = parser.parse_args()
    if chosen.name is None:
        for name, what in NAMES.items():
            print(f"{name}: {what}")
        return 0
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finance_mgmt.settings")
    django.setup()
    benchmark = import_module(f"benchmarks.{chosen.name}")
    result = benchmark.measure(records=chosen.records, rounds=chosen.rounds)
    result["machine"] = machine()
    if chosen.json:
        print(json.dumps(result, indent=1))
    else:
        show(result)
    return 0 if result["books_are_right"] else 1


def machine() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, PostgreSQL {server}"


def show(result: dict) -> None:
    table = Table(title=result["title"], caption=result["machine"])
    for heading in result.get("headings", ("what", "median s", "x floor", "of rounds")):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for row in result["rows"]:
        table.add_row(row["what"], row["seconds"], row["ratio"], " ".join(row["rounds"]))
    console = Console()
    console.print(table)
    console.print("The books are right." if result["books_are_right"] else "The books are WRONG.")


if __name__ == "__main__":
    sys.exit(main())
