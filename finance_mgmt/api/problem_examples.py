"""Every problem there is, as the schema shows it: one example per type, named by its code.

Those of the API itself stand here; refusals of the rules bring an example each (`FinanceError`).
Which operation answers with which: schema.py.
"""

from collections.abc import Iterator
from typing import Any

from ..errors import FinanceError, InvalidAmount, KeyReused, Reason
from .problems import TITLES, shown, status_of

EXAMPLE = "#/components/examples/{}"
REQUEST_ID = "774ad1d5a1a14b4fa1ee1e6c4e1c9f0b"

BAD_CURSOR = "Take the cursor from `next`, unchanged."
BAD_SIZE = "page_size is a number from 1 to 200."

# Status -> code -> what it says.
OF_ALL = {
    400: {
        "malformed": "The request can't be read.",
        "unknown_parameter": "Unknown in the query: payr (did you mean payer?).",
        "account_missing": "Say in X-Account for which account: ACME, LABS.",
    },
    401: {
        "not_authenticated": "Authentication credentials were not provided.",
        "authentication_failed": "Invalid token.",
    },
    403: {
        "permission_denied": "You do not have permission to perform this action.",
        "not_your_account": "You may not act for this account.",
    },
    404: {"not_found": "Not found."},
    406: {"not_acceptable": "Could not satisfy the request Accept header."},
    422: {"not_valid": "Some fields are not valid."},
    429: {"throttled": "Request was throttled. Expected available in 3 seconds."},
    500: {"internal_error": "Something is wrong here. Name the request id to our staff."},
    503: {"try_again": "This can't be done at this moment. Try again."},
}
OF_LISTS = {
    400: {
        "bad_cursor": BAD_CURSOR,
        "bad_page_size": BAD_SIZE,
        "vague_filter": "Give status one value, or leave it out.",
        "bad_ordering": "Order by one of: id; with a - downwards.",
    }
}
OF_WRITES = {
    400: {
        "parse_error": "This is no JSON: Expecting value: line 1 column 1 (char 0)",
        "not_an_object": "The body is no JSON object.",
        "unknown_field": "Unknown fields: amout (did you mean amount?).",
        "key_missing": "Send Idempotency-Key: a text of your own, new per command.",
        "unknown_condition": "If-Match means nothing here: leave it out.",
        "bad_key": "Idempotency-Key has 1 to 100 characters of ASCII, none of them a space.",
    },
    403: {
        "not_yours": "You may look at this, not change it.",
        "other_end": "This is for the master to do.",
    },
    409: {
        "in_flight": "A request with this key is being worked on. Ask again in a moment.",
        "conflict": "Taken, or changed at the same moment.",
    },
    413: {"too_large": "The body has more than 1000000 bytes."},
    415: {"unsupported_media_type": 'Unsupported media type "text/xml" in request.'},
    422: {"out_of_range": "A value is larger than the books can hold."},
}
OF_TAGGED = {400: {"unknown_field": "Unknown in fields: totl (did you mean total?)."}}
OF_MATCHING = {
    412: {"stale": "This has changed since you read it. Read it again, then decide."},
}
OF_NEEDING_MATCH = {
    **OF_MATCHING,
    428: {
        "if_match_missing": "Say which version you change: read it, and send its ETag as If-Match."
    },
}
OF_SOME = {
    400: {
        "bad_page_size": BAD_SIZE,
        "bad_cursor": BAD_CURSOR,
        "empty_body": "Send at least one line.",
        "unknown_source": "Name a source in the query: ?source=meter.",
        "unknown_version": "Bills are written in version 1.2 or 1.0.",
        "unknown_form": "Statements are written as csv or xlsx.",
        "unknown_value": "language is one of: en, zh-hans.",
        "month_missing": "Give a month as 2024-05.",
    },
    403: {
        "same_person": "Somebody else has to decide.",
        "asker_lost_role": "Whoever asked may not do this any more. Reject it.",
        "whole_only": "Leave the amount out: the whole unused part is given back.",
    },
}
ALL = (OF_ALL, OF_LISTS, OF_TAGGED, OF_WRITES, OF_NEEDING_MATCH, OF_SOME)
OF_EVERY_WRITE = (KeyReused, InvalidAmount)  # of most: keys and amounts are everywhere


def codes(*tables: dict[int, dict[str, str]]) -> dict[int, list[str]]:
    """The codes of some tables by status."""
    found: dict[int, list[str]] = {}
    for table in tables:
        for status, told in table.items():
            found.setdefault(status, []).extend(told)
    return found


def answers_with(*codes: str, refuses: tuple[type[FinanceError], ...] = ()) -> Any:
    """Say of a view's method which problems of few it may answer with, too."""

    def mark(method: Any) -> Any:
        method.problems = {
            status: mine
            for status, told in OF_SOME.items()
            if (mine := [code for code in told if code in codes])
        }
        if refuses:
            method.refuses = refuses
        return method

    return mark


def made() -> dict[str, dict[str, Any]]:
    """All examples, as they stand under `components`."""
    found = {}
    for table in ALL:
        for status, told in table.items():
            for code, detail in told.items():
                errors = [_FIELD] if code == "not_valid" else []
                found[code] = _problem(code, status, detail, errors)
    for kind in refusals(FinanceError):
        reason = kind.example
        if reason is not None:
            found[kind.code] = _problem(
                kind.code, status_of(kind), reason.message, [shown(reason)], kind.__doc__ or ""
            )
    return dict(sorted(found.items()))


def refusals(kind: type[FinanceError]) -> Iterator[type[FinanceError]]:
    """Every refusal that somebody wrote."""
    for one in kind.__subclasses__():
        yield one
        yield from refusals(one)


def _problem(
    code: str, status: int, detail: str, errors: list[dict[str, Any]], summary: str = ""
) -> dict[str, Any]:
    value = {
        "type": f"/problems/{code}",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "instance": "/api/v1/...",
        "request_id": REQUEST_ID,
        "errors": errors,
    }
    return {"summary": summary.split("\n")[0] or detail, "value": value}


_FIELD = {
    **shown(Reason("", "required", "This field is required.")),
    "pointer": "/amount",
}
