"""The demo: load a real month, let the real jobs close and bill it, show that it reconciles."""

import os
import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from billing.enums import ImportState
from billing.models import UsageImport
from finance_mgmt.clock import now
from finance_mgmt.enums import RunState
from finance_mgmt.models import Run
from finance_mgmt.money import ZERO, plain
from finance_mgmt.tasks import poke
from simulation import demo

USER, PASSWORD = "demo", "demo"
PATIENCE_SECONDS = 180


class Command(BaseCommand):
    help = "Load the demo group, have beat and worker close and bill it, and reconcile it."

    def handle(self, **options: Any) -> None:
        console = Console(stderr=True)
        with console.status("Opening 3 masters and 73 members ..."):
            demo.open_group()
            _staff()
        console.print("3 masters with 73 members in trusteeship since August 2024")
        with console.status("The worker imports the file ..."):
            usage_import = demo.import_month()
            poke(usage_import.run)
            _wait(lambda: _is_over(usage_import.run), "the import", "worker")
        usage_import.refresh_from_db()
        if usage_import.state != ImportState.STORED:
            raise CommandError(f"The import is {usage_import.state}; see the admin.")
        console.print(_import_report(usage_import))
        demo.resolve_credit(usage_import)
        demo.start_closing(now())
        with console.status("Beat and worker close September 2024 and issue its bills ..."):
            _wait(lambda: len(demo.bills()) == len(demo.SOURCES), "the bills", "beat and worker")
        self._reconcile(Console(width=max(console.width, 120)))

    def _reconcile(self, console: Console) -> None:
        lines = demo.reconcile()
        console.print(_table(lines))
        wrong = demo.wrong_members()
        differing = [line.number for line in lines if line.in_file != line.charged]
        if wrong or differing:
            raise CommandError(f"Does not reconcile with the file: {wrong + differing}")
        console.print("Every member's charges sum to the file's figure, to the last digit.")
        console.print(f"Sign in to the admin as [bold]{USER}[/] with password [bold]{PASSWORD}[/].")
        console.print("Look at: Bills, then a bill's members; Accounts, then a master; Imports.")


def _import_report(usage_import: UsageImport) -> str:
    judged = usage_import.rerating
    return (
        f"{usage_import.rows_read} rows read: {usage_import.rows_stored} stored,"
        f" {usage_import.rows_known} known, {usage_import.rows_parked} parked;"
        f" re-rated: {judged['matching']} of {judged['compared']} within 1e-9"
    )


def _table(lines: list[demo.MasterLine]) -> Table:
    table = Table(title="September 2024, in USD")
    for heading in ("master", "members", "charges", "in the file", "charged", "round-off", "bill"):
        table.add_column(heading, justify="left" if heading == "master" else "right")
    for line in [*lines, _sum(lines)]:
        amounts = (line.in_file, line.charged, line.round_off)
        table.add_row(
            line.number,
            str(line.members),
            str(line.charges),
            *(plain(amount, 2) for amount in amounts),
            plain(line.total, 2),
        )
    table.rows[-2].end_section = True
    return table


def _sum(lines: list[demo.MasterLine]) -> demo.MasterLine:
    return demo.MasterLine(
        number="all",
        members=sum(line.members for line in lines),
        charges=sum(line.charges for line in lines),
        in_file=sum((line.in_file for line in lines), ZERO),
        charged=sum((line.charged for line in lines), ZERO),
        total=sum((line.total for line in lines), ZERO),
        round_off=sum((line.round_off for line in lines), ZERO),
    )


def _staff() -> None:
    users = get_user_model().objects
    if not users.filter(username=USER).exists():
        users.create_superuser(USER, password=os.environ.get("DEMO_PASSWORD", PASSWORD))


def _is_over(run: Run) -> bool:
    run.refresh_from_db()
    return run.state in (RunState.DONE, RunState.FAILED)


def _wait(is_there: Callable[[], bool], what: str, who: str) -> None:
    patience = time.monotonic() + PATIENCE_SECONDS
    while not is_there():
        if time.monotonic() > patience:
            raise CommandError(
                f"After {PATIENCE_SECONDS} seconds {what} did not come. Is {who} running?"
                " `python3 dev.py demo` starts all; logs are in var/log/."
            )
        time.sleep(1)
