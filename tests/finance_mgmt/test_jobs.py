"""Scheduled jobs: each is scheduled, leaves traces, and the books are recomputed once a night."""

import pytest
from celery import current_app
from django.conf import settings as configured
from django.db import connection
from django_celery_beat.models import PeriodicTask

from finance_mgmt import tasks
from finance_mgmt.models import Job, Run
from finance_mgmt.services import jobs, runs, verification
from tests import schedule
from tests.provider import at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def scheduled(db):
    """Every job, as after migrating."""
    schedule.restore()


NIGHT = at("2024-05-10 03:00")


def test_every_job_is_scheduled_known_to_workers_and_shown():
    current_app.loader.import_default_modules()
    scheduled = dict(PeriodicTask.objects.values_list("task", "enabled"))
    scheduled.pop("celery.backend_cleanup", None)
    assert scheduled == dict.fromkeys(configured.JOBS, True)
    assert sorted(set(configured.JOBS) - set(current_app.tasks)) == []


@pytest.mark.parametrize("task", sorted(configured.JOBS))
def test_a_job_may_look_three_times_in_a_row_and_finds_nothing_in_empty_books(task, settings):
    settings.CELERY_BROKER_URL = "memory://"
    if task == "finance_mgmt.verify_books":
        pytest.skip("it always has a night to check: tested below")
    for _look in range(3):
        current_app.tasks[task]()
    found = Job.objects.get(task=task)
    assert (found.did, found.failures, found.error) == ("", 0, "")
    assert found.finished_at >= found.started_at


def test_what_a_job_raises_is_noted_and_forgotten_when_it_ends_well():
    answers = [ZeroDivisionError("a broken row"), ValueError("another"), "2 bills", ""]

    def look(at):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    job = tasks.job("tests.look")(look)
    for error, failures in (("ZeroDivisionError: a broken row", 1), ("ValueError: another", 2)):
        with pytest.raises(Exception, match=error.split(": ")[1]):
            job()
        found = Job.objects.get(task="tests.look")
        assert (found.failures, found.error.splitlines()[-1], found.did) == (failures, error, "")
    job()
    did_at = Job.objects.get(task="tests.look").did_at
    job()
    found = Job.objects.get(task="tests.look")
    assert (found.failures, found.error, found.did, found.did_at) == (0, "", "2 bills", did_at)


@pytest.mark.parametrize(
    ("when", "night"),
    [
        (NIGHT, "2024-05-10"),
        (at("2024-05-10 02:59:59"), "2024-05-09"),
        (at("2024-05-10 23:59:59"), "2024-05-10"),
        (at("2024-05-13 09:00"), "2024-05-13"),
    ],
)
def test_the_books_are_recomputed_once_a_night_however_often_beat_looks(when, night):
    first = verification.verify(by="job", at=when)
    assert first.key == f"verify {night}"
    assert [verification.verify(by="job", at=when) for _ in range(2)] == [None, None]
    assert Run.objects.count() == 1


@pytest.mark.rule("F10")
def test_right_books_end_the_run_well_and_a_broken_one_fails_with_the_fact(provider):
    account = provider.account("A", cash_amount="10")
    assert runs.work(verification.verify(by="job", at=NIGHT).pk, worker="w").state == "done"
    _set_cash(account, "9.99")
    run = verification.verify_now(key="again", by="clerk", at=NIGHT)
    run = runs.work(run.pk, worker="w")
    failed = run.steps.filter(state="failed")
    assert (run.state, run.done_units, run.total_units) == (
        "failed",
        len(configured.BOOK_CHECKS) - 1,
        len(configured.BOOK_CHECKS),
    )
    assert [(step.scope["check"], step.error) for step in failed] == [
        (
            "finance_mgmt.queries.books.wrong_funds",
            "1 wrong:\nA: cash is stored as 9.99, its movements make 10.",
        )
    ]
    assert verification.broken_books() == run
    _set_cash(account, "10")
    runs.retry(run, by="clerk", at=NIGHT)
    assert runs.work(run.pk, worker="w").state == "done"
    assert verification.broken_books() is None


def test_the_traces_of_two_beats_are_one_row():
    for _beat in range(2):
        jobs.started("a.job", at=NIGHT)
        jobs.finished("a.job", "", at=NIGHT)
    assert Job.objects.values_list("task", "started_at", "did").get() == ("a.job", NIGHT, "")


def _set_cash(account, amount: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE finance_mgmt_funds SET cash = %s WHERE account_id = %s", [amount, account.pk]
        )
