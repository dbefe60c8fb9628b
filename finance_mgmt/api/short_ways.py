"""Requests that programs send by the thousand, answered before anything else looks at them.

A short way does what the view of the same address would do, or says None and has done nothing: for
whoever signs in otherwise, odd headers and bodies, and every refusal. Then the request goes on to
the view, as if nothing had been tried.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from rest_framework.exceptions import ParseError

from . import parsers
from .commands import HEADER, KEY, fingerprint

TOKEN = re.compile(r"Bearer ([0-9a-f]{20,200})", re.IGNORECASE)
TYPES = ("application/json", "application/json; charset=utf-8")
ANYTHING = ("", "*/*", "application/json")
ODD = (
    "HTTP_X_ACCOUNT",
    "HTTP_IF_MATCH",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_CONTENT_ENCODING",
    "HTTP_TRANSFER_ENCODING",
)

# What the view and the layers before it would say beside the answer.
HEADERS = {
    "Allow": "GET, POST, HEAD, OPTIONS",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
    "X-Frame-Options": "DENY",
    "Content-Language": "en",
}


@dataclass(frozen=True)
class Sent:
    """A request of a program: its token, its key, what it says, and a fingerprint of all that."""

    token: str
    key: str
    document: Any
    fingerprint: str
    path: str
    request_id: str


ShortWay = Callable[[Sent], HttpResponse | None]


class ShortWays:
    """Middleware: asks the short way of an address first (settings.API_SHORT_WAYS)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._ways: dict[str, ShortWay] = {
            address: import_string(path) for address, path in settings.API_SHORT_WAYS.items()
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        way = self._ways.get(f"{request.method} {request.path_info}")
        sent = way and _sent(request)
        answer = way(sent) if way and sent else None
        return answer or self.get_response(request)


def answered(status: int, body: str) -> HttpResponse:
    """The answer with all headers that the view's would have."""
    content = body.encode()
    headers = {**HEADERS, "Content-Length": str(len(content))}
    return HttpResponse(content, "application/json", status, headers=headers)


def _sent(request: HttpRequest) -> Sent | None:
    """What the request says, if nothing about it is unusual."""
    said = request.META
    token = TOKEN.fullmatch(said.get("HTTP_AUTHORIZATION", ""))
    key = KEY.fullmatch(said.get(HEADER_IN_META, ""))
    length = said.get("CONTENT_LENGTH") or ""
    if (
        token is None
        or key is None
        or said.get("QUERY_STRING")
        or said.get("CONTENT_TYPE") not in TYPES
        or said.get("HTTP_ACCEPT", "") not in ANYTHING
        or any(name in said for name in ODD)
        or said.get("HTTP_COOKIE")
        or not (length.isdecimal() and int(length) <= parsers.MOST_BYTES)
        or connection.in_atomic_block
    ):
        return None
    try:
        request.get_host()
        document = parsers.read(request.body)
    except (DisallowedHost, ParseError):
        return None
    said_so = fingerprint(request.method or "", request.path, parsers.canonical(document))
    request_id: str = request.request_id  # type: ignore[attr-defined]
    return Sent(token[1], key[0], document, said_so, request.path, request_id)


HEADER_IN_META = "HTTP_" + HEADER.upper().replace("-", "_")
