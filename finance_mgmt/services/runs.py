"""Runs: work cut into steps, each done exactly once by whichever worker is alive.

A worker claims a step by a lease in one transaction, prepares it (safe to repeat), then performs
it and marks it done in one transaction that holds the step's row. A worker that dies loses
nothing but time: the lease runs out and another one takes over. Leases are judged by the
database's clock, the same for all workers.
"""

import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from ..enums import RunState
from ..errors import FinanceError
from ..models import Run, RunStep
from . import parking, statistics
from .checkpoints import checkpoint

LEASE_SECONDS = 30
MOST_ATTEMPTS = 5

_CLAIM = """
UPDATE finance_mgmt_runstep SET state = 'running', attempts = attempts + 1, claimed_by = %(who)s,
    heartbeat_at = now(), lease_until = now() + make_interval(secs => %(lease)s)
WHERE id = (
    SELECT id FROM finance_mgmt_runstep
    WHERE run_id = %(run)s AND attempts < %(most)s
      AND (state = 'queued' OR (state = 'running' AND lease_until < now()))
    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id
"""

# Gives up on steps whose workers died too often. A step in work is locked, and skipped.
_GIVE_UP = """
UPDATE finance_mgmt_runstep SET state = 'failed',
    error = CASE WHEN error = '' THEN 'Its worker died each time it was tried.' ELSE error END
WHERE id IN (
    SELECT id FROM finance_mgmt_runstep
    WHERE run_id = %s AND state = 'running' AND lease_until < now() AND attempts >= %s
    FOR UPDATE SKIP LOCKED
)
"""


def open(
    *,
    kind: str,
    scopes: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
    total_units: int,
    skipped: Mapping[int, str] | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Run:
    """Write down a run with one step per scope. The same key returns the first one.

    `skipped` names the scopes, by their place, that are not tried now, and why.
    """
    if kind not in settings.RUN_STEPS:
        raise AssertionError(f"settings.RUN_STEPS does not say how to do {kind!r}")
    reasons = skipped or {}
    with transaction.atomic():
        run, is_new = Run.objects.get_or_create(
            key=key,
            defaults={
                "kind": kind,
                "by": by,
                "facts": facts,
                "asked_at": at,
                "total_units": total_units,
            },
        )
        if is_new:
            RunStep.objects.bulk_create(
                RunStep(
                    run=run,
                    number=place + 1,
                    scope=scope,
                    state=RunState.SKIPPED if place in reasons else RunState.QUEUED,
                    error=reasons.get(place, ""),
                )
                for place, scope in enumerate(scopes)
            )
    return run


def work(run_id: int, *, worker: str) -> Run:
    """Do the steps of a run that nobody else is doing, until none is left. Safe to call any time.

    A step that raises is tried again, 5 times in all; a refusal (FinanceError) is final at once.
    What failed for good is cut into smaller steps, down to those that can't be done: their
    accounts are parked. A run of a kind that has an order waits for the earlier ones. One of a kind
    that this worker does not know is left to newer workers, which stand beside it in a deploy.
    """
    run = Run.objects.get(pk=run_id)
    if run.kind not in settings.RUN_STEPS or _waits_for_an_earlier(run):
        return run
    statistics.refresh()
    while step := _claim(run, worker):
        _do(step)
    _finish(run)
    run.refresh_from_db()
    return run


def progress(step: RunStep, done_units: int) -> None:
    """Tell how far the step is, and keep its lease. For `prepare`, outside a transaction."""
    Run.objects.filter(pk=step.run_id).update(done_units=done_units)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE finance_mgmt_runstep SET heartbeat_at = now(),"
            " lease_until = now() + make_interval(secs => %s) WHERE id = %s AND claimed_by = %s",
            [LEASE_SECONDS, step.pk, step.claimed_by],
        )


def retry(run: Run, *, by: str, at: datetime) -> Run:
    """Put the failed steps of a run back into the queue (a person mended the cause).

    Their accounts are parked no more; what was skipped for them is queued again, too.
    """
    with transaction.atomic():
        Run.objects.select_for_update().get(pk=run.pk)
        steps = RunStep.objects.filter(run=run, state=RunState.FAILED)
        parking.release_steps(list(steps.values_list("pk", flat=True)), by=by, at=at)
        if steps.update(state=RunState.QUEUED, attempts=0, error="", lease_until=None):
            Run.objects.filter(pk=run.pk).update(state=RunState.QUEUED, finished_at=None, by=by)
    run.refresh_from_db()
    return run


