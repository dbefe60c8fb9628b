"""Whatever goes wrong, in their envelope: a code of theirs, our rule and sentence in Message."""

from collections.abc import Mapping
from typing import Any

from rest_framework.response import Response
from rest_framework.views import set_rollback

from ...services.api_requests import InFlight
from ..problems import tell
from .asked import Wrong

# Our status -> theirs, and their code. What their documents answer with 400 is 400 here.
ANSWERS = {
    400: (400, "InvalidParameter"),
    401: (401, "InvalidAccessKeyId.NotFound"),
    403: (400, "NotAuthorized"),
    404: (400, "InvalidParameter"),
    405: (405, "UnsupportedHTTPMethod"),
    409: (400, "NotApplicable"),
    429: (429, "Throttling.User"),
    500: (500, "InternalError"),
    503: (503, "ServiceUnavailable"),
}
OTHERWISE = (400, "InvalidParameter")

# Fields of our commands, as the caller knows them.
FIELDS = {"/master": "ParentUserId", "/member": "ChildUserId"}


def answer(error: Exception, context: Mapping[str, Any]) -> Response:
    """The exception handler of this door."""
    set_rollback()
    request = context["request"]
    status, code, detail, errors = tell(error, request)
    status, theirs = ANSWERS.get(status, OTHERWISE)
    if isinstance(error, Wrong):
        status, theirs = error.status_code, code
    elif isinstance(error, InFlight):
        status, theirs = ANSWERS[503]
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if wait := getattr(error, "wait", None) or (status == 503 and 1):
        headers["Retry-After"] = str(int(wait))
    body = {
        "Code": theirs,
        "Message": _sentence(detail, errors),
        "RequestId": request.request_id,
        "Success": False,
        "Data": None,
        "Reasons": [_reason(one) for one in errors],
    }
    return Response(body, status=status, headers=headers)


def _sentence(detail: str, errors: list[dict[str, Any]]) -> str:
    """Every reason with its rule; without reasons what the problem says."""
    said = [
        ": ".join(
            part for part in (one["rule"] or FIELDS.get(one["pointer"], ""), one["detail"]) if part
        )
        for one in errors
    ]
    return " ".join(said) or detail


def _reason(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"Rule": one["rule"], "Code": one["code"], "Message": one["detail"]}
