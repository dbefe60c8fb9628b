"""Whatever goes wrong is answered as application/problem+json (RFC 9457), never with a stack."""

import logging
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse, UnreadablePostError
from django.utils.encoding import force_str
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ..errors import FinanceError, InvalidAmount, KeyReused, Reason
from ..money import plain
from ..services.api_requests import InFlight
from .discretion import discreet

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUSES: dict[type[FinanceError], int] = {InvalidAmount: 422, KeyReused: 422, InFlight: 409}
TITLES = {
    400: "The request can't be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    406: "No such format",
    409: "Refused",
    412: "Changed since",
    413: "Too large",
    415: "Unknown content type",
    422: "Not valid",
    428: "Say which version",
    429: "Too many requests",
    500: "Our mistake",
    503: "Try again",
}


class Malformed(exceptions.APIException):
    """The request does not have the form that the schema says: headers, query, fields."""

    status_code = 400
    default_code = "malformed"


class Unprocessable(exceptions.ValidationError):
    """Well-formed, but a value makes no sense."""

    status_code = 422


class ProblemRenderer(JSONRenderer):
    """JSON under the media type of problems."""

    media_type = MEDIA_TYPE
    format = "problem"


def answer(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """The one exception handler of the API (settings.REST_FRAMEWORK)."""
    set_rollback()
    request = context["request"]
    status, code, detail, errors = tell(error, request)
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    wait = getattr(error, "wait", None)
    if wait or status == 503 or isinstance(error, InFlight):
        headers["Retry-After"] = str(int(wait or 1))
    problem = {
        "type": f"/problems/{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
        "errors": errors,
    }
    response = Response(problem, status=status, headers=headers, content_type=MEDIA_TYPE)
    request.accepted_renderer, request.accepted_media_type = ProblemRenderer(), MEDIA_TYPE
    return response


def shown(reason: Reason) -> dict[str, Any]:
    """One reason as programs read it."""
    return {
        "rule": reason.rule,
        "code": reason.code,
        "detail": reason.message,
        "facts": {name: as_json(value) for name, value in reason.facts.items()},
        "mend": reason.mend,
        "pointer": "",
    }


def status_of(kind: type[FinanceError]) -> int:
    """With which status a refusal is answered."""
    return next((status for known, status in STATUSES.items() if issubclass(kind, known)), 409)


def as_json(value: Any) -> Any:
    """Any fact as JSON has it: amounts as texts."""
    if isinstance(value, Decimal):
        return plain(value, 2)
    if isinstance(value, Mapping):
        return {str(name): as_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(inner) for inner in value]
    return value if isinstance(value, str | int | bool | None) else str(value)


def tell(error: Exception, request: Any) -> tuple[int, str, str, list[dict[str, Any]]]:
    """Status, code, one sentence and the single reasons of whatever went wrong."""
    if isinstance(error, FinanceError):
        reasons = [shown(discreet(reason, request)) for reason in error.reasons]
        return (
            status_of(type(error)),
            error.code,
            " ".join(one["detail"] for one in reasons),
            reasons,
        )
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        errors = list(_flat(error.get_full_details(), ""))
        status = error.status_code if isinstance(error, Unprocessable) else 422
        return status, "not_valid", "Some fields are not valid.", errors
    if isinstance(error, exceptions.APIException):
        code = error.get_codes() if isinstance(error.get_codes(), str) else error.default_code
        return error.status_code, str(code), force_str(error.detail), []
    return *_tell_fault(error, getattr(request, "request_id", "")), []


def _tell_fault(error: Exception, request_id: str) -> tuple[int, str, str]:
    if isinstance(error, RequestDataTooBig):
        return 413, "too_large", "The body is too large."
    if isinstance(error, UnreadablePostError):
        return 400, "malformed", "The connection ended before the body did."
    if isinstance(error, SuspiciousOperation):
        return 400, "malformed", "The request can't be read."
    if isinstance(error, IntegrityError):
        return 409, "conflict", f"Taken, or changed at the same moment{_constraint(error)}."
    if isinstance(error, DataError):
        return 422, "out_of_range", "A value is larger than the books can hold."
    if isinstance(error, OperationalError | InterfaceError):
        cause = type(error.__cause__).__name__
        log.warning("Request %s: the database could not do it now (%s).", request_id, cause)
        return 503, "try_again", "This can't be done at this moment. Try again."
    log.exception("Request %s failed.", request_id, exc_info=error)
    return 500, "internal_error", "Something is wrong here. Name the request id to our staff."


def _constraint(error: IntegrityError) -> str:
    """Our constraints are named as sentences; those that Django named are not shown."""
    diagnosis = getattr(error.__cause__, "diag", None)
    name = getattr(diagnosis, "constraint_name", None) or ""
    is_sentence = name.count("_") >= 3 and not name.startswith(("finance_mgmt_", "billing_"))
    return f": {name.replace('_', ' ')}" if is_sentence else ""


def _flat(details: Any, pointer: str) -> Iterator[dict[str, Any]]:
    """Nested details of a ValidationError as a list, each with a JSON pointer."""
    if isinstance(details, Mapping) and set(details) == {"message", "code"}:
        yield {
            "rule": "",
            "code": str(details["code"]),
            "detail": force_str(details["message"]),
            "facts": {},
            "mend": "",
            "pointer": pointer,
        }
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            step = "" if name == "non_field_errors" else f"/{name}"
            yield from _flat(inner, f"{pointer}{step}")
    else:
        is_many = any(isinstance(inner, Mapping) and "code" not in inner for inner in details)
        for number, inner in enumerate(details):
            yield from _flat(inner, f"{pointer}/{number}" if is_many else pointer)
