"""The tour leads through whatever is in the books; empty lists and forms say what holds."""

import pytest
from django.contrib import admin
from django.urls import reverse

from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.lists import ListTools
from finance_mgmt.models import Account
from tests.billing.admin_world import fill
from tests.finance_mgmt.admin_door import door, everything, list_url, text

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


def commands(kind=CommandPage) -> list:
    return [one for sub in kind.__subclasses__() for one in (sub, *commands(sub))]


def test_every_command_says_in_plain_words_what_holds():
    silent = {one for one in commands() if hasattr(one, "label") and not str(one.intro).strip()}
    assert silent == set()


LISTS = [one for one in admin.site._registry.values() if isinstance(one, ListTools)]
SAYS_ITSELF = {  # their rows are there from the beginning, or only their page is shown
    "auth.group",
    "auth.user",
    "billing.closedthrough",
    "finance_mgmt.decision",
    "finance_mgmt.job",
    "finance_mgmt.storedpolicy",
    "invoicing.series",
}


def test_every_empty_list_says_what_to_do_first():
    silent = {one.opts.label_lower for one in LISTS if not one.when_empty}
    assert silent == SAYS_ITSELF
    browser, found = everything(), {}
    for one in LISTS:
        if one.when_empty:
            page = browser.get(list_url(one.model)).content.decode()
            found[one.opts.label_lower] = page.count('class="bo-none"')
            if one.first_step:
                assert browser.get(reverse(one.first_step[1])).status_code == 200
    assert found == dict.fromkeys(found, 1)


def test_a_filter_that_leaves_nothing_offers_to_go_back(provider):
    provider.account("A")
    page = everything().get(list_url(Account), {"q": "nobody"}).content.decode()
    said = "There may be other accounts: take the search or the filters away."
    assert (page.count(said), page.count("No accounts yet")) == (1, 0)


def test_the_way_to_begin_is_shown_to_who_may_go_it():
    looking, opening = (
        door("finance_mgmt.view_account", *more).get(list_url(Account)).context["cl"].first_link
        for more in ([], ["finance_mgmt.open_account"])
    )
    bills = door("billing.view_bill").get(reverse("admin:billing_bill_changelist"))
    assert looking is None
    assert opening["url"] == reverse("admin:finance_mgmt_account_open")
    assert bills.context["cl"].first_link is None
