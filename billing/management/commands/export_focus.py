"""export_focus --bill HQ-2024-05: issued bills as a FOCUS file, on standard output or in a file."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from billing.focus import bills as focus
from billing.focus import checker
from billing.focus.bill_columns import Version
from billing.models import Bill
from billing.queries import bills

MOST_LISTED = 20


class Command(BaseCommand):
    """Writes a file of one bill, or of all bills of a month. Safe to run at any time."""

    help = "Write issued bills as a FOCUS file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--bill", help="payer's number and month, for example HQ-2024-05")
        which.add_argument("--month", help="all bills of a month, for example 2024-05")
        parser.add_argument(
            "--focus",
            choices=list(Version),
            default=Version.NOW,
            help="which version of the format",
        )
        parser.add_argument("--out", type=Path, help="file to write; default: standard output")
        parser.add_argument("--check", action="store_true", help="check the file when it is there")

    def handle(self, **options: Any) -> None:
        found = _bills(options)
        version = Version(options["focus"])
        if options["out"] is None:
            if options["check"]:
                raise CommandError(_("Give --out FILE: only a file can be checked."))
            for piece in focus.text(found, version):
                self.stdout.write(piece, ending="")
            return
        _write(options["out"], found, version)
        if options["check"]:
            _check(options["out"], version)


def _bills(options: dict[str, Any]) -> list[Bill]:
    if options["bill"]:
        bill = bills.by_reference(options["bill"])
        if bill is None:
            text = _("There is no issued bill {bill}. Give the payer's number and the month.")
            raise CommandError(text.format(bill=options["bill"]))
        return [bill]
    month = bills.first_day(options["month"])
    found = list(bills.of_month(month)) if month else []
    if not found:
        text = _("No bill of {month} is issued. Give a month as 2024-05.")
        raise CommandError(text.format(month=options["month"]))
    return found


def _write(out: Path, found: list[Bill], version: Version) -> None:
    """Under another name first: a file of that name is always whole."""
    waiting = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with waiting.open("w", encoding="utf-8", newline="") as file:
            file.writelines(focus.text(found, version))
        waiting.replace(out)
    except OSError as error:
        raise CommandError(str(error)) from None
    finally:
        waiting.unlink(missing_ok=True)


def _check(out: Path, version: Version) -> None:
    with out.open(encoding="utf-8", newline="") as file:
        problems = checker.check(file, version)
    if problems:
        lines = [f"{one.code}: {one.sentence}" for one in problems[:MOST_LISTED]]
        raise CommandError("\n".join(lines))
