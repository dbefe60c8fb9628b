"""Runs in the admin: steps, errors, progress as JSON, and the second try."""

import pytest
from django.test import Client
from django.urls import reverse

from finance_mgmt.enums import RunState
from finance_mgmt.models import Run, RunStep
from finance_mgmt.services import runs
from tests.finance_mgmt.admin_door import (
    FRAME,
    door,
    everything,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    staff,
    text,
    viewer,
)
from tests.provider import LONG_AGO

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed():
    """A run of two steps: one done, one given up."""
    run = runs.open(
        kind="close",
        scopes=[{"owners": [1, 2, 3], "records": 8}, {"owners": [4], "records": 2}],
        facts={},
        total_units=10,
        key="r",
        by="job",
        at=LONG_AGO,
    )
    first, second = run.steps.order_by("number")
    RunStep.objects.filter(pk=first.pk).update(state=RunState.DONE, attempts=1)
    RunStep.objects.filter(pk=second.pk).update(
        state=RunState.FAILED, attempts=5, error="No price is in force for <b>gpu</b>."
    )
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, done_units=8)
    run.refresh_from_db()
    return run


@pytest.fixture
def poked(monkeypatch):
    """The runs that workers were asked to look at."""
    asked = []
    monkeypatch.setattr("finance_mgmt.admin.runs.poke", lambda run: asked.append(run.pk))
    return asked


def retry_url(run: Run) -> str:
    return reverse("admin:finance_mgmt_run_retry", args=[run.pk])


def progress_url(run: Run) -> str:
    return reverse("admin:finance_mgmt_run_progress", args=[run.pk])


def test_the_list_shows_state_and_progress(failed):
    assert listed(everything().get(list_url(Run))) == [
        [f"Close of cycles {failed.pk}", "failed", "8 / 10", "2", "1", "0", "1", "–", "–", "job"]
    ]


def test_the_page_shows_every_step_and_what_failed(failed):
    answer = everything().get(page_url(failed))
    page = answer.context["panels"]
    assert [row[:4] for row in rows(panel(page, "Steps"))] == [
        ["1", "done", "owners 3 in all records 8", "1"],
        ["2", "failed", "owners 1 in all records 2", "5"],
    ]
    errors = panel(page, "What failed").context["steps"]
    assert [step.error for step in errors] == ["No price is in force for <b>gpu</b>."]
    assert answer.content.decode().count("&lt;b&gt;gpu&lt;/b&gt;") == 1
    assert [text(command.label) for command in answer.context["commands"]] == [
        "Try failed steps again"
    ]


def test_who_may_not_change_runs_is_not_offered_the_second_try(failed):
    assert viewer(Run).get(page_url(failed)).context["commands"] == []


def test_the_second_try_queues_the_failed_steps_and_asks_the_workers(
    failed, poked, django_capture_on_commit_callbacks
):
    browser = door("finance_mgmt.view_run", "finance_mgmt.change_run")
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(retry_url(failed))
    failed.refresh_from_db()
    assert (answer.status_code, answer.url) == (302, page_url(failed))
    assert (failed.state, poked) == (RunState.QUEUED, [failed.pk])
    assert list(failed.steps.order_by("number").values_list("state", "attempts")) == [
        ("done", 1),
        ("queued", 0),
    ]


def test_the_second_try_is_never_made_by_looking_or_without_permission(failed, poked):
    assert Client().post(retry_url(failed)).status_code == 302
    assert viewer(Run).post(retry_url(failed)).status_code == 403
    assert everything().get(retry_url(failed)).status_code == 405
    assert everything().post(reverse("admin:finance_mgmt_run_retry", args=[0])).status_code == 404
    failed.refresh_from_db()
    assert (failed.state, poked) == (RunState.FAILED, [])


def test_the_second_try_needs_a_token_of_its_own_page(failed):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(staff("finance_mgmt.change_run"))
    assert strict.post(retry_url(failed)).status_code == 403


def test_progress_as_json(failed, django_assert_num_queries):
    browser = viewer(Run)
    with django_assert_num_queries(7):
        answer = browser.get(progress_url(failed))
    assert answer.json() == {
        "state": "failed",
        "label": "failed",
        "is_finished": True,
        "percent": 80,
        "text": "8 / 10",
        "version": "failed [('done', 1), ('failed', 1)]",
    }


def test_progress_is_for_who_may_see_the_run(failed):
    assert Client().get(progress_url(failed)).status_code == 302
    assert door().get(progress_url(failed)).status_code == 403
    assert viewer(Run).get(reverse("admin:finance_mgmt_run_progress", args=[0])).status_code == 404


def test_a_run_with_one_step_and_one_with_three_ask_as_much(
    failed, provider, django_assert_num_queries
):
    browser = everything()
    small = runs.open(
        kind="close", scopes=[{}], facts={}, total_units=0, key="s", by="job", at=LONG_AGO
    )
    for run in (small, failed):
        with django_assert_num_queries(FRAME + 6):
            browser.get(page_url(run))
