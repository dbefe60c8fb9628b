"""Which version somebody has seen: ETag, If-None-Match and If-Match (RFC 9110).

The tag of a row is made from its version in the database (each write gives it a new one) and from
what is shown of it; the tag of a page from its rows. All are strong: the same tag, the same bytes.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from .paging import SIZE, ordered
from .problems import Malformed

MATCH, NONE_MATCH, TAG = "If-Match", "If-None-Match", "ETag"

# What a command replaces: a row to lock, and the filter of the list that shows what is replaced.
Replaces = Callable[[Any, dict[str, Any]], tuple[Model, dict[str, Any]]]


class Stale(APIException):
    """It is not any more what the sender has seen."""

    status_code = 412
    default_code = "stale"
    default_detail = "This has changed since you read it. Read it again, then decide."


class Unconditional(APIException):
    """The command replaces what others may have changed, and does not say what it has seen."""

    status_code = 428
    default_code = "if_match_missing"
    default_detail = "Say which version you change: read it, and send its ETag as If-Match."


def versioned(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows with their version: the transaction that wrote them last."""
    table = rows.model._meta.db_table
    return rows.annotate(row_version=RawSQL(f'"{table}".xmin::text', []))  # noqa: S611


def of_row(row: Any, shown: Any) -> str:
    """The tag of one row, shown like this."""
    return _tag([row.row_version, shown])


def of_page(rows: Any, *, goes_on: bool) -> str:
    """The tag of one page of a list."""
    return _tag([rows, goes_on])


def conditional(request: Request, body: Any, tag: str) -> Response:
    """The answer under its tag, or 304 where the sender has it already."""
    known = _tags(request.headers.get(NONE_MATCH, ""))
    if "*" in known or tag in {one.removeprefix("W/") for one in known}:
        return Response(status=304, headers={TAG: tag})
    return Response(body, headers={TAG: tag})


def takes(view: Any, spec: Any) -> bool:
    """Whether a command may say which version it changes: one that can be read."""
    return spec.replaces is not None or (spec.is_detail and hasattr(view, "retrieve"))


def check(view: Any, spec: Any, request: Request, body: dict[str, Any]) -> None:
    """Raise Stale where the command is meant for another version than there is, Unconditional
    where it does not say for which. Inside a transaction: the version stays until its end.
    """
    wanted = request.headers.get(MATCH)
    if wanted is None:
        if spec.needs_match:
            raise Unconditional
        return
    if not takes(view, spec):
        raise Malformed(f"{MATCH} means nothing here: leave it out.", code="unknown_condition")
    found = _replaced(view, spec, body) if spec.replaces else _changed(view)
    tags = _tags(wanted)
    if "*" not in tags and found not in tags:
        raise Stale


def _changed(view: Any) -> str:
    """The tag of the row of the address, as it is now and stays until the end."""
    _lock(view.guard(view.get_object()))
    view.forget()
    row = view.get_object()
    kind = view.in_full or view.shown
    return of_row(row, kind(row, context=view.get_serializer_context()).data)


def _replaced(view: Any, spec: Any, body: dict[str, Any]) -> str:
    """The tag of the first page of the list that shows what is replaced."""
    parent, wanted = spec.replaces(view, body)
    _lock(parent)
    rows = list(ordered(view.get_queryset().filter(**wanted), view.ordering)[: SIZE + 1])
    context = view.get_serializer_context()
    shown = view.shown(rows[:SIZE], many=True, context=context).data
    return of_page(shown, goes_on=len(rows) > SIZE)


def _lock(row: Model) -> None:
    rows = type(row)._default_manager.select_for_update(no_key=True)
    rows.filter(pk=row.pk).order_by().values_list("pk").get()


def _tag(parts: list[Any]) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def _tags(header: str) -> set[str]:
    return {one.strip() for one in header.split(",") if one.strip()}
