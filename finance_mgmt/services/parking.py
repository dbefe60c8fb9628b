"""Parking: one account whose own rows can't be worked on is left aside; all others go on.

A step that fails for good parks its accounts. A job that goes from account to account parks the
one that failed several times in a row. Staff may park an account by hand, and release it when the
cause is mended: what was left out is then queued again, oldest first.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.expressions import Combinable

from ..enums import Parked, RunState
from ..errors import FinanceError, Reason
from ..models import Account, Parking, Run, RunStep
from ..queries.parking import open_parkings, parked_from
from . import decisions

MOST_TRIES = 3
WAITING = (RunState.FAILED, RunState.SKIPPED)


class ParkingRefused(FinanceError):
    """The account can't be parked or released like this."""

    code = "parking_refused"


@transaction.atomic
def park(*, account: Account, reason: str, key: str, by: str, at: datetime) -> Parking:
    """Leave an account out of closing, billing and automatic settlement, by hand.

    Raises ParkingRefused, KeyReused.
    """
    facts = {"account": account.number, "reason": reason}
    _, is_new = decisions.record(verb="parking.park", facts=facts, key=key, by=by, at=at)
    open_rows = Parking.objects.filter(account=account, job=Parked.ALL, released_at__isnull=True)
    found = open_rows.select_for_update().first()
    if found and is_new:
        text = f"{account.number} is parked already. Release it first."
        raise ParkingRefused(Reason("C4", "already_parked", text, {"reason": found.reason}))
    return found or _parked(account.pk, Parked.ALL, None, reason, 0, by, at)


@transaction.atomic
def release(*, account: Account, key: str, by: str, at: datetime) -> list[Run]:
    """Let an account, and those parked by the same steps, take part again.

    Returns the runs that have to be looked at: what failed or was skipped is queued again.
    Raises ParkingRefused, KeyReused.
    """
    facts = {"account": account.number}
    _, is_new = decisions.record(verb="parking.release", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return []
    own = Parking.objects.filter(account=account, released_at__isnull=True)
    rows = list(own.select_for_update())
    if not rows:
        text = f"{account.number} is not parked."
        raise ParkingRefused(Reason("C4", "not_parked", text, {"account": account.number}))
    steps = {row.step_id for row in rows if row.step_id}
    together = Parking.objects.filter(step__in=steps, released_at__isnull=True)
    rows += together.exclude(account=account).select_for_update()
    freed = {row.account_id for row in rows}
    _release(rows, by=by, at=at)
    return _queue_again(freed, steps)


@transaction.atomic
def release_steps(steps: Collection[int], *, by: str, at: datetime) -> list[Run]:
    """Let the accounts of steps that are tried again take part again."""
    rows = list(Parking.objects.filter(step__in=steps, released_at__isnull=True))
    _release(rows, by=by, at=at)
    return _queue_again({row.account_id for row in rows}, set())


def in_words(error: Exception) -> str:
    """What an error says, for people: without the places in the code."""
    said = str(error).strip()
    return said if isinstance(error, FinanceError) else f"{type(error).__name__}: {said}"


def accounts_of(step: RunStep) -> list[int]:
    """The accounts that a step works for; none where its kind does not say."""
    name = settings.RUN_STEPS[step.run.kind].get("parks")
    return list(step.scope.get(name, ())) if name else []


def park_step(step: RunStep, reason: str, *, at: datetime | Combinable) -> None:
    """Leave out the accounts of a step that failed for good and can't be cut any smaller."""
    accounts = accounts_of(step)
    if not accounts:
        return
    job = Parked(step.run.kind)
    known = Parking.objects.filter(account__in=accounts, job=job, released_at__isnull=True)
    parked = set(known.values_list("account_id", flat=True))
    Parking.objects.bulk_create(
        Parking(
            account_id=account,
            job=job,
            step=step,
            reason=reason,
            tries=step.attempts,
            by=step.run.by,
            noted_at=at,
            parked_at=at,
        )
        for account in accounts
        if account not in parked
    )


def attempt(
    do: Callable[[], Any], *, job: Parked, account: int, by: str, at: datetime
) -> tuple[bool, Any]:
    """Do a job's work for one account. What it raises is counted, and in the end parks it.

    Returns whether it was done, and what `do` returned. A database that is away is no fault of
    the account's: it goes on up.
    """
    if account in parked_from(job):
        return False, None
    try:
        with transaction.atomic():
            result = do()
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 (whatever it was, the others go on and staff see it)
        _note(account, job, error, by=by, at=at)
        return False, None
    counted = Parking.objects.filter(account=account, job=job, released_at__isnull=True)
    counted.update(released_at=at, released_by=by)
    return True, result


@transaction.atomic
def _note(account: int, job: Parked, error: Exception, *, by: str, at: datetime) -> None:
    rows = Parking.objects.filter(account=account, job=job, released_at__isnull=True)
    found = rows.select_for_update().first()
    if found is None:
        found = Parking(account_id=account, job=job, by=by, noted_at=at)
    found.reason, found.tries = in_words(error), found.tries + 1
    if found.tries >= MOST_TRIES:
        found.parked_at = at
    found.save()


def _parked(
    account: int, job: Parked, step: RunStep | None, reason: str, tries: int, by: str, at: datetime
) -> Parking:
    return Parking.objects.create(
        account_id=account,
        job=job,
        step=step,
        reason=reason,
        tries=tries,
        by=by,
        noted_at=at,
        parked_at=at,
    )


def _release(rows: list[Parking], *, by: str, at: datetime) -> None:
    for row in rows:
        row.released_at, row.released_by = max(at, row.noted_at), by
    Parking.objects.bulk_update(rows, ["released_at", "released_by"])


def _queue_again(freed: set[int], named: set[int]) -> list[Run]:
    """Queue the steps named, and those that wait for the accounts and for nobody else."""
    waiting = RunStep.objects.filter(state__in=WAITING).select_related("run").order_by("run", "pk")
    kinds = [kind for kind, doing in settings.RUN_STEPS.items() if doing.get("parks")]
    still = set(open_parkings().values_list("account_id", flat=True))
    steps = [
        step
        for step in waiting.filter(run__kind__in=kinds)
        if step.pk in named
        or (freed.intersection(_all_of(step)) and not still.intersection(_all_of(step)))
    ]
    RunStep.objects.filter(pk__in=[step.pk for step in steps]).update(
        state=RunState.QUEUED, attempts=0, error="", lease_until=None, finished_at=None
    )
    ids = {step.run_id for step in steps}
    Run.objects.filter(pk__in=ids).update(state=RunState.QUEUED, finished_at=None)
    return list(Run.objects.filter(pk__in=ids).order_by("pk"))


def _all_of(step: RunStep) -> list[int]:
    return [*accounts_of(step), *step.scope.get("waits_for", ())]
