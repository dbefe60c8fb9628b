"""The door in Chromium, in both languages: a password, then a code of an app."""

import time

import pytest
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
