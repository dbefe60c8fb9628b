"""Files of bills: made at once where they are small, else by a run, and kept for a week."""

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import translation

from finance_mgmt.models import Run, RunStep
from finance_mgmt.services import decisions, made_files, runs
from finance_mgmt.sheets import writers

from ..focus import bills as focus
from ..models import Bill
from ..queries.bills import reference_of
from ..queries.showback import Statement
from ..sheets import bills as sheets
from ..sheets import showback

FOLDER = "exports"
LINES_PER_REPORT = 2_000
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class Form(StrEnum):
    """What a bill can be written as."""

    FOCUS = "focus"
    XLSX = "xlsx"
    CSV = "csv"


MEDIA_TYPES = {
    Form.FOCUS: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.CSV: "text/csv; charset=utf-8",
}


def is_small(bill: Bill) -> bool:
    """Whether its files are made while the browser waits."""
    return bill.charge_count <= settings.EXPORT_LINES_AT_ONCE


def file_name(bill: Bill, form: Form) -> str:
    """What the file is called: letters, digits, dots and dashes only."""
    kind, ending = ("focus", "csv") if form == Form.FOCUS else ("bill", form)
    return f"{kind}-{_UNSAFE.sub('_', reference_of(bill))}.{ending}"


def text(bill: Bill, form: Form) -> Iterator[str]:
    """A text file of a bill, in pieces."""
    return focus.text([bill]) if form == Form.FOCUS else writers.csv_text(sheets.lines(bill))


def write(
    bill: Bill, form: Form, out: BinaryIO, told: Callable[[int], None] = lambda lines: None
) -> None:
    """Any file of a bill. `told` hears from time to time how many lines are written."""
    if form == Form.XLSX:
        found = sheets.sheets(bill)
        writers.write_xlsx(out, [replace(one, rows=_watched(one.rows, told)) for one in found])
        return
    lines = 0
    for piece in text(bill, form):
        out.write(piece.encode())
        lines += piece.count("\n")
        told(lines)


def showback_name(told: Statement, form: Form) -> str:
    """What the file of a statement is called."""
    return f"showback-{_UNSAFE.sub('_', told.member.number)}-{told.month:%Y-%m}.{form}"


def showback_file(told: Statement, form: Form) -> bytes:
    """A statement as a file. It has a line per product, so it is small."""
    if form == Form.CSV:
        return "".join(writers.csv_text(showback.sheet(told))).encode()
    book = io.BytesIO()
    writers.write_xlsx(book, [showback.sheet(told)])
    return book.getvalue()


@transaction.atomic
def ask(*, bill: Bill, form: Form, language: str, key: str, by: str, at: datetime) -> Run:
    """Have a file of a bill made by a worker. The same key returns the first run."""
    facts = {"bill": reference_of(bill), "form": form}
    _, is_new = decisions.record(verb="exports.ask", facts=facts, key=key, by=by, at=at)
    run_key = f"export {bill.pk} {key}"
    if not is_new:
        return Run.objects.get(key=run_key)
    return runs.open(
        kind="export",
        scopes=[{"bill": bill.pk, "form": form, "language": language}],
        facts=facts,
        total_units=bill.charge_count,
        key=run_key,
        by=by,
        at=at,
    )


def asked_for(bill: Bill, limit: int) -> list[Run]:
    """The last runs that made files of a bill, newest first."""
    return list(Run.objects.filter(key__startswith=f"export {bill.pk} ").order_by("-id")[:limit])


def path_of(run: Run, form: Form) -> Path:
    """Where the file of a run is, once it is made; it may be gone again after a week."""
    return Path(settings.MEDIA_ROOT) / FOLDER / f"{run.pk}.{form}"


def write_step(step: RunStep, *, by: str, at: datetime) -> None:
    """Write the file beside its place, then put it there. Safe to repeat."""
    bill = Bill.objects.select_related("payer").get(pk=step.scope["bill"])
    form = Form(step.scope["form"])
    path = path_of(step.run, form)
    made_files.drop_old(path.parent, at)
    with made_files.writing(path) as file, translation.override(step.scope["language"]):
        write(bill, form, file, lambda lines: _report(step, lines, bill.charge_count))
    runs.progress(step, bill.charge_count)


def keep_step(step: RunStep, *, by: str, at: datetime) -> dict[str, Any]:
    """Say how large the file is."""
    return {"bytes": path_of(step.run, Form(step.scope["form"])).stat().st_size}


def _watched(rows: Iterable[Sequence[Any]], told: Callable[[int], None]) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows, start=1):
        yield row
        if number % LINES_PER_REPORT == 0:
            told(number)


def _report(step: RunStep, lines: int, total: int) -> None:
    runs.progress(step, min(lines, total))  # a file may have more lines than the bill
