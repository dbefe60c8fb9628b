"""Columns of lists: each returns a method for a ModelAdmin. Names of money columns end in _amount,
so that their headings stand on the right as the figures do (static/css/admin.css).
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from django.contrib import admin

from . import display

Method = Callable[[Any, Any], Any]


def _value(row: Any, path: str) -> Any:
    return reduce(
        lambda found, name: None if found is None else getattr(found, name), path.split("__"), row
    )


def _column(field: str, label: Any, show: Callable[[Any], Any], ordering: str | None) -> Method:
    @admin.display(description=label, ordering=field if ordering is None else ordering)
    def method(self: Any, row: Any) -> Any:
        return show(row)

    return method


def amount(
    field: str, label: Any, *, currency: str = "currency", ordering: str | None = None
) -> Method:
    """An amount with its currency."""

    def show(row: Any) -> Any:
        return display.amount(_value(row, field), _value(row, currency) if currency else "")

    return _column(field, label, show, ordering)


def count(field: str, label: Any) -> Method:
    """A whole number."""
    return _column(field, label, lambda row: display.count(_value(row, field)), None)


def instant(field: str, label: Any) -> Method:
    """An instant in the billing time zone."""
    return _column(field, label, lambda row: display.instant(_value(row, field)), None)


def day(field: str, label: Any) -> Method:
    """A date."""
    return _column(field, label, lambda row: display.day(_value(row, field)), None)


def month(field: str, label: Any) -> Method:
    """A billing month."""
    return _column(field, label, lambda row: display.month(_value(row, field)), None)


def account(field: str, label: Any) -> Method:
    """A link to an account."""
    ordering = f"{field}__number"
    return _column(field, label, lambda row: display.account(_value(row, field)), ordering)


def link(field: str, label: Any) -> Method:
    """A link to another row."""
    return _column(field, label, lambda row: display.link(_value(row, field)), None)


def state(field: str, label: Any, tones: Mapping[str, str]) -> Method:
    """A column with choices, as a badge."""
    return _column(field, label, lambda row: display.state_badge(row, field, tones), None)
