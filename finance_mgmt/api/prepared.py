"""Rows are shown by fields that are made once, not once per answer."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework.fields import SkipField
from rest_framework.serializers import Field, Serializer


class Prepared(Serializer):
    """For rows of plain attributes whose fields need no context: making those anew costs more than
    showing a row.

    One whose fields were changed for a request (sparse.py) shows by its own.
    """

    def to_representation(self, instance: Any) -> Any:
        """The row as a dictionary."""
        if "fields" in vars(self):
            return super().to_representation(instance)
        return shown(type(self), instance)


def shown(kind: type[Serializer], row: Any) -> dict[str, Any]:
    """The row as its serializer shows it."""
    said: dict[str, Any] = {}
    for name, field, get in _fields(kind):
        try:
            value = get(row)
        except AttributeError:
            try:
                value = field.get_attribute(row)  # knows what to do where there is nothing
            except SkipField:
                continue
        said[name] = None if value is None else field.to_representation(value)
    return said


@cache
def _fields(kind: type[Serializer]) -> list[tuple[str, Field, Callable[[Any], Any]]]:
    fields = [(name, one) for name, one in kind().fields.items() if not one.write_only]
    return [(name, one, _getter(one)) for name, one in fields]


def _getter(field: Field) -> Callable[[Any], Any]:
    """Plain attributes are read plainly: the framework looks for callables at each step."""
    is_plain = type(field).get_attribute is Field.get_attribute and field.source != "*"
    return attrgetter(field.source) if is_plain else field.get_attribute
