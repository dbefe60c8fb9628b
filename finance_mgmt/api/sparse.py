"""`fields=number,name`: only those fields of each row."""

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer, Serializer

from .problems import Malformed
from .unknown import named

PARAMETER = "fields"


def thin(shown: BaseSerializer, request: Request) -> BaseSerializer:
    """The serializer with the fields that were asked for; with all where none were named."""
    asked = request.query_params.get(PARAMETER)
    if asked is None or request.method != "GET":
        return shown
    one = getattr(shown, "child", shown)
    assert isinstance(one, Serializer)
    wanted = {name.strip() for name in asked.split(",")} - {""}
    if not wanted:
        text = f"Name fields: some of {', '.join(one.fields)}."
        raise Malformed(text, code="unknown_field")
    if unknown := wanted - set(one.fields):
        text = f"Unknown in fields: {named(unknown, one.fields)}."
        raise Malformed(text, code="unknown_field")
    for name in set(one.fields) - wanted:
        one.fields.pop(name)
    return shown
