"""Where the books stand, and letting the jobs begin."""

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import ClosedThrough
from finance_mgmt.models import Decision
from tests.finance_mgmt.admin_door import door, facts, list_url, text, viewer
from tests.provider import at

pytestmark = pytest.mark.django_db

START = "admin:billing_closedthrough_start"
MAY_START = ("billing.view_closedthrough", "billing.change_closedthrough")


def test_before_anything_is_closed_the_page_says_so():
    page = door(*MAY_START).get(list_url(ClosedThrough)).context
    assert page["panels"][0].context["title"] == "Cycles are not closed yet."
    assert [str(command.label) for command in page["commands"]] == ["Start closing"]
    assert viewer(ClosedThrough).get(list_url(ClosedThrough)).context["commands"] == []


def test_starting_is_one_decision_of_who_may(provider):
    assert Client().post(reverse(START)).status_code == 302
    assert viewer(ClosedThrough).post(reverse(START)).status_code == 403
    assert door(*MAY_START).get(reverse(START)).status_code == 405
    assert Decision.objects.filter(verb="cycles.start_closing").count() == 0
    browser = door(*MAY_START)
    assert browser.post(reverse(START)).url == list_url(ClosedThrough)
    started = ClosedThrough.objects.get().started_at
    assert Decision.objects.filter(verb="cycles.start_closing").count() == 1
    page = browser.get(list_url(ClosedThrough)).context
    assert (len(page["panels"]), page["commands"]) == (1, [])
    browser.post(reverse(START))
    assert ClosedThrough.objects.get().started_at == started


def test_the_page_says_how_far_the_books_are_closed(provider):
    account = provider.account("A", cash_amount="9")
    provider.use(account, provider.product("compute"), "1", at("2024-05-10 14:20"))
    provider.jobs(at("2024-06-01 00:10"))
    page = viewer(ClosedThrough).get(list_url(ClosedThrough)).context["panels"]
    assert facts(page[0]) == {
        "closing started at": "2024-06-01 00:10",
        "closed through": "2024-06-01 00:10",
        "billed through month": "2024-05",
    }
    assert text(page[0].facts[1].note) == "What arrives for a cycle before this instant is late."
