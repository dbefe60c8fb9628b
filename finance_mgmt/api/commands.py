"""A command: one POST, one permission, one body, one service call, one answer per key.

    @command(asks=EndBody, answers=RelationshipShown, staff="end", roles=OWNERS)
    def end(self, body, said, pk):
        return changes.end(relationship=self.get_object(), **body, **said)

    end_preview = preview_of(end)

The method translates and makes the call. Around it: Idempotency-Key, the stored answer, the
preview by the same path rolled back, four eyes, and the schema.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from ..enums import Role
from ..errors import FinanceError
from ..models import Account, Approval, Relationship
from ..services import api_requests
from . import previews, versions
from .approval_shown import ApprovalShown
from .bodies import Nothing
from .filtering import refuse_unknown
from .previews import Asked, PreviewShown
from .problems import Malformed

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY = re.compile(r"^[!-~]{1,100}$")

Do = Callable[..., Any]


@dataclass(frozen=True)
class Spec:
    """What there is to know about one command."""

    do: Do
    asks: type[Serializer]
    answers: type[Serializer]
    staff: str
    roles: tuple[Role, ...]
    status: int
    is_many: bool
    is_detail: bool
    path: str
    once: str  # a field of the answer that is shown this once, and not stored
    needs_match: bool  # whether it must say which version it changes (428)
    replaces: versions.Replaces | None  # what it replaces, where that is not the row of the address
    refuses: tuple[type[FinanceError], ...]
    example: Mapping[str, Any] | None


def command(
    *,
    answers: type[Serializer],
    staff: str,
    roles: tuple[Role, ...] = (),
    asks: type[Serializer] = Nothing,
    status: int = 200,
    is_many: bool = False,
    is_detail: bool = True,
    path: str = "",
    method: str = "post",
    example: Mapping[str, Any] | None = None,
    may_wait: bool = False,
    once: str = "",
    needs_match: bool = False,
    replaces: versions.Replaces | None = None,
    refuses: tuple[type[FinanceError], ...] = (),
) -> Callable[[Do], Do]:
    """Make a method of a Noun a command.

    `staff` is a codename of MoneyAction or a whole permission, `may_wait` says that four eyes may
    turn it into a request for approval (202), `once` names a secret that is not stored, `refuses`
    are the refusals of the rules that it may meet, `needs_match` and `replaces` are about versions
    (versions.py).
    """

    def wrap(do: Do) -> Do:
        route = path or do.__name__.replace("_", "-")
        permission = staff if "." in staff else f"finance_mgmt.{staff}"
        of_row = is_detail and do.__name__ != "create"
        spec = Spec(
            do=do,
            asks=asks,
            answers=answers,
            staff=permission,
            roles=roles,
            status=status,
            is_many=is_many,
            is_detail=of_row,
            path=route,
            once=once,
            needs_match=needs_match,
            replaces=replaces,
            refuses=refuses,
            example=example,
        )

        @wraps(do)
        def view(self: Any, request: Request, **kwargs: Any) -> Response:
            return _carry_out(self, spec, request, kwargs)

        view.spec = spec  # type: ignore[attr-defined]
        if do.__name__ not in ("create", "destroy"):
            view = action(detail=of_row, methods=[method], url_path=route)(view)
        return _described(view, spec, may_wait=may_wait)

    return wrap


def preview_of(command: Any, name: str = "") -> Do:
    """The same command as a question: would it be allowed, and what would it do? (L12)."""
    spec: Spec = command.spec

    def view(self: Any, request: Request, **kwargs: Any) -> Response:
        """Whether it would be allowed, and what it would change. Nothing is changed."""
        refuse_unknown(request, set())
        body = read(self, spec, request.data)
        found = previews.run(self, spec, body, kwargs)
        return Response(PreviewShown(found).data)

    view.__name__ = name or f"{command.__name__}_preview"
    view.spec = spec  # type: ignore[attr-defined]
    view.problems = getattr(command, "problems", {})  # type: ignore[attr-defined]
    route = "preview" if command.__name__ == "create" else f"{spec.path}/preview"
    request_body = None if spec.asks is Nothing else spec.asks
    routed = action(detail=spec.is_detail, methods=["post"], url_path=route)(view)
    return extend_schema(
        request=request_body, responses={200: PreviewShown}, examples=_shown_example(spec)
    )(routed)


def key_of(request: Request) -> str:
    """The key of the sender. Raises Malformed where there is none."""
    key = request.headers.get(HEADER)
    if key is None:
        raise Malformed(f"Send {HEADER}: a text of your own, new per command.", code="key_missing")
    if not KEY.fullmatch(key):
        text = f"{HEADER} has 1 to 100 characters of ASCII, none of them a space."
        raise Malformed(text, code="bad_key")
    return key


def asked_of(view: Any, request: Request, key: str, document: str) -> api_requests.Asked:
    """The request as its key remembers it."""
    actor = view.actor
    return api_requests.Asked(
        user=actor.user,
        account=actor.account and actor.account.pk,
        key=key,
        fingerprint=fingerprint(request.method or "", request.path, document),
        method=request.method or "",
        path=request.path[:500],
    )


def fingerprint(method: str, path: str, document: str) -> str:
    """What tells one command from another under the same key."""
    return hashlib.sha256(f"{method}\n{path}\n{document}".encode()).hexdigest()


def perform(
    view: Any, spec: Spec, body: dict[str, Any], said: dict[str, Any], kwargs: Mapping[str, Any]
) -> Any:
    """Do it, or write it down for whoever has to agree (Z7, L5)."""
    result = spec.do(view, body, said, **kwargs)
    return previews.submit(view, spec, result, said) if isinstance(result, Asked) else result


def read(view: Any, spec: Spec, sent: Any) -> dict[str, Any]:
    """The values of a body; whoever reads them knows which accounts it is about."""
    view.forget()
    if spec.is_detail:
        view.get_object()  # what does not exist is not found, whatever the body says
    given = spec.asks(data=sent, context=view.get_serializer_context())
    given.is_valid(raise_exception=True)
    values = dict(given.validated_data)
    for name, value in values.items():
        if isinstance(value, Account):
            view.concern({name: value.pk})
        elif isinstance(value, Relationship):
            view.concern(view.parties_of(value))
    return values


def answered(done: Any, *, was_done: bool) -> Response:
    """The stored answer."""
    body = json.loads(done.answer)
    headers = {REPLAYED: "true"} if was_done else {}
    return Response(body, status=done.status, headers=headers)


def _carry_out(view: Any, spec: Spec, request: Request, kwargs: dict[str, Any]) -> Response:
    refuse_unknown(request, set())
    key = key_of(request)
    asked = asked_of(view, request, key, view.document(request))
    secret: dict[str, Any] = {}

    def do() -> tuple[int, str]:
        said = view.said(view.actor.key_prefix + key)
        body = read(view, spec, request.data)
        versions.check(view, spec, request, body)
        result = perform(view, spec, body, said, kwargs)
        status, shown = _told(view, spec, result)
        if spec.once:
            secret[spec.once], shown[spec.once] = shown[spec.once], None
        return status, json.dumps(shown)

    done, was_done = api_requests.once(asked, at=view.at, do=do)
    answer = answered(done, was_done=was_done)
    if spec.once and not was_done:
        answer.data.update(secret)
    return answer


def _told(view: Any, spec: Spec, result: Any) -> tuple[int, Any]:
    context = view.get_serializer_context()
    if isinstance(result, Approval) and spec.answers is not ApprovalShown:
        return 202, ApprovalShown(result, context=context).data
    shown = spec.answers(result, many=spec.is_many, context=context)
    return spec.status, shown.data


def _described(view: Do, spec: Spec, *, may_wait: bool) -> Do:
    answers: dict[int, Any] = {spec.status: spec.answers(many=spec.is_many)}
    if may_wait:
        answers[202] = ApprovalShown
    return extend_schema(
        request=None if spec.asks is Nothing else spec.asks,
        responses=answers,
        examples=_shown_example(spec),
    )(view)


def _shown_example(spec: Spec) -> list[OpenApiExample]:
    if spec.example is None:
        return []
    return [OpenApiExample("Example", dict(spec.example), request_only=True)]
