"""Ask what would have been if one thing had been otherwise."""  # noqa: N999 (its name for people)

import csv
import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from finance_mgmt.clock import now
from finance_mgmt.errors import FinanceError
from simulation import sandbox
from simulation.files.changes import read_text
from simulation.files.problems import Wrong
from simulation.files.values import month_of, read_instant
from simulation.replay import sheets
from simulation.replay.question import CHANGES, Question
from simulation.services import what_ifs

REFUSED = 2


class Command(BaseCommand):
    help = (
        "Replay past months of an account's group with one change, beside what was"
        " (docs/what-if.md)."
        " Writes nothing to the books. Example: manage.py what-if --account A --from 2024-09"
        " --change 'end: {member: A}'"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", required=True, help="number of an account of the group")
        parser.add_argument("--from", required=True, dest="first", help="first month: 2024-09")
        parser.add_argument("--months", type=int, default=1, help="how many, 1 to 12")
        parser.add_argument(
            "--change", help=f"as in a scenario, one of {', '.join(CHANGES)}; none: as it was"
        )
        parser.add_argument("--at", help="when the change is made; else as the first month starts")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead")
        parser.add_argument("--csv", help="write the lines side by side to this file")
        parser.add_argument("--xlsx", help="write all tables to this workbook")

    def handle(self, **options: Any) -> None:
        question = Question(
            account=options["account"],
            change=_change(options["change"]),
            first=_month(options["first"]),
            months=options["months"],
            at=_instant(options["at"]),
        )
        console = Console(stderr=True)
        try:
            with console.status("Replaying ...") as status:
                found = what_ifs.answer(
                    question, now(), lambda done: status.update(f"Replaying ... {done} %")
                )
        except (FinanceError, sandbox.NoSandbox) as refusal:
            self.stderr.write(str(refusal))
            sys.exit(REFUSED)
        if options["csv"]:
            with Path(options["csv"]).open("w", newline="", encoding="utf-8-sig") as file:
                csv.writer(file).writerows(sheets.rows(found, "lines"))
        if options["xlsx"]:
            Path(options["xlsx"]).write_bytes(sheets.workbook(found))
        if options["json"]:
            told = {"question": question.stored(), **found}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            out = Console(file=cast(Any, self.stdout), width=None if sys.stdout.isatty() else 180)
            sheets.show(out, found)


def _month(text: str) -> date:
    try:
        return month_of(text)
    except ValueError:
        raise CommandError(f'"{text}" is not a month such as 2024-09.') from None


def _instant(text: str | None) -> datetime | None:
    try:
        return read_instant(text) if text else None
    except Wrong as wrong:
        raise CommandError(wrong.what) from None


def _change(text: str | None) -> Any:
    try:
        return read_text(text) if text else None
    except ValueError as error:
        raise CommandError(str(error)) from None
