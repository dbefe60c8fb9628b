"""The door in Chromium, in both languages: a password, then a code of an app; a passkey."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.core.cache import cache

from tests.browser.desk import HAN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECRET = "JBSWY3DPEHPK3PXP"  # the textbook's, of nobody


def test_a_password_and_a_code_lead_to_the_page_that_was_asked_for(page, tongue):
    cache.clear()
    mary = User.objects.create_superuser("mary", password="correct horse")
    TOTP.activate(mary, SECRET)
    page.context.clear_cookies()
    page.goto("/admin/finance_mgmt/account/")
    assert bool(HAN.search(page.locator("h1").inner_text())) == (tongue == "zh-hans")
    page.locator("[name=login]").fill("mary")
    page.locator("[name=password]").fill("correct horse")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/me/2fa/authenticate/**")
    page.locator("[name=code]").fill(format_hotp_value(hotp_value(SECRET, int(time.time()) // 30)))
    page.locator("[name=code]").press("Enter")
    page.wait_for_url("**/admin/finance_mgmt/account/")


def test_a_passkey_is_made_and_opens_the_door_without_a_password(page, tongue):
    cache.clear()
    User.objects.create_superuser("mary", password="correct horse")
    device(page)
    page.context.clear_cookies()
    page.goto("/me/login/?next=/me/2fa/webauthn/add/")
    page.locator("[name=login]").fill("mary")
    page.locator("[name=password]").fill("correct horse")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/me/reauthenticate/**")
    page.locator("[name=password]").fill("correct horse")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/me/2fa/webauthn/add/")
    assert bool(HAN.search(page.locator("h1").inner_text())) == (tongue == "zh-hans")
    page.locator("[name=name]").fill("laptop")
    page.locator("[name=passwordless]").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url("**/me/2fa/recovery-codes/**")
    page.goto("/me/logout/")
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/me/login/")

    page.goto("/admin/finance_mgmt/account/")
    page.locator("#passkey_login").click()
    page.wait_for_url("**/admin/finance_mgmt/account/")
    made = Authenticator.objects.get(user__username="mary", type=Authenticator.Type.WEBAUTHN)
    assert (made.wrap().name, made.wrap().is_passwordless) == ("laptop", True)
    assert made.last_used_at is not None


def device(page) -> None:
    """What a laptop has built in: it keeps passkeys and knows its owner at once."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
