"""The OpenAPI document: every operation says its headers, its answers and its problems."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from . import actors, commands, sparse, versions
from .nouns import Listed, Shown
from .previews import ReasonShown
from .problems import MEDIA_TYPE, TITLES
from .request_ids import HEADER as REQUEST_ID

READING = (400, 401, 403, 404, 406, 422, 429, 500, 503)
WRITING = (*READING, 409, 413, 415)
MATCHING = (*WRITING, 412)
NEEDING_MATCH = (*MATCHING, 428)

TAG = {
    "description": "Which version this is: for If-None-Match and If-Match.",
    "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
}


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
        if self._is_tagged():
            found.append(_header(versions.NONE_MATCH, "An ETag: 304 while it is still that."))
            text = (
                "Only these fields of each row, with commas. What is left out is not in the answer."
            )
            found.append(OpenApiParameter(sparse.PARAMETER, str, description=text))
        elif MATCHING[-1] in self._problems():
            text = "The ETag of what you have seen: 412 where it has changed since."
            is_needed = NEEDING_MATCH[-1] in self._problems()
            found.append(_header(versions.MATCH, text, required=is_needed))
        return found

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        """The answers, and after them the problems, all of one shape."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        problem = self.resolve_serializer(Problem, "response").ref
        if self._is_tagged():
            bodies["200"]["headers"] = {versions.TAG: TAG}
            bodies["304"] = {"description": "As it was", "headers": {versions.TAG: TAG}}
        for status in self._problems():
            bodies[str(status)] = {
                "description": TITLES[status],
                "content": {MEDIA_TYPE: {"schema": problem}},
            }
        return bodies

    def _get_paginator(self) -> Any:
        """Pages are for reading; several rows that a command made are a plain list."""
        return super()._get_paginator() if self.method == "GET" else None

    def _is_tagged(self) -> bool:
        action = getattr(self.view, "action", None) or ""
        if getattr(getattr(self.view, action, None), "is_page", False):
            return True
        shows = {"list": Listed, "retrieve": Shown}.get(action)
        method = getattr(type(self.view), action, None)
        return shows is not None and method is getattr(shows, action)

    def _problems(self) -> tuple[int, ...]:
        if self.method == "GET":
            return READING
        method = getattr(self.view, getattr(self.view, "action", None) or "", None)
        spec = getattr(method, "spec", None)
        is_command = spec is not None and not method.__name__.endswith("_preview")
        if not is_command or not versions.takes(self.view, spec):
            return WRITING
        return NEEDING_MATCH if spec.needs_match else MATCHING

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
