"""The parameters of one call, RPC style: flat names in the query or in a form."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict
from rest_framework.request import Request

from ...enums import Permission
from ..fields import MOST_ID
from ..problems import Malformed
from ..unknown import named
from . import words

# What their clients add to every call. We read Format and RequestId; the signature is nobody's
# business here: a token says who asks.
OF_EVERY_CALL = (
    "Action",
    "Version",
    "Format",
    "AccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "SecurityToken",
    "Timestamp",
    "RegionId",
    "RequestId",
)
MOST_VALUES = 20
_NUMBERED = re.compile(r"([A-Za-z]+)\.([1-9][0-9]{0,2})")


class Wrong(Malformed):
    """A call that can't be read. Its code is one of theirs."""

    default_code = "InvalidParameter"


class NoSuchAction(Wrong):
    """An action that we don't have."""

    status_code = 404
    default_code = "InvalidAction.NotFound"


class Asked:
    """What was sent, by the names of their document."""

    def __init__(self, query: QueryDict, form: Any) -> None:
        self._values: dict[str, list[str]] = {}
        for source in (query, form if isinstance(form, QueryDict) else QueryDict()):
            for name, values in source.lists():
                self._values.setdefault(name, []).extend(values)

    @classmethod
    def of(cls, request: Request) -> "Asked":
        """The call; clients of the newer kind name action and version in headers."""
        asked = cls(request.query_params, request.data)
        for name, header in (("Action", "x-acs-action"), ("Version", "x-acs-version")):
            if header in request.headers and name not in asked._values:
                asked._values[name] = [request.headers[header]]
        return asked

    def document(self) -> dict[str, list[str]]:
        """All that matters for the answer: the same for the same command."""
        return {
            name: sorted(values)
            for name, values in self._values.items()
            if name not in OF_EVERY_CALL or name == "Action"
        }

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Raise Wrong where a name means nothing: what is ignored is not what was meant."""
        names = {*known, *OF_EVERY_CALL}
        unknown = {name for name in self._values if (_NUMBERED.sub(r"\1", name)) not in names}
        if unknown:
            raise Wrong(f"Unknown parameters: {named(unknown, names)}.")

    def text(self, name: str, default: str = "") -> str:
        """One value; the default where it was left out or is empty."""
        values = {value for value in self._values.get(name, ()) if value}
        if len(values) > 1:
            raise Wrong(f"{name} is said more than once.")
        return next(iter(values), default)

    def needed(self, name: str) -> str:
        """One value that must be there."""
        if found := self.text(name):
            return found
        raise Wrong(f"{name} is missing.", code="MissingParameter")

    def number(self, name: str, default: int, most: int = MOST_ID) -> int:
        """A number from 1 to `most`."""
        text = self.text(name) or str(default)
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:20]) <= most):
            raise Wrong(f"{name} is a number from 1 to {most}.")
        return int(text[:20])

    def relation_id(self) -> int:
        """RelationId; 0 where it was left out."""
        return self.number("RelationId", 1) if self.text("RelationId") else 0

    def flag(self, name: str) -> bool:
        """true or false; false where it was left out."""
        return self.one_of(name, {"true": True, "false": False}, "false")

    def one_of(self, name: str, choices: Mapping[str, Any], default: str = "") -> Any:
        """What one of these words stands for."""
        text = self.text(name, default) or self.needed(name)
        return self._chosen(name, text, choices)

    def many(self, name: str, choices: Mapping[str, Any]) -> list[Any]:
        """What several of these words stand for: Name.1=, Name.2= ..., Name= or a JSON list."""
        found = [
            (int(match[2]), value)
            for given, values in self._values.items()
            if (match := _NUMBERED.fullmatch(given)) and match[1] == name
            for value in values
        ]
        texts = [value for _, value in sorted(found)]
        for value in self._values.get(name, ()):
            texts += _list(name, value) if value.startswith("[") else [value]
        if len(texts) > MOST_VALUES:
            raise Wrong(f"{name} has at most {MOST_VALUES} values.")
        return [self._chosen(name, text, choices) for text in dict.fromkeys(texts) if text]

    def permissions(self) -> list[Permission]:
        """PermissionCodes."""
        return self.many("PermissionCodes", words.PERMISSIONS)

    def relation_type(self) -> None:
        """Raise Wrong where another type of relation is asked for than the one there is."""
        self.one_of("RelationType", {words.RELATION_TYPE: True}, words.RELATION_TYPE)

    def _chosen(self, name: str, text: str, choices: Mapping[str, Any]) -> Any:
        if text not in choices:
            raise Wrong(f"{name} is one of: {', '.join(choices)}. Not: {named([text], choices)}.")
        return choices[text]


def _list(name: str, text: str) -> list[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise Wrong(f"{name} is no list.") from None
    if not all(isinstance(one, str) for one in found):
        raise Wrong(f"{name} is a list of texts.")
    return list(found)
