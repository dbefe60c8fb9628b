"""Filters that staff keep: above their list, shared or not, deleted by who made them."""

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Bill
from finance_mgmt.models import Account, SavedFilter
from tests.finance_mgmt.admin_door import list_url, staff, text

pytestmark = pytest.mark.django_db

VIEW = "finance_mgmt.view_account"
SAVE = "admin:finance_mgmt_account_save_filter"


def signed_in(user) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def links(browser: Client, query: str = "") -> list[tuple[str, bool, bool]]:
    found = browser.get(f"{list_url(Account)}?{query}").context["saved_filters"]["links"]
    return [(one["saved"].name, one["is_own"], one["is_chosen"]) for one in found]


def test_a_filter_is_kept_shared_replaced_and_deleted(provider):
    provider.account("A")
    person, colleague = staff(VIEW), staff(VIEW)
    mine, theirs = signed_in(person), signed_in(colleague)
    query = "role=alone&channel__exact=direct"
    said = {"name": " Direct, alone ", "is_shared": ""}
    answer = mine.post(f"{reverse(SAVE)}?{query}&p=2", said)
    assert answer.url == f"{list_url(Account)}?{query}"
    turned = "channel__exact=direct&role=alone"
    assert (links(mine), links(mine, turned), links(theirs)) == (
        [("Direct, alone", True, False)],
        [("Direct, alone", True, True)],
        [],
    )
    mine.post(f"{reverse(SAVE)}?role=master", {"name": "Direct, alone", "is_shared": "on"})
    saved = SavedFilter.objects.get()
    assert (saved.query, saved.is_shared, saved.of) == (
        "role=master",
        True,
        "finance_mgmt.account",
    )
    assert links(theirs, "role=master") == [("Direct, alone", False, True)]
    delete = reverse("admin:finance_mgmt_account_delete_filter", args=[saved.pk])
    assert theirs.post(delete).status_code == 404
    assert mine.get(delete).status_code == 405
    assert mine.post(f"{delete}?role=alone").url == f"{list_url(Account)}?role=alone"
    assert SavedFilter.objects.count() == 0


@pytest.mark.parametrize(
    ("query", "name"),
    [("", "x"), ("role=alone", " "), ("role=alone", "x" * 61), ("q=" + "x" * 2001, "x")],
)
def test_what_says_nothing_is_not_kept(query, name, provider):
    browser = signed_in(staff(VIEW))
    said = browser.post(f"{reverse(SAVE)}?{query}", {"name": name}, follow=True).context["messages"]
    assert [text(one) for one in said] == ["Give the filter a name of at most 60 characters."]
    assert SavedFilter.objects.count() == 0


def test_filters_of_a_list_are_for_who_may_see_it(provider):
    browser = signed_in(staff("billing.view_bill"))
    assert browser.post(f"{reverse(SAVE)}?role=alone", {"name": "x"}).status_code == 403
    assert Client().post(f"{reverse(SAVE)}?role=alone", {"name": "x"}).status_code == 302
    assert browser.get(list_url(Bill)).context["saved_filters"]["can_save"] is False
    assert browser.get(f"{list_url(Bill)}?q=x").context["saved_filters"]["can_save"] is True
    assert SavedFilter.objects.count() == 0
