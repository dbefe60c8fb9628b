"""The tour leads through whatever is in the books; the keys are listed."""

import pytest
from django.urls import reverse

from finance_mgmt.models import Account
from tests.billing.admin_world import fill
from tests.finance_mgmt.admin_door import door, everything, text

pytestmark = pytest.mark.django_db


def stops(browser) -> list:
    (part,) = browser.get(reverse("admin:tour")).context["panels"]
    return part.context["stops"]


def test_every_stop_of_full_books_opens(provider):
    fill(provider, 1)
    browser = everything()
    found = stops(browser)
    master = Account.objects.get(number="M-0")
    codes = {str(stop.title): browser.get(stop.url).status_code for stop in found}
    assert codes == dict.fromkeys(
        [
            "A group",
            "The terms of an account",
            "Usage comes in",
            "Why a charge is what it is",
            "A bill",
            "An invoice",
            "The timeline",
            "As it was",
            "Link two accounts",
            "What if?",
        ],
        200,
    )
    assert found[0].sentence == (
        f"{master.name} and everybody it pays for or manages: the month so far, by member."
    )


def test_empty_books_say_how_things_come_about():
    browser = everything()
    found = stops(browser)
    assert [browser.get(stop.url).status_code for stop in found] == [200] * 10
    assert found[4].sentence == (
        "When a month is closed its bills are issued: one per payer, for all its members."
    )


def test_nobody_is_led_where_they_may_not_go(provider):
    fill(provider, 1)
    assert stops(door()) == []
    browser = door("finance_mgmt.view_account")
    assert [browser.get(stop.url).status_code for stop in stops(browser)] == [200]


def test_the_keys_are_a_page_and_a_fragment():
    browser, address = door(), reverse("admin:shortcuts")
    page = browser.get(address).content.decode()
    fragment = browser.get(address, headers={"X-Requested-With": "XMLHttpRequest"})
    assert (page.count("<html"), fragment.content.decode().count("<html")) == (1, 0)
    assert page.count("<kbd>") == fragment.content.decode().count("<kbd>")
    assert text(fragment.content.decode()).count("Save the filter") == 1
