"""Jobs, parked accounts and alerts in the admin."""

import pytest
from django.conf import settings as configured
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from finance_mgmt.clock import now
from finance_mgmt.models import Job, Parking, Run
from finance_mgmt.services import jobs, parking, runs, verification
from tests import schedule
from tests.finance_mgmt.admin_door import door, everything, list_url, page_url, panel, rows, text
from tests.provider import LONG_AGO, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def scheduled(db):
    """Every job, as after migrating."""
    schedule.restore()


CLOSE = "billing.close_due_cycles"
MAY_RUN = ("finance_mgmt.view_job", "finance_mgmt.run_jobs", "finance_mgmt.view_run")


@pytest.fixture
def asked(monkeypatch):
    """What the workers were asked to look at."""
    found = []
    monkeypatch.setattr("finance_mgmt.admin.jobs.look_now", lambda task: not found.append(task))
    monkeypatch.setattr("finance_mgmt.admin.jobs.poke", lambda run: found.append(run.pk))
    return found


def table(browser) -> dict[str, list[str]]:
    page = browser.get(list_url(Job)).context["panels"][0]
    return {row[0]: row[1:] for row in rows(page)}


def test_the_page_says_how_every_job_stands(provider):
    account = provider.account("A", cash_amount="9")
    provider.use(account, provider.product("ecs"), "1", at("2024-05-10 14:20"))
    jobs.started(CLOSE, at=now())
    jobs.finished(CLOSE, "close 7", at=now())
    jobs.started("billing.issue_due_bills", at=LONG_AGO)
    jobs.failed("billing.settle_due_bills", ZeroDivisionError("broken"), at=now())
    jobs.started("billing.settle_due_bills", at=now())
    jobs.failed("billing.settle_due_bills", ZeroDivisionError("broken"), at=now())
    PeriodicTask.objects.filter(task="billing.review_resources").update(enabled=False)
    found = table(door("finance_mgmt.view_job"))
    assert len(found) == len(configured.JOBS)
    stands = {name: row[0] for name, row in found.items()}
    assert stands["Close due cycles every 15 s"] == "on time"
    assert stands["Issue due bills every 15 s"] == "late"
    assert stands["Settle due bills every 1 min"] == "failed"
    assert stands["Suspend and resume resources every 30 s"] == "switched off"
    assert stands["Judge warnings every 30 s"] == "never looked"
    assert found["Close due cycles every 15 s"][3] == "1 Closing was not started."
    job = Job.objects.get(task="billing.settle_due_bills")
    page = everything().get(page_url(job)).context["panels"]
    error = panel(page, "Why it failed").context
    assert (error["attempts"], error["text"]) == (1, "ZeroDivisionError: broken\n")


def test_looking_now_is_for_who_may_run_jobs(asked):
    url = reverse("admin:finance_mgmt_job_look", args=[CLOSE])
    assert Client().post(url).status_code == 302
    assert door("finance_mgmt.view_job").post(url).status_code == 403
    assert door(*MAY_RUN).get(url).status_code == 405
    unknown = reverse("admin:finance_mgmt_job_look", args=["os.system"])
    assert door(*MAY_RUN).post(unknown).status_code == 404
    assert asked == []
    answer = door(*MAY_RUN).post(url)
    assert (answer.url, asked) == (list_url(Job), [CLOSE])
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert said == ["The workers were asked to look now."]


@pytest.mark.rule("F10")
def test_wrong_books_are_found_by_the_button_and_stand_on_the_first_page(provider, asked):
    account = provider.account("A", cash_amount="10")
    assert _alerts(everything()) == []
    _set_cash(account, "9")
    url = reverse("admin:finance_mgmt_job_verify")
    assert door("finance_mgmt.view_job").post(url).status_code == 403
    assert door(*MAY_RUN).get(url).status_code == 405
    answer = door(*MAY_RUN).post(url)
    run = Run.objects.get(kind="verify")
    assert (answer.url, asked) == (page_url(run), [run.pk])
    runs.work(run.pk, worker="w")
    page = everything().get(page_url(run)).context["panels"]
    failed = panel(page, "What failed").context["steps"]
    assert [step.error for step in failed] == [
        "1 wrong:\nA: cash is stored as 9, its movements make 10."
    ]
    assert _alerts(everything()) == ["The books are wrong."]
    assert _alerts(door("finance_mgmt.view_job")) == []
    _set_cash(account, "10")
    again = verification.verify_now(key="2", by="clerk", at=now())
    runs.work(again.pk, worker="w")
    assert _alerts(everything()) == []


def test_late_jobs_stand_on_the_first_page():
    jobs.started(CLOSE, at=LONG_AGO)
    assert _alerts(everything()) == ["Jobs are late or failed."]


def test_an_account_is_parked_and_released_from_its_page(provider):
    account = provider.account("A")
    may = ("finance_mgmt.view_account", "finance_mgmt.run_jobs", "finance_mgmt.view_parking")
    browser = door(*may)
    assert _labels(door("finance_mgmt.view_account"), account) == []
    assert _labels(browser, account) == ["Park"]
    _give(browser, account, "park", reason="under dispute")
    row = Parking.objects.get()
    assert (row.account, row.job, row.reason) == (account, "all", "under dispute")
    assert row.by == "staff-1"
    assert _labels(browser, account) == ["Release"]
    badges = browser.get(page_url(account)).context["badges"]
    assert [text(badge) for badge in badges].count("parked") == 1
    first = browser.get(reverse("admin:index")).context["panels"]
    assert rows(panel(first, "Parked accounts"))[0][:3] == [
        "A A",
        "all scheduled money jobs",
        "under dispute",
    ]
    _give(browser, row, "release")
    row.refresh_from_db()
    assert row.released_by == "staff-1"
    assert _labels(browser, account) == ["Park"]


def test_a_refusal_is_shown_where_somebody_was_faster(provider):
    account = provider.account("A")
    browser = everything()
    parking.park(account=account, reason="first", **provider.said(now()))
    answer = _give(browser, account, "park", reason="second")
    assert [reason.code for reason in answer.context["reasons"]["reasons"]] == ["already_parked"]


def _give(browser, row, name: str, **given):
    url = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_do", args=[row.pk, name])
    return browser.post(url, {"step": "confirm", "key": f"k {name}", **given})


def _labels(browser, row) -> list[str]:
    return [text(command.label) for command in browser.get(page_url(row)).context["commands"]]


def _alerts(browser) -> list[str]:
    panels = browser.get(reverse("admin:index")).context["panels"]
    shown = [getattr(one, "context", {}) for one in panels]
    said = [str(context.get("title", "")) for context in shown]
    return [title for title in said if title.startswith(("The books", "Jobs are"))]


def _set_cash(account, amount: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE finance_mgmt_funds SET cash = %s WHERE account_id = %s", [amount, account.pk]
        )
