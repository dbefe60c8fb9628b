"""The demo: a real month, billed by the real jobs on a clock that stands in its time; then a story.

One horizon closes the cycles of all, so the past comes first: once September 2024 is closed by
the clock on the wall, what happened this summer would be late.
"""

import os
import time
from collections.abc import Callable
from io import StringIO
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from billing.enums import ImportState
from billing.models import UsageImport
from finance_mgmt.clock import now
from finance_mgmt.enums import RunState
from finance_mgmt.models import Run
from finance_mgmt.money import ZERO, plain
from finance_mgmt.tasks import poke
from simulation import demo, demo_story

USER, PASSWORD = "demo", "demo"
CHECKER = "checker"  # a second person, for what waits for one
PATIENCE_SECONDS = 180
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)
PARTS = {
    "clock": "the instant at which the month's clock stands; nothing once the month is billed",
    "month": "load a real month and have beat and worker close and bill it",
    "story": "let three customers trade up to today, and show that the month reconciles",
}
STORY = (
    "Northwind (trusteeship), Meridian (management) and Orchard (on its own) have traded up to"
    " today:\none member is suspended, bills are overdue, an allocation waits for approval."
)
STOPPED = "The story was stopped half-way: `python3 dev.py reset`, then the demo, tells it anew."
HINTS = (
    f"Sign in to the admin as [bold]{USER}[/] with password [bold]{PASSWORD}[/];"
    f" as [bold]{CHECKER}[/], same password, to approve.\n"
    "Look at: Bills, then a bill's members; Accounts, then a master; Approvals; Runs; Imports."
)


class Command(BaseCommand):
    help = "The demo, part by part, as `python3 dev.py demo` plays them."

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
        for name, told in PARTS.items():
            parts.add_parser(name, help=told)

    def handle(self, *, part: str, **options: Any) -> None:
        console = Console(stderr=True)
        if part == "clock":
            self.stdout.write("" if demo.is_billed() else demo.DELIVERED.isoformat())
        elif part == "month":
            self._bill_month(console)
        else:
            self._tell_story(console)

    def _bill_month(self, console: Console) -> None:
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
            _wait(demo.is_billed, "the bills", "beat and worker")
            _wait(_is_quiet, "the end of all runs", "worker")

    def _tell_story(self, console: Console) -> None:
        if not demo_story.is_begun():
            with console.status("Three customers trade for three and a half months, to today ..."):
                world = demo_story.tell(by=USER, now=now())
            for refused in world.refusals:
                raise CommandError(f"The story went wrong: {refused.error}")
        self._reconcile(Console(width=max(console.width, 120)))
        console.print(STORY if demo_story.is_told(by=USER) else STOPPED)
        console.print(HINTS)

    def _reconcile(self, console: Console) -> None:
        lines = demo.reconcile()
        console.print(_table(lines))
        wrong = demo.wrong_members()
        differing = [line.number for line in lines if line.in_file != line.charged]
        if wrong or differing:
            raise CommandError(f"Does not reconcile with the file: {wrong + differing}")
        console.print("Every member's charges sum to the file's figure, to the last digit.")


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
    password = os.environ.get("DEMO_PASSWORD", PASSWORD)
    if not users.filter(username=USER).exists():
        users.create_superuser(USER, password=password)
    call_command("create_roles", stdout=StringIO())
    if not users.filter(username=CHECKER).exists():
        checker = users.create_user(CHECKER, password=password, is_staff=True)
        checker.groups.set(Group.objects.filter(name__in=["Maker", "Checker"]))


def _is_quiet() -> bool:
    return not Run.objects.filter(state__in=UNFINISHED).exists()


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
