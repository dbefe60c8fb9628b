"""The OpenAPI document: every operation says its headers, its answers and its problems."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from . import actors, commands
from .previews import ReasonShown
from .problems import MEDIA_TYPE, TITLES
from .request_ids import HEADER as REQUEST_ID

READING = (400, 401, 403, 404, 406, 422, 429, 500, 503)
WRITING = (*READING, 409, 413, 415)


class Problem(serializers.Serializer):
    """RFC 9457 problem details. `type` is `/problems/` and a stable word (docs/api.md)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    request_id = serializers.CharField()
    errors = ReasonShown(many=True)


class Schema(AutoSchema):
    """drf-spectacular's, with what our views have in common."""

    def get_override_parameters(self) -> list[Any]:
        """The headers: for which account, under which key, and the id of the request."""
        found = [_header(REQUEST_ID, "An id of your own, given back and logged.")]
        if not self._is_open():
            text = "The account to act for, where the person may act for several."
            found.append(_header(actors.HEADER, text))
        if self._needs_key():
            text = "A text of your own, new per command. Repeated, the first answer comes back."
            found.append(_header(commands.HEADER, text, required=True))
        return found

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        """The answers, and after them the problems, all of one shape."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        problem = self.resolve_serializer(Problem, "response").ref
        for status in READING if self.method == "GET" else WRITING:
            bodies[str(status)] = {
                "description": TITLES[status],
                "content": {MEDIA_TYPE: {"schema": problem}},
            }
        return bodies

    def _get_paginator(self) -> Any:
        """Pages are for reading; several rows that a command made are a plain list."""
        return super()._get_paginator() if self.method == "GET" else None

    def _is_open(self) -> bool:
        return AllowAny in self.view.permission_classes

    def _needs_key(self) -> bool:
        method = getattr(self.view, getattr(self.view, "action", None) or "", None)
        if getattr(method, "takes_key", False):
            return True
        return hasattr(method, "spec") and not method.__name__.endswith("_preview")


class TokensInSchema(OpenApiAuthenticationExtension):
    """How the schema speaks of tokens."""

    target_class = "finance_mgmt.api.authentication.Tokens"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer"}


class PasswordsInSchema(OpenApiAuthenticationExtension):
    """How the schema speaks of name and password."""

    target_class = "finance_mgmt.api.authentication.Passwords"
    name = "basicAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """HTTP Basic; whoever has a second factor adds its code."""
        told = "With a second factor, its code goes into the header One-Time-Code."
        return {"type": "http", "scheme": "basic", "description": told}


def refuse_unknown_fields(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Say in the document that bodies have no fields but those named (bodies.Body)."""
    for name, schema in result.get("components", {}).get("schemas", {}).items():
        if name.endswith("Body") and schema.get("type") == "object":
            schema["additionalProperties"] = False
    return result


def _header(name: str, description: str, *, required: bool = False) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, required=required, description=description
    )
