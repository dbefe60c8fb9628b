"""Requests that programs send by the thousand, answered before the framework looks at them.

A short way does what the view of the same address would do, or says None and has done nothing: for
whoever signs in otherwise, odd headers and bodies, and every refusal. Then the request goes on to
the view, as if nothing had been tried.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce
from http import HTTPStatus
from io import BytesIO
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from rest_framework.exceptions import ParseError

from .. import origin
from . import parsers, request_ids
from .commands import HEADER, KEY, fingerprint

TOKEN = re.compile(r"Bearer ([0-9a-f]{20,200})", re.IGNORECASE)
TYPES = ("application/json", "application/json; charset=utf-8")
ANYTHING = ("", "*/*", "application/json")


def _in_environ(header: str) -> str:
    return "HTTP_" + header.upper().replace("-", "_")


ODD = tuple(
    map(
        _in_environ,
        (
            "Accept-Language",
            "Content-Encoding",
            "If-Match",
            "Transfer-Encoding",
            "X-Account",
        ),
    )
)

# What the view, and the layers between it and the request's id, would say beside the answer.
HEADERS = {
    "Allow": "GET, POST, HEAD, OPTIONS",
    "Cache-Control": "no-store",
    "Content-Language": "en",
    "Content-Type": "application/json",
    "Vary": "Accept-Language",
    "X-Frame-Options": "DENY",
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


@dataclass(frozen=True)
class Answer:
    """What a short way answers: a status, and one document as JSON."""

    status: int
    text: str


ShortWay = Callable[[Sent], Answer | None]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Door:
    """A WSGI application that asks the short way of an address first (settings.API_SHORT_WAYS)."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._ways: dict[str, ShortWay] = {
            address: import_string(path) for address, path in settings.API_SHORT_WAYS.items()
        }

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        answered = self.answer(environ)
        if answered is None:
            return self._application(environ, start_response)
        status, headers, content = answered
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [content]

    def answer(self, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """Status, headers and body, by the short way; None: it goes on to the application."""
        way = self._ways.get(f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO')}")
        layers = way and _is_plain(environ) and _outermost(*map(environ.get, _ASKED_BY_LAYERS))
        if not way or not layers or connection.in_atomic_block:
            return None
        request_id = request_ids.of(environ.get(_in_environ(request_ids.HEADER), ""))
        called = origin.request_id.set(request_id)
        try:
            sent = _sent(environ, request_id)
            answer = way(sent) if sent else None
        finally:
            origin.request_id.reset(called)
            close_old_connections()
        if answer is None:
            return None
        content = answer.text.encode()
        headers = [*layers, (request_ids.HEADER, request_id), ("Content-Length", str(len(content)))]
        return answer.status, headers, content


def _is_plain(environ: dict[str, Any]) -> bool:
    """Whether nothing about the request is unusual, as far as its headers tell."""
    length = environ.get("CONTENT_LENGTH") or ""
    return not (
        environ.get("SCRIPT_NAME")
        or environ.get("QUERY_STRING")
        or environ.get("CONTENT_TYPE") not in TYPES
        or environ.get("HTTP_ACCEPT", "") not in ANYTHING
        or any(name in environ for name in ODD)
        or environ.get("HTTP_COOKIE")
        or not (length.isdecimal() and int(length) <= parsers.MOST_BYTES)
    )


def _sent(environ: dict[str, Any], request_id: str) -> Sent | None:
    """What the request says. Its body can be read again by whoever comes next."""
    token = TOKEN.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    key = KEY.fullmatch(environ.get(_in_environ(HEADER), ""))
    if token is None or key is None:
        return None
    try:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = BytesIO(body)
        document = parsers.read(body)
    except (OSError, ParseError):  # the sender hung up, or it is no JSON: the view says so
        return None
    path = environ["PATH_INFO"]
    said_so = fingerprint(environ["REQUEST_METHOD"], path, parsers.canonical(document))
    return Sent(token[1], key[0], document, said_so, path, request_id)


# What the outermost layers look at: who is spoken to, and whether in secret.
_ASKED_BY_LAYERS = (
    "wsgi.url_scheme",
    "HTTP_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "SERVER_NAME",
    "SERVER_PORT",
)


@lru_cache(maxsize=1000)
def _outermost(*asked: str | None) -> tuple[tuple[str, str], ...] | None:
    """The headers of every answer, those of the layers around the request's id among them.

    None where a layer answers by itself: it refuses the host, or wants another scheme.
    """
    said = {name: text for name, text in zip(_ASKED_BY_LAYERS, asked, strict=True) if text}
    request = WSGIRequest({**said, "REQUEST_METHOD": "GET", "wsgi.input": BytesIO()})
    paths = takewhile(lambda path: path != request_ids.LAYER, settings.MIDDLEWARE)
    layers = [import_string(path) for path in paths]
    try:
        request.get_host()
        response = reduce(lambda inner, layer: layer(inner), reversed(layers), _inmost)(request)
    except DisallowedHost:
        return None
    return tuple(response.items()) if response.status_code == HTTPStatus.OK else None


def _inmost(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers=HEADERS)
