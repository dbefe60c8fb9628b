"""The scheduled jobs at one instant of a scenario: what beat and the workers would do."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db.models import Max

from billing.models import UsageRecord
from billing.services import bills, cycles, resources, settlement, sums, warnings
from finance_mgmt.enums import RunState
from finance_mgmt.models import Run
from finance_mgmt.money import plain
from finance_mgmt.services import approvals, effects, relationships, runs

from . import agenda as agendas
from .agenda import Agenda
from .world import Rest, World

MOST_ROUNDS = 1000
SOON = timedelta(milliseconds=1)

Job = Callable[[World, datetime, Agenda], bool]


class JobFailed(Exception):
    """A job gave up. That is no refusal: something of the product, or its data, is wrong."""


def run_due(world: World, at: datetime, of: Sequence[Job] | None = None) -> None:
    """Run the jobs in the order of one instant, again and again until nothing is due.

    A job that found nothing is asked again only after another one did something.
    """
    world.agenda = agendas.read(at, world.policy)
    if of is None and _is_at_rest(world, at):
        return
    done = 0  # how many jobs did something so far
    idle: dict[Job, int] = {}  # what that was when a job last found nothing to do
    for _ in range(MOST_ROUNDS):
        for job in of or JOBS:
            if idle.get(job) == done:
                continue
            if job(world, at, world.agenda):
                done += 1
                idle.pop(job, None)
                world.agenda = agendas.read(at, world.policy)
            else:
                idle[job] = done
        if all(idle.get(job) == done for job in of or JOBS):
            if of is None:
                world.rest = Rest(world.agenda.decision, next_due(world, at))
            return
    raise JobFailed(f"the jobs find no end at {at.isoformat()}")


def next_due(world: World, after: datetime) -> datetime:
    """When something may be due next, once the jobs of this instant are done."""
    agenda = world.agenda or agendas.read(after, world.policy)
    return min(agendas.stops(agenda, after, world.policy))


def next_quiet(world: World, after: datetime) -> datetime | None:
    """The same without closes and bills, for a replay that knows when those really ran."""
    agenda = world.agenda or agendas.read(after, world.policy)
    return min(agendas.quiet_stops(agenda, after, world.policy), default=None)


def _is_at_rest(world: World, at: datetime) -> bool:
    """Whether nothing was decided since nothing was due, and no instant of a job came.

    Usage moves nothing until it is due: whether it is, is asked by itself.
    """
    rest, agenda = world.rest, world.agenda
    if rest is None or agenda is None or at >= rest.until or rest.decision != agenda.decision:
        return False
    return agenda.usage_due is None or agenda.usage_due > at + SOON


def close(world: World, at: datetime, agenda: Agenda) -> bool:
    """Close cycles that are due (C4). Asked only where a cycle or a month waits for it."""
    instant = _closing_instant(world, at, agenda)
    if instant is None:
        return False
    run = cycles.close(by="job:close", at=instant)
    if run is None:
        return False
    result = work(run)
    if agenda.has_watched:  # warnings read the sums, and what waits for them
        sums.catch_up()
    charges = sum(step.result.get("charges", 0) for step in result.steps.all())
    world.tell(at, "close", f"{_many(charges, 'charge')} of closed cycles")
    return True


def issue(world: World, at: datetime, agenda: Agenda) -> bool:
    """Issue the bills of the next month that is closed (B5). Asked only where one is over."""
    month_end = agendas.month_end(agenda, world.policy)
    if month_end is None or month_end > at:
        return False
    run = bills.issue(by="job:bill", at=at)
    if run is None:
        return False
    result = work(run)
    issued = sum(step.result.get("bills", 0) for step in result.steps.all())
    world.tell(at, "bill", f"{_many(issued, 'bill')} of {run.facts['month'][:7]} issued")
    return True


def settle(world: World, at: datetime, agenda: Agenda) -> bool:
    """The automatic run of bills on their due date (S1, S2)."""
    due = settlement.due_bills(at) if agendas.is_bill_due(agenda, at, world.policy) else []
    for bill in due:
        made = settlement.settle_due(bill=bill, by="job:settle", at=at)
        paid = " and ".join(plain(one.amount, 2) for one in made) or "nothing"
        world.tell(at, "settle", f"bill {bill} is due: {paid} paid")
    return bool(due)


def apply(world: World, at: datetime, agenda: Agenda) -> bool:
    """Future-dated changes take effect, or are cancelled (L9)."""
    due = effects.due_changes(at) if agenda.change_now else []
    for link in due:
        after = effects.apply(relationship=link, by="job:changes", at=at)
        world.tell(at, "change", f"{after}: {link.state} is now {after.state}")
    return bool(due)


def expire(world: World, at: datetime, agenda: Agenda) -> bool:
    """Invitations and requests for approval that nobody answered (L5, Z7)."""
    expired = relationships.expire(by="job:invitations", at=at) if agenda.invitation_now else 0
    if expired:
        world.tell(at, "expire", f"{_many(expired, 'invitation')} expired")
    unanswered = approvals.expire(by="job:approvals", at=at) if agenda.request_now else 0
    if unanswered:
        world.tell(at, "expire", f"{_many(unanswered, 'request')} for approval expired")
    return bool(expired or unanswered)


def review(world: World, at: datetime, agenda: Agenda) -> bool:
    """Suspend and resume resources by the funds that decide (R3)."""
    changed = resources.review(by="job:resources", at=at) if agenda.has_resources else []
    for resource in changed:
        world.tell(at, "review", f"resource {resource} is {resource.status}")
    return bool(changed)


def warn(world: World, at: datetime, agenda: Agenda) -> bool:
    """Judge the figures that moved against their thresholds (W1)."""
    told = warnings.evaluate(by="job:warnings", at=at) if agenda.has_watched else 0
    if told:
        world.tell(at, "warn", f"{_many(told, 'notice')} sent")
    return bool(told)


JOBS: tuple[Job, ...] = (close, issue, settle, apply, expire, review, warn)  # in this order
QUIET: tuple[Job, ...] = JOBS[2:]  # all but those that close the books


def _closing_instant(world: World, at: datetime, agenda: Agenda) -> datetime | None:
    """Through when to close: `at`, or microseconds later. None: neither cycle nor month waits.

    What arrives at the very instant of a close is late, and due just after it.
    """
    instant, usage = at, agenda.usage_due
    if usage is not None and usage <= at + SOON:
        late = UsageRecord.objects.filter(is_late=True, due_at__gt=at, due_at__lte=at + SOON)
        instant = late.aggregate(last=Max("due_at"))["last"] or at
    if usage is not None and usage <= instant:
        return instant
    month_end = agendas.month_end(agenda, world.policy)
    after = agenda.closed_through or cycles.BEGINNING
    return instant if month_end is not None and after < month_end <= instant else None


def work(run: Run) -> Run:
    """Do all steps of a run now. Raises JobFailed."""
    done = runs.work(run.pk, worker="scenario")
    if done.state != RunState.DONE:
        said = "; ".join(_last_line(step.error) for step in done.steps.all() if step.error)
        raise JobFailed(f"{done}: {said}")
    return done


def _last_line(error: str) -> str:
    """What went wrong, without the trace that leads there (the run's row keeps that)."""
    lines = [line for line in error.splitlines() if line and not line.startswith((" ", "DETAIL"))]
    return lines[-1] if lines else error


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
