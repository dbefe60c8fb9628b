"""Runs: every step exactly once, by whoever is alive, and what can't be done stays visible."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Decision, Identity, RunStep
from finance_mgmt.services import runs
from tests.provider import LONG_AGO

HERE = "tests.finance_mgmt.test_runs"


# What the steps of these tests do, named in settings.RUN_STEPS like those of the product. Each
# leaves a row, so that what was done once or twice, or taken back, can be counted.


def perform(step, *, by, at):
    Identity.objects.create(
        legal_name=f"{step.scope['items']}", registration_number=f"{step.pk}", verified_at=at
    )
    if set(step.scope["items"]) & set(step.scope.get("refused", [])):
        raise FinanceError(Reason("P1", "no_price", "No price."))
    if set(step.scope["items"]) & set(step.scope.get("broken", [])):
        raise ZeroDivisionError("broken")
    return {"units": len(step.scope["items"]), "by": by, "at": at.isoformat()}


def prepare(step, *, by, at):
    runs.progress(step, 7)


def split(step):
    items = step.scope["items"]
    half = (len(items) + 1) // 2
    return [{**step.scope, "items": part} for part in (items[:half], items[half:]) if part]


def lose_the_step(step, *, by, at):
    RunStep.objects.filter(pk=step.pk).update(claimed_by="somebody else")


@pytest.fixture(autouse=True)
def kinds(settings, db):
    plain = {"prepare": None, "perform": f"{HERE}.perform"}
    settings.RUN_STEPS = {
        "plain": plain,
        "prepared": plain | {"prepare": f"{HERE}.prepare"},
        "split": plain | {"split": f"{HERE}.split"},
        "lost": plain | {"prepare": f"{HERE}.lose_the_step"},
    }


def opened(*scopes, kind="plain", key="k"):
    return runs.open(
        kind=kind,
        scopes=scopes,
        facts={"why": "test"},
        total_units=sum(len(scope["items"]) for scope in scopes),
        key=key,
        by="clerk",
        at=LONG_AGO,
    )


def steps(run) -> list[tuple]:
    return [
        (step.number, step.scope["items"], step.state, step.attempts) for step in run.steps.all()
    ]


def done() -> list[str]:
    return sorted(Identity.objects.values_list("legal_name", flat=True))


def test_a_run_does_its_steps_in_order_and_counts_them():
    run = opened({"items": [1, 2]}, {"items": [3]})
    assert (run.state, run.total_units, run.asked_at, run.by) == ("queued", 3, LONG_AGO, "clerk")
    run = runs.work(run.pk, worker="w")
    assert steps(run) == [(1, [1, 2], "done", 1), (2, [3], "done", 1)]
    assert (run.state, run.done_units) == ("done", 3)
    assert list(run.steps.values_list("lease_until", flat=True)) == [None] * 2
    assert run.steps.first().result == {"units": 2, "by": "clerk", "at": LONG_AGO.isoformat()}
    assert run.finished_at >= run.started_at


def test_work_that_is_done_is_not_done_again():
    run = opened({"items": [1]})
    for worker in ("one", "two", "three"):
        runs.work(run.pk, worker=worker)
    assert done() == ["[1]"]
    assert Decision.objects.count() == 0


@pytest.mark.rule("F11")
def test_a_repeated_key_is_the_first_run():
    first = opened({"items": [1]})
    assert opened({"items": [1, 2, 3]}) == first
    assert steps(first) == [(1, [1], "queued", 0)]
    assert opened({"items": [1]}, key="other") != first


def test_a_kind_that_settings_do_not_name_is_a_mistake_of_the_programmer():
    with pytest.raises(AssertionError, match="RUN_STEPS"):
        opened({"items": [1]}, kind="unheard of")


def test_a_refusal_is_final_at_once_and_takes_back_what_the_step_wrote():
    run = runs.work(opened({"items": [1], "refused": [1]}, {"items": [2]}).pk, worker="w")
    assert steps(run) == [(1, [1], "failed", 1), (2, [2], "done", 1)]
    assert (run.state, run.done_units, run.steps.first().error) == ("failed", 1, "No price.")
    assert done() == ["[2]"]


def test_anything_else_is_tried_five_times_and_then_told():
    run = runs.work(opened({"items": [1], "broken": [1]}).pk, worker="w")
    assert steps(run) == [(1, [1], "failed", 5)]
    assert "ZeroDivisionError: broken" in run.steps.get().error
    assert done() == []
    runs.work(run.pk, worker="w")
    assert steps(run) == [(1, [1], "failed", 5)]


def test_a_person_puts_failed_steps_back_once_the_cause_is_mended():
    run = runs.work(opened({"items": [1], "broken": [1]}, {"items": [2]}).pk, worker="w")
    run.steps.filter(number=1).update(scope={"items": [1]})
    run = runs.retry(run, by="boss", at=LONG_AGO)
    assert (run.state, run.by, run.finished_at) == ("queued", "boss", None)
    assert steps(run) == [(1, [1], "queued", 0), (2, [2], "done", 1)]
    run = runs.work(run.pk, worker="w")
    assert (run.state, run.done_units, done()) == ("done", 2, ["[1]", "[2]"])
    assert runs.retry(run, by="anybody", at=LONG_AGO).by == "boss"


def test_what_fails_is_split_until_only_what_cannot_be_done_is_left():
    run = opened({"items": list(range(8)), "refused": [5]}, kind="split")
    run = runs.work(run.pk, worker="w")
    assert (run.state, run.done_units, run.total_units) == ("failed", 7, 8)
    assert sorted((items, state) for _, items, state, _ in steps(run)) == [
        ([0, 1, 2, 3], "done"),
        ([4], "done"),
        ([5], "failed"),
        ([6, 7], "done"),
    ]
    assert [number for number, *_ in steps(run)] == [1, 2, 3, 4]
    assert run.steps.get(state="failed").error == "No price."


def test_several_poisoned_parts_are_all_found():
    run = opened({"items": list(range(6)), "refused": [0], "broken": [4]}, kind="split")
    run = runs.work(run.pk, worker="w")
    failed = [(items, tries) for _, items, state, tries in steps(run) if state == "failed"]
    assert sorted(failed) == [([0], 1), ([4], 5)]
    assert run.done_units == 4


def claimed_elsewhere(run, *, ends_in: timedelta, attempts=1) -> None:
    run.steps.update(
        state="running",
        claimed_by="another",
        attempts=attempts,
        heartbeat_at=Now() + ends_in - timedelta(seconds=30),
        lease_until=Now() + ends_in,
    )


def test_a_step_in_work_is_left_alone_until_its_lease_ends():
    run = opened({"items": [1]})
    claimed_elsewhere(run, ends_in=timedelta(seconds=5))
    assert runs.work(run.pk, worker="w").state == "queued"
    assert (steps(run), done()) == ([(1, [1], "running", 1)], [])
    claimed_elsewhere(run, ends_in=timedelta(seconds=-5))
    assert runs.work(run.pk, worker="w").state == "done"
    assert steps(run) == [(1, [1], "done", 2)]


def test_a_step_whose_workers_died_five_times_is_given_up():
    run = opened({"items": [1]})
    claimed_elsewhere(run, ends_in=timedelta(seconds=-5), attempts=5)
    run = runs.work(run.pk, worker="w")
    assert (run.state, steps(run), done()) == ("failed", [(1, [1], "failed", 5)], [])
    assert run.steps.get().error == "Its worker died each time it was tried."


def test_a_worker_that_lost_its_step_does_nothing_more_with_it():
    run = opened({"items": [1]}, kind="lost")
    run = runs.work(run.pk, worker="w")
    assert (run.state, done()) == ("running", [])
    assert run.steps.get().claimed_by == "somebody else"


def test_progress_is_told_and_keeps_the_lease():
    run = opened({"items": [1, 2]}, kind="prepared")
    run.steps.update(heartbeat_at=Now(), lease_until=Now())
    step = run.steps.get()
    runs.progress(step, 7)
    run.refresh_from_db()
    assert run.done_units == 7
    lease = run.steps.annotate(left=F("lease_until") - F("heartbeat_at")).get().left
    assert lease == timedelta(seconds=runs.LEASE_SECONDS)
    step.claimed_by = "not the one who holds it"
    run.steps.update(lease_until=F("heartbeat_at"))
    runs.progress(step, 8)
    assert run.steps.annotate(left=F("lease_until") - F("heartbeat_at")).get().left == timedelta()
