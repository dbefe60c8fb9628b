"""Imports in the admin: the report of a file, the page to import one, and its doors."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from billing.models import ImportedRow, UsageImport
from billing.services import imports
from finance_mgmt.models import Decision, Run
from finance_mgmt.services import runs
from tests.billing import files
from tests.billing.files import focus, load, small_world
from tests.finance_mgmt.admin_door import (
    FRAME,
    door,
    everything,
    facts,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    viewer,
)
from tests.provider import Provider

pytestmark = pytest.mark.django_db

UPLOAD = "admin:billing_usageimport_upload"
MAY_UPLOAD = ("billing.add_usageimport", "billing.view_usageimport")
STRANGER = {"SubAccountId": '"S-9"', "BilledCost": "0.25"}


@pytest.fixture(autouse=True)
def poked(monkeypatch):
    """The runs that workers were asked to look at."""
    asked = []
    monkeypatch.setattr("billing.admin.uploads.poke", lambda run: asked.append(run.pk))
    return asked


def form(**changes) -> dict[str, object]:
    file = SimpleUploadedFile("usage.csv", focus({}), content_type="text/csv")
    return {"file": file, "key": str(uuid.uuid4())} | changes


# The report


def test_the_list_counts_the_rows_of_each_file(provider):
    small_world(provider)
    load(provider, focus({}, STRANGER))
    assert [row[:2] + row[3:8] for row in listed(everything().get(list_url(UsageImport)))] == [
        ["usage.csv", "stored", "2", "1", "0", "1", "0"]
    ]


def test_the_report_of_a_stored_file_adds_up(provider):
    small_world(provider)
    page = everything().get(page_url(load(provider, focus({}, STRANGER)))).context["panels"]
    assert facts(panel(page, "Rows")) == {
        "rows read": "2",
        "stored": "1",
        "known": "0",
        "parked": "1",
        "late": "0",
    }
    assert panel(page, "Rows").facts[0].note == "= stored + known + parked"
    assert rows(panel(page, "Totals")) == [
        ["USD", "BilledCost", "1.75", "1.50", "0.00", "0.25", "yes"]
    ]
    assert facts(panel(page, "Re-rating")) == {
        "rows compared": "2",
        "matching": "2",
        "differing": "0",
        "largest difference": "0",
    }
    assert [row[:3] + row[4:] for row in rows(panel(page, "Parked rows"))] == [
        [
            "2",
            "Its account is unknown",
            "Choose the account it means. If more files will name it, add an account key as well.",
            "Resolve",
        ]
    ]
    assert panel(page, "Findings").rows == []


def test_a_report_that_does_not_add_up_says_so(db):
    provider = Provider()  # whose books don't end right
    small_world(provider)
    stored = load(provider, focus({}))
    UsageImport.objects.filter(pk=stored.pk).update(
        rows_read=9, totals={"USD": {"BilledCost": {"read": "2", "stored": "1.5"}}}
    )
    page = everything().get(page_url(stored)).context["panels"]
    assert panel(page, "Rows").facts[0].note == "does not add up"
    assert [row[-1] for row in rows(panel(page, "Totals"))] == ["no"]


def test_a_held_file_says_why_and_what_next(provider):
    small_world(provider)
    held = load(provider, focus({"ProviderName": '"Nobody"'}))
    page = everything().get(page_url(held)).context["panels"]
    assert (page[0].context["title"], page[0].context["text"]) == (
        "Nothing was stored.",
        "Mend what the findings name, then import the file again.",
    )
    assert [row[:2] for row in rows(panel(page, "Findings"))] == [
        [
            "1",
            "No source has the provider name 'Nobody' (1 rows). Make one first. unknown_provider",
        ]
    ]


def test_an_unreadable_file_lists_its_problems(provider):
    failed = load(provider, b"a,b\n1,2\n")
    page = everything().get(page_url(failed)).context["panels"]
    assert page[0].context["title"] == "The file can't be read."
    assert {row[0] for row in rows(panel(page, "Findings"))} == {"whole file"}


def test_a_file_in_work_shows_its_progress(provider):
    small_world(provider)
    waiting = imports.receive(
        file_name="w.csv",
        content=[focus({})],
        received_at=files.RECEIVED_AT,
        **provider.said(files.AT),
    )
    answer = everything().get(page_url(waiting))
    watched = panel(answer.context["panels"], "Reading the file").context
    assert watched["watch_url"] == reverse("admin:finance_mgmt_run_progress", args=[waiting.run_id])
    assert answer.content.decode().count('data-finished="no"') == 1


def test_findings_come_page_by_page(provider):
    small_world(provider)
    tags = [{"Tags": "'not json'"} for _ in range(26)]
    page = page_url(load(provider, focus(*tags)))
    browser = everything()
    first = panel(browser.get(page).context["panels"], "Findings")
    second = panel(browser.get(page, {"findings": "2"}).context["panels"], "Findings")
    assert (len(first.rows), first.pager.later) == (25, "?findings=2#findings")
    assert (len(second.rows), second.pager.later) == (1, "")


def test_a_file_of_one_row_or_three_asks_as_much(provider, django_assert_num_queries):
    small_world(provider)
    browser = everything()
    for lines in ([STRANGER], [STRANGER] * 3):
        cells = [{**line, "Id": str(number)} for number, line in enumerate(lines, 1 + len(lines))]
        stored = load(provider, focus(*cells))
        with django_assert_num_queries(FRAME + 3):
            browser.get(page_url(stored))


# The door to import a file


def test_a_stranger_is_sent_to_sign_in():
    for method in (Client().get, Client().post):
        assert method(reverse(UPLOAD)).url == f"{reverse('admin:login')}?next={reverse(UPLOAD)}"


def test_who_may_not_import_is_refused():
    browser = viewer(UsageImport)
    assert browser.get(reverse(UPLOAD)).status_code == 403
    assert browser.post(reverse(UPLOAD), form()).status_code == 403
    assert UsageImport.objects.count() == 0


def test_opening_the_page_writes_nothing_and_gives_each_form_its_own_key():
    browser = door(*MAY_UPLOAD)
    keys = {browser.get(reverse(UPLOAD)).context["form"]["key"].value() for _ in range(2)}
    assert (len(keys), Decision.objects.count()) == (2, 0)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"file": ""}, {"file": ["This field is required."]}),
        (
            {"file": SimpleUploadedFile("empty.csv", b"")},
            {"file": ["The submitted file is empty."]},
        ),
        ({"received_at_0": "soon"}, {"received_at": ["Enter a valid date."]}),
        (
            {"mode": "guess"},
            {"mode": ["Select a valid choice. guess is not one of the available choices."]},
        ),
        ({"rows": "-1"}, {"rows": ["Ensure this value is greater than or equal to 0."]}),
    ],
)
def test_malformed_forms_come_back(changes, errors, poked):
    answer = door(*MAY_UPLOAD).post(reverse(UPLOAD), form(**changes))
    assert (answer.status_code, answer.context["form"].errors) == (200, errors)
    assert (UsageImport.objects.count(), poked) == (0, [])


@pytest.mark.rule("C4")
def test_a_refusal_becomes_an_error_of_the_form(poked):
    late = {"received_at_0": "2099-01-01", "received_at_1": "00:00"}
    answer = door(*MAY_UPLOAD).post(reverse(UPLOAD), form(**late))
    assert answer.context["form"].non_field_errors() == [
        "The file can't have been received in the future. (rule C4)"
    ]
    assert (UsageImport.objects.count(), poked) == (0, [])


def test_the_same_form_with_another_file_is_refused():
    browser, key = door(*MAY_UPLOAD), str(uuid.uuid4())
    past = {"received_at_0": "2024-09-01", "received_at_1": "08:00"}
    browser.post(reverse(UPLOAD), form(key=key, **past))
    other = SimpleUploadedFile("other.csv", focus({}, STRANGER))
    answer = browser.post(reverse(UPLOAD), form(key=key, file=other, **past))
    assert answer.context["form"].non_field_errors() == [
        "This key was used before for something else. Use a new key for a new command. (rule F11)"
    ]
    assert UsageImport.objects.count() == 1


def test_a_file_is_taken_in_and_the_workers_are_asked(
    provider, poked, django_capture_on_commit_callbacks
):
    small_world(provider)
    past = {"received_at_0": "2024-09-01", "received_at_1": "08:00", "mode": "pass_through"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = door(*MAY_UPLOAD).post(reverse(UPLOAD), form(rows="1", **past))
    received = UsageImport.objects.get()
    assert (answer.status_code, answer.url) == (302, page_url(received))
    assert (received.file_name, received.received_at, poked) == (
        "usage.csv",
        files.RECEIVED_AT,  # 08:00 in the billing time zone
        [received.run_id],
    )
    assert Run.objects.get().facts == {
        "mode": "pass_through",
        "expected": {"rows": 1, "totals": {}, "sha256": None},
    }
    runs.work(received.run_id, worker="test")
    received.refresh_from_db()
    assert (received.state, received.rows_stored) == ("stored", 1)


def test_a_form_sent_twice_is_one_import():
    browser, key = door(*MAY_UPLOAD), str(uuid.uuid4())
    past = {"received_at_0": "2024-09-01", "received_at_1": "08:00"}
    answers = [browser.post(reverse(UPLOAD), form(key=key, **past)) for _ in range(2)]
    assert answers[0].url == answers[1].url == page_url(UsageImport.objects.get())


def test_the_button_stands_above_the_list_for_who_may():
    url = reverse(UPLOAD)
    assert [
        one.url for one in door(*MAY_UPLOAD).get(list_url(UsageImport)).context["list_commands"]
    ] == [url]
    assert viewer(UsageImport).get(list_url(UsageImport)).context.get("list_commands") is None


def test_parked_rows_are_listed_with_reason_and_advice(provider):
    small_world(provider)
    load(provider, focus(STRANGER))
    found = listed(everything().get(list_url(ImportedRow), {"status__exact": "parked"}))
    assert [row[:3] for row in found] == [["usage.csv · 1", "parked", "Its account is unknown"]]
    none = everything().get(list_url(ImportedRow), {"because": "tax"})
    assert listed(none) == []
