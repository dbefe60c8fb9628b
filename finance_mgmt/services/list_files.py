"""Files of lists, for the person who asked and nobody else. Small ones are made while one waits."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from ..enums import RunState
from ..models import Run, RunStep
from ..queries import policy
from ..sheets import writers
from ..sheets.tables import Sheet
from . import decisions, made_files, runs

FOLDER = "lists"
KIND = "list"
ROWS_PER_REPORT = 1_000
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


class Form(StrEnum):
    """What a list can be written as."""

    XLSX = "xlsx"
    CSV = "csv"


MEDIA_TYPES = {
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.CSV: "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class Asked:
    """Which rows of which list ("billing.bill"), for whom, in which language."""

    of: str
    query: str
    form: Form
    user: int
    language: str


def write(
    sheet: Sheet, form: Form, out: BinaryIO, told: Callable[[int], None] = lambda rows: None
) -> None:
    """Write a table. `told` hears from time to time how many rows are written."""
    watched = replace(sheet, rows=_watched(sheet.rows, told))
    if form == Form.XLSX:
        writers.write_xlsx(out, [watched])
        return
    for piece in writers.csv_text(watched):
        out.write(piece.encode())


def content(sheet: Sheet, form: Form) -> bytes:
    """A small file, as a whole."""
    out = io.BytesIO()
    write(sheet, form, out)
    return out.getvalue()


@transaction.atomic
def ask(*, asked: Asked, key: str, by: str, at: datetime) -> Run:
    """Have a worker write the rows of a list. The same key returns the first run.

    Who asks for what is being made for them already gets that one.
    """
    facts = {"list": asked.of, "form": asked.form, "filter": asked.query, "user": asked.user}
    _, is_new = decisions.record(verb="list_files.ask", facts=facts, key=key, by=by, at=at)
    run_key = f"list {asked.user} {key}"
    if not is_new:
        return Run.objects.get(key=run_key)
    if making := Run.objects.filter(kind=KIND, facts=facts, state__in=UNFINISHED).first():
        return making
    return runs.open(
        kind=KIND,
        scopes=[{**facts, "language": asked.language}],
        facts=facts,
        total_units=0,
        key=run_key,
        by=by,
        at=at,
    )


def asked_for(user: int) -> Any:
    """The runs that make, or made, files for a person, newest first."""
    return Run.objects.filter(kind=KIND, key__startswith=f"list {user} ").order_by("-id")


def path_of(run: Run) -> Path:
    """Where the file of a run is, once it is made, until it is removed."""
    return Path(settings.MEDIA_ROOT) / FOLDER / f"{run.pk}.{Form(run.facts['form'])}"


def is_there(run: Run, at: datetime) -> bool:
    """Whether its file may be taken: it is made, and not too old."""
    fresh = run.finished_at is not None and run.finished_at > at - made_files.KEPT
    return run.state == RunState.DONE and fresh and path_of(run).exists()


def drop_old(at: datetime) -> int:
    """Remove the files whose time is over. Returns how many."""
    return made_files.drop_old(Path(settings.MEDIA_ROOT) / FOLDER, at)


def write_step(step: RunStep, *, by: str, at: datetime) -> None:
    """Read the list as its person sees it, and write it. Refused to whom it is closed by now."""
    scope: Mapping[str, Any] = step.scope
    with translation.override(scope["language"]), timezone.override(policy().zone):
        found = import_string(settings.LIST_ROWS)(scope["list"], scope["filter"], scope["user"])
        Run.objects.filter(pk=step.run_id).update(total_units=found.count())
        with made_files.writing(path_of(step.run)) as out:
            form = Form(scope["form"])
            write(found.sheet(), form, out, lambda rows: runs.progress(step, rows))
    Run.objects.filter(pk=step.run_id).update(done_units=_total(step))


def keep_step(step: RunStep, *, by: str, at: datetime) -> dict[str, Any]:
    """Say how large the file is."""
    return {"bytes": path_of(step.run).stat().st_size}


def _total(step: RunStep) -> int:
    return Run.objects.values_list("total_units", flat=True).get(pk=step.run_id)


def _watched(rows: Iterable[Sequence[Any]], told: Callable[[int], None]) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows, start=1):
        yield row
        if number % ROWS_PER_REPORT == 0:
            told(number)
