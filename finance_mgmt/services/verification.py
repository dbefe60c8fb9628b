"""Recomputing the books every night, as a run with one step per check (F10)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from .. import queries
from ..enums import RunState
from ..errors import FinanceError, Reason
from ..models import Run, RunStep
from . import runs

NIGHTLY = time(3)
MOST_SHOWN = 50


class BooksWrong(FinanceError):
    """A figure does not follow from its facts."""

    code = "books_wrong"


def due_night(at: datetime) -> date | None:
    """The night whose check is due and was not asked for; None: nothing is due."""
    local = at.astimezone(queries.policy().zone)
    night = local.date() if local.time() >= NIGHTLY else local.date() - timedelta(days=1)
    return None if Run.objects.filter(key=_key(night)).exists() else night


def verify(*, by: str, at: datetime) -> Run | None:
    """Have the books recomputed, once a night. Returns the run; None: it was done or asked for."""
    night = due_night(at)
    return None if night is None else _open(_key(night), by=by, at=at)


def verify_now(*, key: str, by: str, at: datetime) -> Run:
    """Have the books recomputed because somebody asks."""
    return _open(f"verify {key}", by=by, at=at)


def check_step(step: RunStep, *, by: str, at: datetime) -> dict[str, Any]:
    """Recompute what one check looks at. Raises BooksWrong with what is wrong.

    Money moves meanwhile. What is wrong is looked at twice: a figure that was only in motion
    between two statements of a check is not found again.
    """
    path = step.scope["check"]
    found = import_string(path)()
    if found:
        again = set(import_string(path)())
        found = [sentence for sentence in found if sentence in again]
    if found:
        shown = "\n".join(found[:MOST_SHOWN])
        text = f"{len(found)} wrong:\n{shown}"
        raise BooksWrong(Reason("F10", "books_wrong", text, {"wrong": len(found)}))
    return {"units": 1, "wrong": 0}


def broken_books() -> Run | None:
    """The last check of the books, if it found something wrong."""
    last = Run.objects.filter(kind="verify").order_by("-pk").first()
    return last if last and last.state == RunState.FAILED else None


def checks() -> Iterator[tuple[str, str]]:
    """Each check with its name in words."""
    for path in settings.BOOK_CHECKS:
        yield path, path.rsplit(".", 1)[1].replace("_", " ")


def _open(key: str, *, by: str, at: datetime) -> Run:
    scopes = [{"check": path} for path, _ in checks()]
    return runs.open(
        kind="verify",
        scopes=scopes,
        facts={},
        total_units=len(scopes),
        key=key,
        by=by,
        at=at,
    )


def _key(night: date) -> str:
    return f"verify {night.isoformat()}"
