"""Pages by key, not by count: the next page begins after the last row of this one.

However many rows there are and come in between, none is shown twice and none is left out; no
page costs more than another. `next` is null on the last one.
"""

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from .problems import Malformed

SIZE, MOST = 50, 200


class Pages(BasePagination):
    """Rows in the order of one column, then of the primary key."""

    next_cursor: str | None = None

    def paginate_queryset(
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """One page of rows."""
        self.request = request
        size = page_size(request.query_params.get("page_size"))
        name, is_down = _order(queryset)
        if cursor := request.query_params.get("cursor"):
            queryset = queryset.filter(_after(queryset.model, name, is_down, cursor))
        rows = list(queryset[: size + 1])
        if len(rows) > size:
            last = rows[size - 1]
            self.next_cursor = _encode([name, is_down, _text(getattr(last, name)), last.pk])
        return rows[:size]

    def get_paginated_response(self, data: Any) -> Response:
        """The rows, and where the next ones are."""
        following = None
        if self.next_cursor:
            url = self.request.build_absolute_uri()
            following = replace_query_param(url, "cursor", self.next_cursor)
        return Response({"next": following, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same, as the schema says it."""
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {"type": ["string", "null"], "format": "uri"},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """`cursor` and `page_size`."""
        return [
            {
                "name": "cursor",
                "in": "query",
                "description": "From `next` of the page before.",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": SIZE},
            },
        ]


def ordered(queryset: QuerySet[Any], ordering: str) -> QuerySet[Any]:
    """By one column, ties by the primary key in the same direction."""
    down = ordering.startswith("-")
    name = ordering.lstrip("-")
    terms = [name] if name in ("id", "pk") else [name, queryset.model._meta.pk.name]
    return queryset.order_by(*(F(one).desc() if down else F(one).asc() for one in terms))


def page_size(asked: str | None) -> int:
    """How many rows on a page."""
    if asked is None:
        return SIZE
    if not (asked.isascii() and asked.isdecimal() and 1 <= int(asked[:9]) <= MOST):
        raise Malformed(f"page_size is a number from 1 to {MOST}.", code="bad_page_size")
    return int(asked)


def _order(queryset: QuerySet[Any]) -> tuple[str, bool]:
    first: Any = queryset.query.order_by[0]
    return first.expression.name, first.descending


def _after(model: type[models.Model], name: str, is_down: bool, cursor: str) -> Q:
    try:
        said_name, said_down, text, pk = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if (said_name, said_down) != (name, is_down) or "\0" in str(text):
            raise ValueError("a cursor of another list")
        value = _value(model._meta.get_field(name), text)
        key = model._meta.pk.to_python(pk)
    except (ValueError, TypeError, ValidationError, InvalidOperation, RecursionError):
        raise Malformed("Take the cursor from `next`, unchanged.", code="bad_cursor") from None
    step = "lt" if is_down else "gt"
    if name in ("id", "pk"):
        return Q(**{f"pk__{step}": key})
    beyond = Q(**{f"{name}__{step}": value}) | Q(**{f"pk__{step}": key})
    return Q(**{f"{name}__{step}e": value}) & beyond


def _value(field: Any, text: Any) -> Any:
    return field.to_python(text)


def _text(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _encode(parts: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()
