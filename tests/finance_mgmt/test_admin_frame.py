"""The frame of every page: sidebar, time zone, search, the second page of large tables."""

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views.defaults import server_error

from finance_mgmt.admin import navigation, paging
from finance_mgmt.enums import RunState
from finance_mgmt.models import Account, Decision, Run
from finance_mgmt.services import decisions, runs
from tests.finance_mgmt.admin_door import door, everything, list_url, listed, staff, viewer
from tests.provider import LONG_AGO

pytestmark = pytest.mark.django_db


def sidebar(rf, user, path="/admin/") -> dict[str, list[str]]:
    request = rf.get(path)
    request.user = user
    return {
        str(group["title"]): [str(item["title"]) for item in group["items"]]
        for group in navigation.groups(request)
    }


def test_the_sidebar_shows_what_one_may_see(rf):
    assert sidebar(rf, staff()) == {"Today": ["Dashboard", "Your files"]}
    assert sidebar(rf, staff("billing.view_bill", "finance_mgmt.view_run")) == {
        "Today": ["Dashboard", "Runs", "Your files"],
        "Bills": ["Bills", "Outstanding bills"],
    }


@pytest.mark.parametrize(
    ("path", "active"),
    [
        ("/admin/", ["Dashboard"]),
        ("/admin/finance_mgmt/run/", ["Runs"]),
        ("/admin/finance_mgmt/run/7/change/", ["Runs"]),
        ("/admin/billing/bill/?status__exact=outstanding&p=2", ["Outstanding bills"]),
        ("/admin/billing/bill/?status__exact=settled", ["Bills"]),
        ("/admin/billing/usageimport/upload/", ["Import a file"]),
        ("/admin/password_change/", []),
    ],
)
def test_exactly_one_entry_is_where_we_are(rf, path, active, admin_user):
    request = rf.get(path)
    request.user = admin_user
    items = [item for group in navigation.groups(request) for item in group["items"]]
    assert [str(item["title"]) for item in items if item["active"]] == active


def test_failed_runs_are_counted_beside_their_entry(rf, admin_user):
    for number in range(3):
        run = runs.open(
            kind="bill", scopes=[], facts={}, total_units=0, key=f"{number}", by="x", at=LONG_AGO
        )
        Run.objects.filter(pk=run.pk).update(state=RunState.FAILED)
    request = rf.get("/admin/")
    request.user = admin_user
    items = [item for group in navigation.groups(request) for item in group["items"]]
    assert {str(item["title"]): item["badge"] for item in items if "badge" in item} == {"Runs": 3}


def test_times_are_those_of_the_billing_time_zone(provider):
    provider.policy(billing_time_zone="America/New_York")
    provider.account("A")
    body = everything().get(list_url(Decision)).content.decode()
    assert body.count("Times in America/New_York") == 1
    assert body.count("2019-12-31 19:00</time>") == Decision.objects.count()
    assert timezone.get_current_timezone_name() == "UTC"


def decide(count: int) -> None:
    for number in range(count):
        decisions.record(verb="v", facts={}, key=f"{number}", by="x", at=LONG_AGO)


def test_a_large_table_is_counted_up_to_a_limit_only(monkeypatch):
    monkeypatch.setattr(paging, "EXACT_UP_TO", 4)
    decide(4)
    exact = paging.LargeTablePaginator(Decision.objects.order_by("-id"), 2)
    assert (exact.count, exact.is_estimate) == (4, False)
    decide(9)
    guessed = paging.LargeTablePaginator(Decision.objects.order_by("-id"), 2)
    assert (guessed.is_estimate, guessed.count >= 5) == (True, True)
    part = paging.LargeTablePaginator(Decision.objects.filter(verb="v").order_by("-id"), 2)
    assert (part.is_estimate, part.count) == (True, 5)


def test_pages_of_a_large_table_come_in_order():
    decide(5)
    pages = paging.LargeTablePaginator(Decision.objects.order_by("-id"), 2)
    assert [[row.key for row in page.object_list] for page in pages] == [
        ["4", "3"],
        ["2", "1"],
        ["0"],
    ]


def test_the_second_page_of_a_list_opens():
    decide(101)
    assert [row[4] for row in listed(everything().get(list_url(Decision), {"p": "2"}))] == ["0"]


def test_the_policy_shows_the_defaults_where_nothing_was_stored(db):
    body = everything().get(reverse("admin:finance_mgmt_storedpolicy_changelist")).content.decode()
    assert body.count("Asia/Shanghai") == 2  # the value, and the zone of all times
    assert body.count("all trusteeship members") == 1


def test_looking_at_lists_writes_nothing(provider):
    provider.account("A")
    before = (Account.objects.count(), Decision.objects.count(), Run.objects.count())
    viewer(Account).get(list_url(Account), {"q": "A", "role": "alone", "o": "1"})
    door().get(reverse("admin:index"))
    assert (Account.objects.count(), Decision.objects.count(), Run.objects.count()) == before


def test_accounts_are_offered_to_who_may_see_them(provider):
    account = provider.account("AC-1")
    asked = {
        "app_label": "finance_mgmt",
        "model_name": "relationship",
        "field_name": "master",
        "term": "ac",
    }
    answer = viewer(Account).get(reverse("admin:autocomplete"), asked)
    assert answer.json()["results"] == [{"id": str(account.pk), "text": str(account)}]
    assert door().get(reverse("admin:autocomplete"), asked).status_code == 403


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Nothing is here"), ("zh-hans", "此处没有内容")]
)
def test_a_wrong_address_is_told_in_the_readers_language(language, said):
    for address in ("/nothing/", "/admin/nothing/"):
        answer = everything().get(address, headers={"accept-language": language})
        body = answer.content.decode()
        assert (answer.status_code, f"<h1>{said}</h1>" in body) == (404, True)


@pytest.mark.rule("Z6")
def test_who_may_not_is_told_whom_to_ask():
    answer = door().get("/admin/finance_mgmt/account/")
    told = "Ask an administrator for a role that does."
    assert (answer.status_code, told in answer.content.decode()) == (403, True)


def test_a_stale_form_and_a_fault_have_pages_of_ours():
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post("/me/login/", {"login": "a", "password": "b"})
    assert (answer.status_code, "The form is too old" in answer.content.decode()) == (403, True)
    assert "Something broke" in server_error(RequestFactory().get("/")).content.decode()
