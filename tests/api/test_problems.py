"""Whatever goes wrong is a problem of one shape: no stack, no SQL, no path (RELIABILITY S20)."""

import json
import logging

import pytest
from django.db import DataError, IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from finance_mgmt.models import AccountUser
from finance_mgmt.services import cash
from tests.api.door import Caller, boss, codes, person, problem, user_of
from tests.provider import LONG_AGO

pytestmark = pytest.mark.django_db

MEMBERS = {"type", "title", "status", "detail", "instance", "request_id", "errors"}
REASON = {"rule", "code", "detail", "facts", "mend", "pointer"}
BODY = {"account": "M", "amount": "10.00", "currency": "CNY"}


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "relationships/abc",
        "relationships/-1",
        f"relationships/{10**30}",
        "bills/1.5",
        "accounts/no such",
        "accounts/a%00b",
        "accounts/",
        "orders/%F0%9F%92%B0",
        "../admin",
        "bills/1/lines",
        "x" * 3000,
    ],
)
def test_odd_addresses_are_json_404(path):
    found = boss().get(path)
    assert (found.status_code, codes(found), set(problem(found))) == (404, ["not_found"], MEMBERS)


def test_methods_that_are_not_meant_are_405_and_change_nothing(provider):
    provider.account("M")
    caller = boss()
    for method, path in [
        ("put", "accounts/M"),
        ("patch", "accounts/M"),
        ("delete", "accounts/M"),
        ("post", "bills"),
        ("post", "movements"),
        ("options", "accounts"),
        ("put", "withdrawals"),
        ("put", "relationships/1"),
    ]:
        answer = caller.send(method, path)
        assert (path, answer.status_code, codes(answer)) == (path, 405, ["method_not_allowed"])


def test_a_refusal_names_rule_fact_and_who_mends_it(provider):
    provider.account("M", cash_amount="5")
    found = problem(boss().post("withdrawals", BODY))
    (reason,) = found["errors"]
    assert set(found) == MEMBERS
    assert set(reason) == REASON
    assert (found["type"], found["status"], found["instance"]) == (
        "/problems/cash_refused",
        409,
        "/api/v1/withdrawals",
    )
    assert (reason["rule"], reason["code"]) == ("F7", "above_free_cash")
    assert reason["facts"] == {
        "amount": "10.00",
        "most": "5.00",
        "formula": "min(cash - transferred in, available)",
    }


@pytest.mark.parametrize(
    ("text", "content_type", "expected"),
    [
        ("{", "application/json", (400, "parse_error")),
        ("[1]", "application/json", (400, "not_an_object")),
        ("null", "application/json", (422, "null")),
        ('"text"', "application/json", (400, "not_an_object")),
        ("\xff", "application/json", (422, "required")),
        ('{"amount": NaN}', "application/json", (400, "parse_error")),
        ('{"amount": Infinity}', "application/json", (400, "parse_error")),
        ("{" + '"a":' * 1 + "[" * 100_000, "application/json", (400, "parse_error")),
        ("a=1", "application/x-www-form-urlencoded", (415, "unsupported_media_type")),
        ("<a/>", "text/xml", (415, "unsupported_media_type")),
    ],
)
def test_bodies_that_are_none(text, content_type, expected):
    answer = boss().client.post(
        "/api/v1/top-ups",
        data=text.encode("latin-1") if text != "\xff" else b"{}",
        content_type=content_type,
        headers={**boss().headers, "Idempotency-Key": "k"},
    )
    status, code = expected
    assert (answer.status_code, codes(answer)[0]) == (status, code)


def test_a_body_that_is_too_large(provider):
    body = {**BODY, "reason": "x" * 1_200_000}
    answer = boss().post("top-ups", body)
    assert (answer.status_code, codes(answer)) == (413, ["too_large"])


def test_another_format_is_not_on_offer():
    answer = boss().get("accounts", Accept="text/xml")
    assert (answer.status_code, codes(answer)) == (406, ["not_acceptable"])


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("Bearer", "authentication_failed"),
        ("Bearer nonsense", "authentication_failed"),
        ("Bearer a b", "authentication_failed"),
        ("Bearer \xe4\xf6", "authentication_failed"),
        ("Basic bm9ib2R5Om5vdGhpbmc=", "not_authenticated"),
    ],
)
def test_tokens_that_are_none(token, code):
    answer = Caller().get("accounts", Authorization=token)
    assert (answer.status_code, codes(answer), answer["WWW-Authenticate"]) == (
        401,
        [code],
        "Bearer",
    )


def test_the_request_id_is_given_back_where_it_is_harmless():
    caller = boss()
    assert caller.get("accounts", **{"X-Request-Id": "trace-7.1"})["X-Request-Id"] == "trace-7.1"
    for odd in ("a b", "x" * 65, "é", "a;b"):
        own = caller.get("nothing", **{"X-Request-Id": odd})
        assert own["X-Request-Id"] == problem(own)["request_id"]
        assert own["X-Request-Id"] not in (odd, "")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("SELECT secret FROM /etc/passwd"), 500, "internal_error"),
        (IntegrityError('duplicate key "secret"'), 409, "conflict"),
        (DataError("numeric field overflow"), 422, "out_of_range"),
    ],
)
def test_faults_tell_nothing_but_the_request_id(provider, monkeypatch, caplog, error, status, code):
    def broken(**arguments):
        raise error

    provider.account("M")
    monkeypatch.setattr(cash, "top_up", broken)
    caplog.set_level(logging.CRITICAL)
    answer = boss().post("top-ups", BODY)
    body = json.dumps(problem(answer))
    assert (answer.status_code, codes(answer)) == (status, [code])
    for secret in ("secret", "SELECT", "Traceback", "/work", "passwd"):
        assert secret not in body


def test_what_the_database_refuses_is_told_by_its_sentence(provider, monkeypatch):
    account = provider.account("M")
    constraint = "one_role_per_user_and_account"

    def broken(**arguments):
        AccountUser.objects.bulk_create(
            AccountUser(
                user=user, account=account, role="owner", appointed_at=LONG_AGO, decision_id=1
            )
            for _ in range(2)
        )

    user = person()
    monkeypatch.setattr(cash, "top_up", broken)
    answer = problem(boss().post("top-ups", BODY))
    told = f"Taken, or changed at the same moment: {constraint.replace('_', ' ')}."
    assert (answer["status"], answer["detail"]) == (409, told)


def test_reading_writes_nothing(provider):
    account = provider.account("M", cash_amount="5")
    caller = user_of(account)
    with CaptureQueriesContext(connection) as queries:
        for path in ("accounts", "movements", "accounts/M/funds", "accounts/M/terms", "bills"):
            assert caller.get(path).status_code == 200
    wrote = [
        q["sql"] for q in queries if q["sql"].split(" ", 1)[0] in ("INSERT", "UPDATE", "DELETE")
    ]
    assert wrote == []
