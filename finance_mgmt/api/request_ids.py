"""Every request has an id: the sender's, or one of ours.

It is in the answer, in the log, and on every decision that the request made (Z8).
"""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from .. import origin

HEADER = "X-Request-Id"
_SENSIBLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIds:
    """Take the sender's id where it is a harmless one, else make one; give it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = of(request.headers.get(HEADER, ""))
        request.request_id = request_id  # type: ignore[attr-defined]
        token = origin.request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            origin.request_id.reset(token)
        response[HEADER] = request.request_id  # type: ignore[attr-defined]
        return response


LAYER = f"{RequestIds.__module__}.{RequestIds.__qualname__}"


def of(given: str) -> str:
    """The sender's id, if harmless, else a new one."""
    return given if _SENSIBLE.fullmatch(given) else uuid.uuid4().hex


def take(request: HttpRequest, given: str) -> None:
    """Go on under the id that the sender named elsewhere than in the header, if harmless."""
    if _SENSIBLE.fullmatch(given):
        request.request_id = given  # type: ignore[attr-defined]
        origin.request_id.set(given)
