"""Background doors: a task only says "look", the rows say what to do."""

import logging
import os
import socket

from celery import shared_task
from kombu.exceptions import OperationalError

from .clock import now
from .enums import RunState
from .models import Run
from .services import approvals, effects, relationships, runs, trail

MOST_WORKERS = 4

log = logging.getLogger(__name__)


@shared_task(name="finance_mgmt.work_run")
def work_run(*, run_id: int) -> None:
    """Do what is left of a run. Any number of workers may do so at once."""
    runs.work(run_id, worker=f"{socket.gethostname()}:{os.getpid()}")


@shared_task(name="finance_mgmt.reconcile")
def reconcile() -> None:
    """Look for unfinished runs, whoever left them, and have them worked on."""
    for run in Run.objects.filter(state__in=[RunState.QUEUED, RunState.RUNNING]):
        poke(run)


@shared_task(name="finance_mgmt.apply_due_changes")
def apply_due_changes() -> None:
    """Let future-dated changes of relationships take effect, earliest first (L9)."""
    at = now()
    for relationship in effects.due_changes(at):
        effects.apply(relationship=relationship, by="job:changes", at=at)


@shared_task(name="finance_mgmt.expire_invitations")
def expire_invitations() -> None:
    """Close invitations that nobody answered in time (L5)."""
    relationships.expire(by="job:invitations", at=now())


@shared_task(name="finance_mgmt.expire_approvals")
def expire_approvals() -> None:
    """Close requests for approval that nobody decided in time (Z7)."""
    approvals.expire(by="job:approvals", at=now())


@shared_task(name="finance_mgmt.seal_trail")
def seal_trail() -> None:
    """Seal new decisions into the hash chain (Z8)."""
    at = now()
    while trail.seal(at=at) == trail.MOST:
        pass


def poke(run: Run) -> None:
    """Ask the workers to look at a run. Without a broker the reconciler finds it later."""
    waiting = run.steps.exclude(state__in=[RunState.DONE, RunState.FAILED]).count()
    try:
        for _ in range(min(waiting, MOST_WORKERS) or 1):
            work_run.apply_async(kwargs={"run_id": run.pk}, retry=False)
    except OperationalError:
        log.warning("The broker is away: run %s waits for the reconciler.", run.pk)
