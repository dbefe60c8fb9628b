"""The OpenAPI document: every operation says its headers, its answers and its problems."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from . import actors, commands, examples, problem_examples, sparse, versions
from .nouns import Listed, Shown
from .previews import ReasonShown
from .problems import MEDIA_TYPE, TITLES, status_of
from .request_ids import HEADER as REQUEST_ID

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
            key = {"type": "string", "pattern": commands.KEY.pattern, "examples": ["order-17"]}
            found.append(_header(commands.HEADER, text, of=key, required=True))
        if self._is_tagged():
            found.append(_header(versions.NONE_MATCH, "An ETag: 304 while it is still that."))
            text = (
                "Only these fields of each row, with commas. What is left out is not in the answer."
            )
            found.append(OpenApiParameter(sparse.PARAMETER, str, description=text))
        elif self._may_match():
            text = "The ETag of what you have seen: 412 where it has changed since."
            is_needed = self._spec().needs_match
            found.append(_header(versions.MATCH, text, required=is_needed))
        return found

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        """The answers, and after them the problems, all of one shape."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        problem = self.resolve_serializer(Problem, "response").ref
        if self._is_tagged():
            bodies["200"]["headers"] = {versions.TAG: TAG}
            bodies["304"] = {"description": "As it was", "headers": {versions.TAG: TAG}}
        for status, codes in sorted(self._problems().items()):
            shown = {code: {"$ref": problem_examples.EXAMPLE.format(code)} for code in codes}
            bodies[str(status)] = {
                "description": TITLES[status],
                "content": {MEDIA_TYPE: {"schema": problem, "examples": shown}},
            }
        return bodies

    def _problems(self) -> dict[int, list[str]]:
        """Which problems it may answer with, by status."""
        tables = [problem_examples.OF_ALL]
        if self._is_list_view():
            tables.append(problem_examples.OF_LISTS)
        if self.method != "GET":
            tables.append(problem_examples.OF_WRITES)
        if self._is_tagged():
            tables.append(problem_examples.OF_TAGGED)
        method, spec = self._method(), self._spec()
        if self._may_match():
            needs = spec.needs_match
            tables.append(
                problem_examples.OF_NEEDING_MATCH if needs else problem_examples.OF_MATCHING
            )
        found = problem_examples.codes(*tables)
        refuses = list(getattr(method, "refuses", spec.refuses if spec else ()))
        if self.method != "GET":
            refuses += problem_examples.OF_EVERY_WRITE
        for kind in refuses:
            found.setdefault(status_of(kind), []).append(kind.code)
        for status, more in getattr(method, "problems", {}).items():
            found.setdefault(status, []).extend(more)
        return found

    def _get_paginator(self) -> Any:
        """Pages are for reading; several rows that a command made are a plain list."""
        return super()._get_paginator() if self.method == "GET" else None

    def get_filter_backends(self) -> list[Any]:
        """Filters are for reading, too."""
        return super().get_filter_backends() if self.method == "GET" else []

    def _is_tagged(self) -> bool:
        action = getattr(self.view, "action", None) or ""
        if getattr(getattr(self.view, action, None), "is_page", False):
            return True
        shows = {"list": Listed, "retrieve": Shown}.get(action)
        method = getattr(type(self.view), action, None)
        return shows is not None and method is getattr(shows, action)

    def _method(self) -> Any:
        return getattr(self.view, getattr(self.view, "action", None) or "", None)

    def _spec(self) -> Any:
        return getattr(self._method(), "spec", None)

    def _may_match(self) -> bool:
        """Whether it is a command that may say which version it changes."""
        spec = self._spec()
        if self.method == "GET" or spec is None:
            return False
        return not self._method().__name__.endswith("_preview") and versions.takes(self.view, spec)

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


def add_examples(
    result: dict[str, Any], generator: Any, request: Any, public: bool
) -> dict[str, Any]:
    """Show an example of every body and every answer that has none of its own, and all problems."""
    components = result.setdefault("components", {})
    components["examples"] = problem_examples.made()
    for methods in result.get("paths", {}).values():
        for operation in methods.values():
            answers = operation["responses"].values()
            for one in (operation.get("requestBody", {}), *answers):
                for kind, media in one.get("content", {}).items():
                    _exemplify(media, kind, components["schemas"])
    return result


def _exemplify(media: dict[str, Any], kind: str, components: dict[str, Any]) -> None:
    if "examples" not in media:
        value = examples.BY_MEDIA.get(kind) or examples.of(media.get("schema", {}), components)
        media["examples"] = {"Example": {"value": value}}


def _header(
    name: str, description: str, *, of: Any = str, required: bool = False
) -> OpenApiParameter:
    return OpenApiParameter(
        name, of, OpenApiParameter.HEADER, required=required, description=description
    )