def _waits_for_an_earlier(run: Run) -> bool:
    if not settings.RUN_STEPS[run.kind].get("is_ordered"):
        return False
    unfinished = [RunState.QUEUED, RunState.RUNNING]
    return Run.objects.filter(kind=run.kind, pk__lt=run.pk, state__in=unfinished).exists()


def _claim(run: Run, worker: str) -> RunStep | None:
    with transaction.atomic(), connection.cursor() as cursor:
        facts: dict[str, Any] = {
            "who": f"{worker} {uuid.uuid4().hex[:12]}",
            "lease": LEASE_SECONDS,
            "run": run.pk,
            "most": MOST_ATTEMPTS,
        }
        cursor.execute(_CLAIM, facts)
        row = cursor.fetchone()
        if row is None:
            return None
        Run.objects.filter(pk=run.pk).exclude(state=RunState.RUNNING).update(
            state=RunState.RUNNING, started_at=Now()
        )
    return RunStep.objects.select_related("run").get(pk=row[0])


def _do(step: RunStep) -> None:
    run = step.run
    doing = settings.RUN_STEPS[run.kind]
    try:
        if prepare := doing["prepare"]:
            _function(prepare)(step, by=run.by, at=run.asked_at)
        with transaction.atomic():
            if not _still_mine(step):
                return
            result = _function(doing["perform"] or "")(step, by=run.by, at=run.asked_at)
            checkpoint("step-performed")
            RunStep.objects.filter(pk=step.pk).update(
                state=RunState.DONE, result=result, error="", finished_at=Now(), lease_until=None
            )
            Run.objects.filter(pk=run.pk).update(
                done_units=F("done_units") + result.get("units", 0)
            )
        checkpoint("step-committed")
    except Exception as error:  # noqa: BLE001 (whatever it was, the run must show it)
        _note_failure(step, error)


def _still_mine(step: RunStep) -> bool:
    current = RunStep.objects.select_for_update().get(pk=step.pk)
    return current.state == RunState.RUNNING and current.claimed_by == step.claimed_by


def _note_failure(step: RunStep, error: Exception) -> None:
    final = isinstance(error, FinanceError) or step.attempts >= MOST_ATTEMPTS
    text = str(error) if isinstance(error, FinanceError) else traceback.format_exc(limit=-4)
    with transaction.atomic():
        if not _still_mine(step) or (final and _split(step)):
            return
        RunStep.objects.filter(pk=step.pk).update(
            state=RunState.FAILED if final else RunState.QUEUED,
            error=text,
            lease_until=None,
            finished_at=Now() if final else None,
        )
        if final:
            parking.park_step(step, parking.in_words(error), at=Now())


def _split(step: RunStep) -> bool:
    """Queue a step that can't be done in parts instead. False: it is the smallest part already."""
    path = settings.RUN_STEPS[step.run.kind].get("split")
    scopes = _function(path)(step) if path else []
    if len(scopes) < 2:
        return False
    Run.objects.select_for_update().get(pk=step.run_id)
    last = RunStep.objects.filter(run=step.run_id).aggregate(last=Max("number"))["last"]
    RunStep.objects.filter(pk=step.pk).update(
        state=RunState.QUEUED, attempts=0, error="", lease_until=None, scope=scopes[0]
    )
    RunStep.objects.bulk_create(
        RunStep(run=step.run, number=number, scope=scope)
        for number, scope in enumerate(scopes[1:], start=last + 1)
    )
    return True


def _finish(run: Run) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        Run.objects.select_for_update().get(pk=run.pk)
        cursor.execute(_GIVE_UP, [run.pk, MOST_ATTEMPTS])
        states = set(RunStep.objects.filter(run=run).values_list("state", flat=True))
        if states & {RunState.QUEUED, RunState.RUNNING}:
            return
        state = RunState.FAILED if RunState.FAILED in states else RunState.DONE
        Run.objects.filter(pk=run.pk).exclude(state=state).update(state=state, finished_at=Now())


def _function(path: str) -> Callable[..., Any]:
    return import_string(path)
