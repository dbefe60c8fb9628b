"""The log: one line per record, whatever others send, and no secret in it (RELIABILITY S23)."""

import logging
import sys
from logging.config import DictConfigurator

import pytest
from django.conf import settings
from django.test import Client

from finance_mgmt import logs, origin
from tests.api.door import boss


def written(message: str, *arguments: object, error: bool = False) -> str:
    """The record as the handlers of the settings write it, without its instant."""
    configurator = DictConfigurator(settings.LOGGING)
    formatter = configurator.configure_formatter(dict(settings.LOGGING["formatters"]["line"]))
    about = sys.exc_info() if error else None
    record = logging.LogRecord("door", logging.INFO, "", 0, message, arguments, about)
    return formatter.format(record).split(" ", 2)[2]


@pytest.mark.case("S23")
def test_a_record_is_one_line_under_the_id_of_its_request():
    token = origin.request_id.set("trace-7")
    text = written("Unknown user %s.", "eve\r\n2024-01-01 INFO door all is well\x1b[31m\u202e")
    origin.request_id.reset(token)
    told = r"eve\r\n2024-01-01 INFO door all is well\x1b[31m\u202e"
    assert text == f"INFO door trace-7 Unknown user {told}."
    assert written("Started.") == "INFO door - Started."


@pytest.mark.case("S23")
def test_no_line_of_a_stack_looks_like_a_record():
    try:
        raise ValueError("no\n2024-01-01 INFO door token=abc123")
    except ValueError:
        head, *stack = written("Failed.", error=True).split("\n")
    assert head == "INFO door - Failed."
    assert {line[:4] for line in stack} == {"  | "}
    assert stack[-1] == "  | 2024-01-01 INFO door token=***"


@pytest.mark.case("S23")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer 7d3f91c2e8ab", "Authorization: Bearer ***"),
        ("Basic ZGVtbzpkZW1v, again", "Basic ***, again"),
        ("{'password': 'hunter2', 'name': 'eve'}", "{'password': '***', 'name': 'eve'}"),
        ("/x?token=abc&page=2", "/x?token=***&page=2"),
        ("sessionid=k3y; csrftoken=t0k", "sessionid=***; csrftoken=***"),
        ("card 4111 1111 1111 1111 refused", "card ***1111 refused"),
        ("card 4111111111111111", "card ***1111"),
        ("account 4111111111111112", "account 4111111111111112"),
        ("amount 12345678901234.56", "amount 12345678901234.56"),
        ("The token was revoked.", "The token was revoked."),
    ],
)
def test_secrets_are_masked(text, expected):
    assert logs.masked(text) == expected


@pytest.mark.case("S23")
@pytest.mark.django_db
def test_what_requests_bring_along_is_not_logged(caplog):
    caplog.set_level(logging.DEBUG)
    caller = boss()
    secrets = ["hunter2-wrong", caller.headers["Authorization"].removeprefix("Bearer ")]
    caller.get("accounts/no%0Asuch", {"token": "in-the-query"})
    Client().post("/api/v1/tokens", headers={"Authorization": "Basic ZXZlOmh1bnRlcjItd3Jvbmc="})
    formatter = logs.Line("%(message)s")
    texts = [formatter.format(record) for record in caplog.records]
    assert texts != []
    assert [text for text in texts if "\n" in text or any(one in text for one in secrets)] == []
