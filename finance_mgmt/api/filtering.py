"""Filters and orders that a list knows. One it does not know is refused, never ignored.

A filter that is ignored answers with everybody's rows: whoever asked would act on them.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.serializers import ValidationError

from ..queries.standing import in_force
from .fields import Instant
from .paging import ordered
from .problems import Malformed
from .unknown import named

PAGED = {"cursor", "page_size", "fields"}  # what every list knows
ALWAYS_KNOWN = {*PAGED, "ordering"}
BOOLEANS = ("true", "false")


class KnownFilters(DjangoFilterBackend):
    """django-filter, with a look at what else stands in the query."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """The rows that fit. Values that make no sense are refused."""
        known = set(getattr(view, "known_parameters", ())) | ALWAYS_KNOWN
        if chosen := self.get_filterset_class(view, queryset):
            known |= set(chosen.base_filters)
        refuse_unknown(request, known)
        for name, one in (chosen.base_filters if chosen else {}).items():
            _refuse_vague(name, one, request.query_params.getlist(name))
        return super().filter_queryset(request, queryset, view)


def _refuse_vague(name: str, one: Any, texts: list[str]) -> None:
    """django-filter leaves a filter out that is empty or no boolean, and takes the last of many."""
    words = BOOLEANS if isinstance(one, filters.BooleanFilter) else texts
    if len(texts) > 1 or "" in texts or not set(texts) <= set(words):
        told = " or ".join(BOOLEANS) if words is BOOLEANS else "one value"
        raise Malformed(f"Give {name} {told}, or leave it out.", code="vague_filter")


class KnownOrdering(BaseFilterBackend):
    """`ordering=month` or `ordering=-month`, by the columns that the list names."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """The rows in order."""
        wanted = request.query_params.get("ordering", view.ordering)
        if wanted.lstrip("-") not in view.ordering_fields or wanted.startswith("--"):
            text = f"Order by one of: {', '.join(view.ordering_fields)}; with a - downwards."
            raise Malformed(text, code="bad_ordering")
        return ordered(queryset, wanted)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """`ordering`, with its words."""
        words = [f"{sign}{name}" for name in view.ordering_fields for sign in ("", "-")]
        schema = {"type": "string", "enum": words, "default": view.ordering}
        return [{"name": "ordering", "in": "query", "schema": schema}]


class Filters(filters.FilterSet):
    """What every filter set is made from; accounts are named by their numbers."""


def account_number(column: str) -> filters.CharFilter:
    """Rows whose account has this number."""
    return filters.CharFilter(field_name=f"{column}__number", label="account number")


class InstantField(forms.CharField):
    """An instant with an offset, read like those in bodies."""

    def clean(self, value: Any) -> datetime | None:
        """The instant; a + that arrived as a space is meant as one."""
        text = super().clean(value)
        try:
            return Instant().run_validation(text.replace(" ", "+")) if text else None
        except ValidationError as error:
            raise forms.ValidationError(str(error.detail[0]), code="not_an_instant") from None


class InstantFilter(filters.IsoDateTimeFilter):
    """Rows by an instant."""

    field_class = InstantField


def since(column: str) -> InstantFilter:
    """Rows at this instant or later."""
    return InstantFilter(field_name=column, lookup_expr="gte")


def before(column: str) -> InstantFilter:
    """Rows before this instant."""
    return InstantFilter(field_name=column, lookup_expr="lt")


class AsOf(InstantFilter):
    """Rows that were in force at an instant: relationships, or grants (C3)."""

    def __init__(self, prefix: str = "effective") -> None:
        super().__init__(label="in force at this instant")
        self.prefix = prefix

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        """Those in force then; all where no instant was named."""
        return qs if value is None else qs.filter(in_force(value, self.prefix))


def asked_instant(request: Request) -> datetime | None:
    """The instant under `at` in the query, whose plus sign may have become a space."""
    asked = request.query_params.get("at")
    return None if asked is None else Instant().run_validation(asked.replace(" ", "+"))


def refuse_unknown(request: Request, known: set[str]) -> None:
    """Raise Malformed where the query has a name that means nothing here."""
    if unknown := set(request.query_params) - known:
        text = f"Unknown in the query: {named(unknown, known)}."
        raise Malformed(text, code="unknown_parameter")
