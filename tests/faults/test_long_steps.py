"""A task that lasts longer than its message stays hidden: the second worker leaves (F6)."""

import threading

import pytest
from django.db import connection
from django.db.models.functions import Now

from finance_mgmt.models import Identity, RunStep
from finance_mgmt.services import runs
from tests.faults.servers import wait
from tests.provider import LONG_AGO

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

going_on, may_end = threading.Event(), threading.Event()


def perform_long(step, *, by, at):
    """Write something, then go on until the test says stop."""
    Identity.objects.create(legal_name="once", registration_number=f"{step.pk}", verified_at=at)
    going_on.set()
    assert may_end.wait(60)
    return {"units": 1}


@pytest.mark.case("F6")
@pytest.mark.rule("B2")
def test_a_message_that_comes_again_finds_the_step_in_work_and_leaves(transactional_db, settings):
    settings.RUN_STEPS = {"long": {"prepare": None, "perform": f"{__name__}.perform_long"}}
    run = runs.open(
        kind="long", scopes=[{}], facts={}, total_units=1, key="k", by="job", at=LONG_AGO
    )

    def first() -> None:
        runs.work(run.pk, worker="first")
        connection.close()

    worker = threading.Thread(target=first)
    worker.start()
    assert going_on.wait(60)
    for second in ("redelivered", "reconciler"):
        assert runs.work(run.pk, worker=second).state == "running"
    may_end.set()
    worker.join(60)
    step = RunStep.objects.get()
    assert (step.state, step.attempts, step.claimed_by.split()[0]) == ("done", 1, "first")
    assert Identity.objects.count() == 1


@pytest.mark.case("F6")
def test_even_where_the_lease_ran_out_while_it_works(transactional_db, settings):
    going_on.clear()
    may_end.clear()
    settings.RUN_STEPS = {"long": {"prepare": None, "perform": f"{__name__}.perform_long"}}
    settings_lease, runs.LEASE_SECONDS = runs.LEASE_SECONDS, 0
    run = runs.open(
        kind="long", scopes=[{}], facts={}, total_units=1, key="k", by="job", at=LONG_AGO
    )

    def first() -> None:
        runs.work(run.pk, worker="first")
        connection.close()

    worker = threading.Thread(target=first)
    try:
        worker.start()
        assert going_on.wait(60)
        wait(lambda: RunStep.objects.filter(lease_until__lt=Now()).exists(), "the end of the lease")
        assert runs.work(run.pk, worker="second").state == "running"
    finally:
        runs.LEASE_SECONDS = settings_lease
        may_end.set()
        worker.join(60)
    assert RunStep.objects.values_list("state", "attempts").get() == ("done", 1)
    assert Identity.objects.count() == 1
