"""Signing in: one door, second factors, lock-out, what browsers are told (reliability S13, S14)."""

import base64
import os
import subprocess
import sys
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXP"  # the textbook's, of nobody
WORDS = {"login": "mary", "password": "correct horse"}


@pytest.fixture
def mary():
    cache.clear()
    return User.objects.create_user("mary", password="correct horse", is_staff=True)


def sign_in(client: Client, **changed: str):
    return client.post(reverse("account_login"), WORDS | changed)


def code_of(secret: str = SECRET) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_the_admins_own_door_leads_to_the_one_door():
    answer = Client().get("/admin/billing/bill/")
    assert (answer.status_code, answer.url) == (302, "/admin/login/?next=/admin/billing/bill/")
    answer = Client().get(answer.url)
    assert (answer.status_code, answer.url) == (302, "/me/login/?next=%2Fadmin%2Fbilling%2Fbill%2F")


def test_name_and_password_lead_to_the_admin(mary):
    client = Client()
    answer = sign_in(client)
    assert (answer.status_code, answer.url) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200


def test_nobody_signs_up():
    answer = Client().post(
        reverse("account_signup"),
        {"username": "eve", "password1": "let me in now", "password2": "let me in now"},
    )
    assert (answer.status_code, User.objects.filter(username="eve").exists()) == (200, False)


def test_with_an_app_the_code_is_asked_before_anything_is_shown(mary):
    TOTP.activate(mary, SECRET)
    assert SECRET not in str(Authenticator.objects.values()), "it is stored encrypted"
    client = Client()
    assert sign_in(client).url == "/me/2fa/authenticate/"
    assert client.get("/admin/").status_code == 302
    assert client.post("/me/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.post("/me/2fa/authenticate/", {"code": code_of()}).url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_where_it_is_required_a_second_factor_comes_first(mary, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client = Client()
    client.force_login(mary)
    answer = client.get("/admin/")
    assert (answer.status_code, answer.url) == (302, "/me/2fa/")
    TOTP.activate(mary, SECRET)
    assert client.get("/admin/").status_code == 200


def test_five_wrong_passwords_lock_name_and_address(mary):
    client = Client()
    answers = [sign_in(client, password="guess").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    locked = sign_in(client)
    assert (locked.status_code, b"Too many wrong passwords" in locked.content) == (429, True)
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere).status_code == 302, (
        "who sits elsewhere is not locked out by a guesser"
    )
    AccessAttempt.objects.all().delete()  # what an administrator does
    assert sign_in(client).status_code == 302


def test_a_forged_forwarding_header_is_not_believed(mary):
    for number in range(5):
        Client().post(
            reverse("account_login"),
            WORDS | {"password": "guess"},
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
        )
    assert sign_in(Client()).status_code == 429


def test_a_password_alone_gives_no_token_to_whoever_has_a_second_factor(mary):
    TOTP.activate(mary, SECRET)
    word = base64.b64encode(b"mary:correct horse").decode()
    given = {"Authorization": f"Basic {word}"}
    assert Client().post("/api/v1/tokens", headers=given).status_code == 401
    wrong = Client().post("/api/v1/tokens", headers=given | {"One-Time-Code": "000000"})
    assert (wrong.status_code, AccessAttempt.objects.get().failures_since_start) == (401, 1)
    right = {"One-Time-Code": code_of()}  # of this half minute
    assert Client().post("/api/v1/tokens", headers=given | right).status_code == 201
    assert Client().post("/api/v1/tokens", headers=given | right).status_code == 401, "used"


def test_another_password_ends_other_sessions(mary):
    here, there = Client(), Client()
    sign_in(here)
    sign_in(there)
    changed = {
        "oldpassword": "correct horse",
        "password1": "battery staple 7",
        "password2": "battery staple 7",
    }
    assert here.post(reverse("account_change_password"), changed).status_code == 302
    assert (here.get("/admin/").status_code, there.get("/admin/").status_code) == (200, 302)


@pytest.mark.parametrize("path", ["/me/login/", "/admin/", "/api/v1/accounts", "/api/v1/docs/"])
def test_browsers_are_told_what_may_run(path):
    told = Client().get(path).headers["Content-Security-Policy"]
    assert told == settings.CONTENT_SECURITY_POLICY
    assert ("'unsafe-inline'" in told.partition("script-src")[2].partition(";")[0]) is False


@pytest.mark.slow
def test_djangos_own_deployment_checks_are_clean():
    """With what docs/operating.md tells a deployment to set."""
    ours = {name: value for name, value in os.environ.items() if "UNSAFE" not in name}
    told = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=ours
        | {
            "DJANGO_SETTINGS_MODULE": "finance_mgmt.settings",
            "SECRET_KEY": "k7" * 15 + "#a9$zQ!w0^pLm3&vXe5*bTn1@cRy8",
            "HTTPS": "true",
            "ALLOWED_HOSTS": "billing.example.com",
        },
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr.count("WARNING")) == (0, 0), told.stderr
