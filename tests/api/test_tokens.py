"""Getting a token, using it, losing it; and who asks too often (RELIABILITY S13, S14)."""

import base64
import socket
from contextlib import suppress
from datetime import timedelta

import pytest
from django.test import Client
from knox.models import AuthToken

from finance_mgmt.api import throttles
from finance_mgmt.enums import Mode, Role
from finance_mgmt.models import Decision
from tests.api.door import Caller, boss, codes, person, staff, user_of
from tests.provider import LONG_AGO

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def basic(user, password: str = PASSWORD) -> dict[str, str]:
    text = base64.b64encode(f"{user.username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


def test_name_and_password_give_a_token_whose_text_is_nowhere_stored():
    user = person("mary", password=PASSWORD, is_staff=True)
    answer = Client().post("/api/v1/tokens", headers=basic(user))
    found = answer.json()
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    assert set(found) == {"prefix", "created_at", "expires_at", "token"}
    row = AuthToken.objects.get()
    assert (row.token_key, row.user) == (found["prefix"], user)
    assert found["token"] not in str(AuthToken.objects.values())
    me = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {found['token']}"}).json()
    assert me == {"username": "mary", "is_staff": True, "accounts": [], "permissions": []}


def test_wrong_passwords_and_disabled_people_get_none():
    user = person("mary", password=PASSWORD)
    assert Client().post("/api/v1/tokens", headers=basic(user, "guess")).status_code == 401
    assert Client().post("/api/v1/tokens").status_code == 401
    user.is_active = False
    user.save()
    assert Client().post("/api/v1/tokens", headers=basic(user)).status_code == 401
    assert not AuthToken.objects.exists()


def test_name_and_password_open_nothing_else(provider):
    user = person("mary", password=PASSWORD, is_superuser=True, is_staff=True)
    assert Client().get("/api/v1/accounts", headers=basic(user)).status_code == 401


def test_a_token_is_listed_and_revoked_at_once():
    caller, other = staff("view_account"), staff()
    prefix = caller.get("tokens").json()[0]["prefix"]
    assert caller.get("accounts").status_code == 200
    assert other.delete(f"tokens/{prefix}", key=None).status_code == 404
    assert caller.delete(f"tokens/{prefix}", key=None).status_code == 204
    assert caller.get("accounts").status_code == 401
    assert other.delete("tokens/current", key=None).status_code == 204
    assert other.get("tokens").status_code == 401
    verbs = Decision.objects.filter(verb__startswith="people.").values_list("verb", flat=True)
    assert sorted(verbs) == ["people.issue_token"] * 2 + ["people.revoke_token"] * 2


def test_an_expired_token_opens_nothing_and_reading_does_not_remove_it():
    caller = boss()
    AuthToken.objects.update(expiry=AuthToken.objects.get().created - timedelta(seconds=1))
    assert caller.get("accounts").status_code == 401
    assert AuthToken.objects.count() == 1


@pytest.mark.rule("Z6")
def test_me_names_the_accounts_of_a_person(provider):
    user = person("mary")
    user_of(provider.account("X"), Role.VIEWER, user)
    user_of(provider.account("M"), Role.OWNER, user)
    assert Caller(user).get("me").json()["accounts"] == [
        {"account": "M", "role": "owner"},
        {"account": "X", "role": "viewer"},
    ]


def test_a_browser_session_needs_a_csrf_token(provider):
    provider.account("M")
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss().user)
    body = {"account": "M", "amount": "1.00", "currency": "CNY"}
    answer = client.post(
        "/api/v1/top-ups", body, "application/json", headers={"Idempotency-Key": "k"}
    )
    assert (answer.status_code, codes(answer)) == (403, ["permission_denied"])
    assert client.get("/api/v1/accounts").status_code == 200


def test_whoever_asks_too_often_waits(rate):
    caller, other = boss(), boss()
    rate("everything", "2/h")
    answers = [caller.get("accounts") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert codes(answers[2]) == ["throttled"]
    assert 0 < int(answers[2]["Retry-After"]) <= 3600
    assert other.get("accounts").status_code == 200


def test_writes_have_a_rate_of_their_own(rate):
    caller = boss()
    rate("writes", "1/h")
    assert [caller.post("top-ups", {}).status_code for _ in range(2)] == [422, 429]
    assert caller.get("accounts").status_code == 200


def test_a_group_has_a_rate_for_all_its_accounts_together(rate, provider):
    master, member, other = (provider.account(number) for number in ("M", "G", "X"))
    provider.link(master, member, LONG_AGO, mode=Mode.MANAGEMENT)
    people = [user_of(account) for account in (master, master, member)]
    stranger, staff_member = user_of(other), boss()
    rate("group", "3/h")
    answers = [caller.get("accounts") for caller in (*people, *people)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 3
    assert 0 < int(answers[3]["Retry-After"]) <= 3600
    assert stranger.get("accounts").status_code == 200
    assert [staff_member.get("accounts").status_code for _ in range(4)] == [200] * 4


def test_a_command_given_by_get_counts_as_a_write(rate):
    caller = boss()
    rate("writes", "1/h")
    query = {"Action": "RelieveAccountRelation", "Version": "2017-12-14", "RelationId": "1"}
    found = [
        caller.client.get("/api/bss/", query, headers=caller.headers).json()["Code"]
        for _ in range(2)
    ]
    assert found == ["InvalidParameter", "Throttling.User"]


def test_guessing_passwords_is_slow_and_a_forged_address_does_not_help(rate):
    user = person("mary", password=PASSWORD)
    rate("sign_in", "2/h")
    answers = [
        Client().post(
            "/api/v1/tokens", headers={**basic(user, "guess"), "X-Forwarded-For": f"10.0.0.{n}"}
        )
        for n in range(3)
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429]


def test_without_redis_nobody_is_throttled(rate, settings):
    caller = boss()
    rate("everything", "1/h")
    gone = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///nowhere"}
    settings.CACHES = {"default": gone}
    assert [caller.get("accounts").status_code for _ in range(3)] == [200] * 3


@pytest.mark.case("F9")
def test_nobody_waits_for_a_redis_that_says_nothing(rate, settings, monkeypatch):
    """It is asked twice at most, then left alone for a while."""
    caller, clock = boss(), [1000.0]
    rate("everything", "1/h")
    monkeypatch.setattr(throttles, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(throttles, "monotonic", lambda: clock[0])
    with socket.create_server(("127.0.0.1", 0)) as dumb:
        address = f"redis://127.0.0.1:{dumb.getsockname()[1]}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}
        assert [caller.get("accounts").status_code for _ in range(20)] == [200] * 20
        assert asked(dumb) == 2
        clock[0] += throttles.REST_SECONDS
        assert caller.get("accounts").status_code == 200
        assert asked(dumb) == 2


def asked(server: socket.socket) -> int:
    """How many connections were made since it was looked at last."""
    server.settimeout(0.1)
    found = 0
    with suppress(TimeoutError):
        while True:
            server.accept()[0].close()
            found += 1
    return found
