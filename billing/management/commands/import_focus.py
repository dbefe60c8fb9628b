"""Load a file of usage: `manage.py import_focus FILE`. Exit 0 stored, 1 held, 2 unreadable."""

import sys
import time
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from billing.enums import ImportMode, ImportState
from billing.focus.refusals import RefusedFile
from billing.models import UsageImport
from billing.services import imports
from finance_mgmt import money
from finance_mgmt.clock import now
from finance_mgmt.enums import RunState
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Run
from finance_mgmt.services import runs
from finance_mgmt.tasks import poke

EXIT_CODES = {ImportState.STORED: 0, ImportState.HELD: 1, ImportState.FAILED: 2}
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)
MOST_LISTED = 20


class Command(BaseCommand):
    help = "Load a FOCUS cost file, or a file of token meters, whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--received-at", type=_instant, help="ISO 8601; default: now")
        parser.add_argument("--mode", choices=ImportMode.values, help="default: as the sources say")
        parser.add_argument("--wait", action="store_true", help="let a worker do it, and wait")
        parser.add_argument("--expect-rows", type=int, help="hold the file if it has others")
        parser.add_argument(
            "--expect-total",
            action="append",
            default=[],
            type=_total,
            metavar="CURRENCY=AMOUNT",
            help="hold the file if its sum of BilledCost is another",
        )
        parser.add_argument("--by", default="import_focus", help="who is named on the trail")
        parser.add_argument("--key", help="idempotency key; default: a new one each time")

    def handle(self, **options: Any) -> None:
        console = Console(stderr=True)
        try:
            usage_import = _received(options)
        except OSError as error:
            raise CommandError(str(error), returncode=2) from None
        except RefusedFile as refused:
            for problem in refused.problems:
                console.print(Text(problem.sentence), style="red")
            sys.exit(EXIT_CODES[ImportState.FAILED])
        except FinanceError as refused:
            raise CommandError(str(refused), returncode=2) from None
        run = _finished(usage_import.run, console, is_waiting=options["wait"])
        usage_import.refresh_from_db()
        _print_report(usage_import, Console(file=cast(TextIO, self.stdout)))
        if run.state == RunState.FAILED:
            errors = run.steps.values_list("error", flat=True)
            raise CommandError("\n".join(errors), returncode=2)
        sys.exit(EXIT_CODES[ImportState(usage_import.state)])


def _received(options: dict[str, Any]) -> UsageImport:
    at = now()
    return imports.receive(
        file_name=options["file"].name,
        content=options["file"],
        received_at=options["received_at"] or at,
        mode=options["mode"] and ImportMode(options["mode"]),
        expected=imports.Expected(options["expect_rows"], dict(options["expect_total"])),
        key=options["key"] or f"import_focus {uuid.uuid4()}",
        by=options["by"],
        at=at,
    )


def _finished(run: Run, console: Console, *, is_waiting: bool) -> Run:
    """The run when it is done, by a worker or by this process."""
    with _progress(run, console):
        if is_waiting:
            poke(run)
        else:
            runs.work(run.pk, worker="import_focus")
        while (run := Run.objects.get(pk=run.pk)).state in UNFINISHED:
            time.sleep(1)  # a worker has it
    return run


@contextmanager
def _progress(run: Run, console: Console) -> Iterator[None]:
    """A bar that follows the run's row. Only where somebody can see it."""
    if not console.is_terminal:
        yield
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    done = Event()
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        thread = Thread(target=_follow, args=(run.pk, bar, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _follow(run_id: int, bar: Progress, done: Event) -> None:
    task = bar.add_task(_("Reading"), total=None)
    try:
        while not done.wait(1):
            run = Run.objects.get(pk=run_id)
            is_read = run.done_units >= run.total_units
            title = _("Storing") if is_read else _("Reading")
            bar.update(task, description=title, completed=run.done_units, total=run.total_units)
    finally:
        connection.close()


def _print_report(usage_import: UsageImport, console: Console) -> None:
    table = Table(title=Text(f"{usage_import.file_name}: {usage_import.get_state_display()}"))
    table.add_column("")
    table.add_column(_("rows"), justify="right")
    for currency in usage_import.totals:
        table.add_column(f"BilledCost {currency}", justify="right")
    rows = {
        "read": (_("read"), usage_import.rows_read),
        "stored": (_("stored"), usage_import.rows_stored),
        "known": (_("already known"), usage_import.rows_known),
        "parked": (_("parked"), usage_import.rows_parked),
    }
    for name, (title, count) in rows.items():
        sums = (total["BilledCost"].get(name, "") for total in usage_import.totals.values())
        table.add_row(title, str(count), *sums)
    table.add_row(_("of these late"), str(usage_import.rows_late))
    console.print(table)
    if usage_import.rerating.get("compared"):
        text = _("Re-rating: {matching} of {compared} rows match, largest difference {largest}.")
        console.print(
            text.format(
                matching=usage_import.rerating["matching"],
                compared=usage_import.rerating["compared"],
                largest=usage_import.rerating["largest_difference"],
            ),
            soft_wrap=True,
        )
    _print_findings(usage_import, console)


def _print_findings(usage_import: UsageImport, console: Console) -> None:
    count = usage_import.findings.count()
    for finding in usage_import.findings.all()[:MOST_LISTED]:
        line = Text(f"{finding.code} ({finding.row_number}): {finding.message}")
        console.print(line, soft_wrap=True)
    if count > MOST_LISTED:
        console.print(_("... and {count} more findings.").format(count=count - MOST_LISTED))


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time zone is missing, for example Z")
    return instant


def _total(text: str) -> tuple[str, Decimal]:
    currency, _equals, amount = text.partition("=")
    return currency, money.parse(amount)
