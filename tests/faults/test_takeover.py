"""A worker killed in the middle of a close; another one, woken by a real beat, takes over."""

import os
import time

import pytest
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from billing.models import Bill
from billing.services import cycles
from finance_mgmt.models import Run, RunStep
from tests.faults.processes import celery
from tests.provider import Provider, at

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MONTH_OVER = at("2024-06-01 00:00")
JOBS = {
    "finance_mgmt.reconcile": 2,
    "billing.close_due_cycles": 1,
    "billing.issue_due_bills": 1,
}


@pytest.mark.rule("B2", "C4")
def test_a_killed_worker_is_taken_over_within_a_minute(transactional_db, tmp_path):
    provider = Provider()
    master = provider.account("HQ", credit_limit="1000")
    member = provider.account("A")
    provider.link(master, member)
    provider.use(member, provider.product("ecs"), "20.509", at("2024-05-10 14:10"))
    cycles.start_closing(**provider.said(MONTH_OVER))
    every = {
        seconds: IntervalSchedule.objects.create(every=seconds, period="seconds")
        for seconds in set(JOBS.values())
    }
    for task, seconds in JOBS.items():
        PeriodicTask.objects.create(name=task, task=task, interval=every[seconds])

    with _celery("beat", "--schedule", str(tmp_path / "beat")):
        with _celery("worker", "-c", "1", KILL_AT="close-charges-written"):
            _wait(lambda: RunStep.objects.filter(state="running").exists())
        killed_at = time.monotonic()
        with _celery("worker", "-c", "1"):
            _wait(lambda: Bill.objects.exists() and not Run.objects.exclude(state="done").exists())
    took = time.monotonic() - killed_at

    assert [(bill.payer.number, str(bill.total)) for bill in Bill.objects.all()] == [
        ("HQ", "20.500")
    ]
    assert RunStep.objects.get(run__kind="close").attempts >= 2
    assert took < 60, f"taken over after {took:.0f} s"
    provider.verify_books()


def _celery(*arguments: str, **more: str):
    broker = os.environ["CELERY_BROKER_URL"].split("?")[0]  # its own queues, beside the others
    virtual = "?virtual_host=9" if broker.startswith("redis+socket") else ""
    return celery(*arguments, broker=broker + virtual, **more)


def _wait(is_there, patience: float = 90) -> None:
    until = time.monotonic() + patience
    while not is_there():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.1)
