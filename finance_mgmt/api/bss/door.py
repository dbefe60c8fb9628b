"""One address for seven actions, by GET and POST, as clients of the original call them."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rest_framework.parsers import FormParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from ...enums import Role
from ...models import Approval, Relationship
from ...services import api_requests
from .. import commands, request_ids
from ..authentication import Tokens
from ..grants import Grants
from ..nouns import Door
from ..parsers import canonical
from ..relationships import Relationships
from ..unknown import named
from . import problems, reads, words
from .asked import Asked, NoSuchAction, Wrong
from .writes import Call

PAIR = ("RelationType", "ParentUserId", "ChildUserId", "RelationId")


@dataclass(frozen=True)
class Action:
    """One of theirs: what does it, whose permission it needs, and which parameters it knows."""

    do: Callable[..., Any]
    like: Any  # our command or list: the same people may
    knows: tuple[str, ...]
    is_reading: bool = False
    code: str = "200"  # of their answer when it went well


ACTIONS = {
    "AddAccountRelation": Action(
        Call.add_account_relation,
        Relationships.create,
        (*PAIR[:3], "ChildNick", "PermissionCodes", "RoleCodes", "HasAcknowledged"),
    ),
    "ConfirmRelation": Action(
        Call.confirm_relation, Relationships.confirm, (*PAIR, "ConfirmCode", "PermissionCodes")
    ),
    "ModifyAccountRelation": Action(
        Call.modify_account_relation,
        Grants.create,
        (*PAIR, "RelationOperation", "ChildNick", "PermissionCodes", "RoleCodes"),
    ),
    "RelieveAccountRelation": Action(Call.relieve_account_relation, Relationships.end, PAIR),
    "GetAccountRelation": Action(
        reads.get_account_relation, Relationships, ("RelationId",), is_reading=True
    ),
    "QueryRelationList": Action(
        reads.query_relation_list,
        Relationships,
        ("UserId", "PageNum", "PageSize", "StatusList"),
        is_reading=True,
        code="Success",
    ),
    "QueryPermissionList": Action(
        reads.query_permission_list,
        Grants,
        ("RelationId",),
        is_reading=True,
        code="Success",
    ),
}


class Bss(Door):
    """Relations by their names. A token signs in, never a cookie: a GET may change something."""

    authentication_classes = (Tokens,)
    parser_classes = (FormParser,)
    renderer_classes = (JSONRenderer,)
    schema = None  # docs/bss.md says why
    _asked: Asked | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Go on under their RequestId."""
        request_ids.take(request._request, request.query_params.get("RequestId", ""))
        request_ids.take(request._request, self.asked.text("RequestId"))
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self) -> Any:
        """Their envelope, not ours."""
        return problems.answer

    @property
    def asked(self) -> Asked:
        """The parameters."""
        if self._asked is None:
            self._asked = Asked.of(self.request)
        return self._asked

    @property
    def chosen(self) -> Action:
        """The action that is called."""
        name = self.asked.needed("Action")
        if name not in ACTIONS:
            raise NoSuchAction(f"There is no such action: {named([name], ACTIONS)}.")
        return ACTIONS[name]

    @property
    def is_reading(self) -> bool:
        """Whether nothing is changed: the method does not tell."""
        return self.chosen.is_reading

    def needs(self) -> tuple[str, tuple[Role, ...]]:
        """Those of our command or list."""
        like = self.chosen.like
        spec = getattr(like, "spec", None)
        return (like.staff_view, like.viewers) if spec is None else (spec.staff, spec.roles)

    def get(self, request: Request) -> Response:
        """One call."""
        action, asked = self.chosen, self.asked
        if asked.needed("Version") != words.VERSION:
            raise Wrong(f"Version is {words.VERSION}.", code="InvalidVersion")
        if asked.text("Format", "JSON").upper() != "JSON":
            raise Wrong("Answers are in JSON: Format=JSON.")
        asked.refuse_unknown(action.knows)
        if action.is_reading:
            return self._answer(action.code, action.do(asked, self.actor, self.at))
        return self._carry_out(action)

    post = get

    def _carry_out(self, action: Action) -> Response:
        """One command: all or nothing, and done again where the database broke it off."""
        request, document = self.request, canonical(self.asked.document())
        is_keyed = commands.HEADER in request.headers
        key = commands.key_of(request) if is_keyed else f"bss-{uuid.uuid4()}"

        def do() -> tuple[int, str]:
            result = action.do(Call(self, self.asked, self._said(key)))
            return 200, json.dumps(self._told(result))

        done, was_done = api_requests.once(
            commands.asked_of(self, request, key, document), at=self.at, do=do
        )
        told = json.loads(done.answer)
        answer = self._answer(told["code"], told["body"], told["message"])
        if was_done:
            answer[commands.REPLAYED] = "true"
        return answer

    def _said(self, key: str) -> dict[str, Any]:
        return {"key": self.actor.key_prefix + key, "by": self.actor.name, "at": self.at}

    def _told(self, result: Relationship | Approval) -> dict[str, Any]:
        body: dict[str, Any] = {"HostId": self.request.META.get("REMOTE_ADDR", "")}
        if isinstance(result, Approval):
            text = f"Not done yet: a second person has to approve it (approval {result.pk})."
            return {"code": "202", "message": text, "body": {**body, "ApprovalId": result.pk}}
        if self.chosen.do is Call.add_account_relation:
            body["RelationId"] = result.pk
        return {"code": "200", "message": "Successful!", "body": body}

    def _answer(self, code: str, body: dict[str, Any], message: str = "Successful!") -> Response:
        return Response(
            {
                "Code": code,
                "Message": message,
                "RequestId": self.request.request_id,  # type: ignore[attr-defined]
                "Success": True,
                "Data": body,
            }
        )
