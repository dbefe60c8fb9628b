"""Background doors: a task only says "look", the rows say what to do."""

import logging
import os
import socket
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from celery import current_app, shared_task

from . import messages
from .clock import now
from .delivery import mail, webhooks
from .enums import Parked, RunState
from .models import Run
from .queries import due
from .services import (
    api_requests,
    approvals,
    deliveries,
    effects,
    jobs,
    list_files,
    parking,
    relationships,
    runs,
    trail,
    verification,
)

MOST_WORKERS = 4
DELIVER_SECONDS = 9  # less than until the next beat: one worker at a time, as a rule
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)

log = logging.getLogger(__name__)


def job(task: str) -> Callable[[Callable[[datetime], str]], Any]:
    """Make a function a scheduled job: it asks what is due at an instant, and says what it did.

    Each look leaves its traces (services/jobs.py). What it raises is noted; the next look tries
    again.
    """

    def wrap(look: Callable[[datetime], str]) -> Any:
        def run() -> None:
            at = now()
            jobs.started(task, at=at)
            try:
                did = look(at)
            except Exception as error:
                jobs.failed(task, error, at=now())
                raise
            jobs.finished(task, did, at=now())

        # Not functools.wraps: Celery would read the signature of `look`, and ask for an instant.
        run.__name__, run.__doc__, run.__module__ = look.__name__, look.__doc__, look.__module__
        return shared_task(name=task)(run)

    return wrap


@shared_task(name="finance_mgmt.work_run")
def work_run(*, run_id: int) -> None:
    """Do what is left of a run. Any number of workers may do so at once."""
    runs.work(run_id, worker=_worker())


@job("finance_mgmt.reconcile")
def reconcile(at: datetime) -> str:
    """Look for unfinished runs, whoever left them, and have them worked on."""
    unfinished = list(Run.objects.filter(state__in=UNFINISHED).order_by("id"))
    for run in unfinished:
        poke(run)
    return _many(len(unfinished), "unfinished run")


@job("finance_mgmt.apply_due_changes")
def apply_due_changes(at: datetime) -> str:
    """Let future-dated changes of relationships take effect, earliest first (L9)."""
    by = "job:changes"
    done = 0
    for link in effects.due_changes(at):

        def apply(link: Any = link) -> None:
            effects.apply(relationship=link, by=by, at=at)

        was_done, _ = parking.attempt(
            apply, job=Parked.CHANGES, account=link.member_id, by=by, at=at
        )
        done += was_done
    return _many(done, "change")


@job("finance_mgmt.expire_invitations")
def expire_invitations(at: datetime) -> str:
    """Close invitations that nobody answered in time (L5)."""
    return _many(relationships.expire(by="job:invitations", at=at), "invitation")


@job("finance_mgmt.expire_approvals")
def expire_approvals(at: datetime) -> str:
    """Close requests for approval that nobody decided in time (Z7)."""
    return _many(approvals.expire(by="job:approvals", at=at), "request")


@job("finance_mgmt.seal_trail")
def seal_trail(at: datetime) -> str:
    """Seal new decisions into the hash chain (Z8)."""
    sealed = trail.seal(at=at)
    while sealed and sealed % trail.MOST == 0:
        sealed += trail.seal(at=at)
    return _many(sealed, "decision")


@job("finance_mgmt.forget_api_requests")
def forget_api_requests(at: datetime) -> str:
    """Delete stored answers of the API, and files of lists, that were kept long enough."""
    list_files.drop_old(at)
    before = due.api_requests_kept_since(at)
    forgotten = found = api_requests.forget(before=before)
    while found == api_requests.MOST_FORGOTTEN:
        found = api_requests.forget(before=before)
        forgotten += found
    return _many(forgotten, "answer")


@job("finance_mgmt.verify_books")
def verify_books(at: datetime) -> str:
    """Have the books recomputed, once a night (F10)."""
    run = verification.verify(by="job:verify", at=at)
    return asked_for(run)


def asked_for(run: Run | None) -> str:
    """Have a run that a job opened worked on, and say so."""
    if run is None:
        return ""
    poke(run)
    return str(run)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""


@job("finance_mgmt.deliver_mail")
def deliver_mail(at: datetime) -> str:
    """Hand out new notices and send the letters that are due (W4)."""
    _hand_out(at)
    return _many(mail.deliver(clock=now, worker=_claim(), seconds=DELIVER_SECONDS), "letter")


@job("finance_mgmt.deliver_webhooks")
def deliver_webhooks(at: datetime) -> str:
    """Hand out new notices and post the events that are due (W4)."""
    _hand_out(at)
    return _many(webhooks.deliver(clock=now, worker=_claim(), seconds=DELIVER_SECONDS), "event")


def _hand_out(at: datetime) -> None:
    deliveries.give_up(at=at)
    while deliveries.hand_out(at=at):
        pass


def _worker() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _claim() -> str:
    return f"{_worker()} {uuid.uuid4().hex[:12]}"


def poke(run: Run) -> None:
    """Ask the workers to look at a run. Without a broker the reconciler finds it later."""
    waiting = run.steps.filter(state__in=UNFINISHED).count()

    def ask() -> None:
        for _ in range(min(waiting, MOST_WORKERS) or 1):
            work_run.apply_async(kwargs={"run_id": run.pk}, retry=False)

    if not messages.send(ask):
        log.warning("The broker is slow or away: run %s may wait for the reconciler.", run.pk)


def look_now(task: str) -> bool:
    """Ask the workers to look what is due for a job. False: the broker is slow or away."""
    return messages.send(lambda: current_app.send_task(task, retry=False))
