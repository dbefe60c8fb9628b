"""A history played: each decision in its order, the jobs when they really ran, and one change."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from billing.services import bills, cycles, sums
from finance_mgmt import queries
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Relationship
from finance_mgmt.policy import Policy
from finance_mgmt.services import relationships

from .. import jobs
from ..files import Event, Scenario
from ..services import histories
from ..verbs import VERBS
from ..world import BY, NotThere, World
from .history import BILL, CLOSE, MAKERS, History, Step
from .verbs import again

CHANGE = "change"


@dataclass(frozen=True)
class Refused:
    """A command of the real history that the rules refuse in this replay, or the change itself."""

    at: datetime
    verb: str
    facts: dict[str, Any]
    reasons: tuple[Reason, ...]


@dataclass
class Played:
    """What came of a replay besides the books it left in the sandbox."""

    refused: list[Refused] = field(default_factory=list)
    change_refused: Refused | None = None


def play(
    history: History,
    change: Event | None,
    tell: Callable[[int], None] = lambda done: None,
) -> Played:
    """Play the history on an empty sandbox, with the change at its instant.

    `tell` is called with the number of steps done. A change that is refused ends the replay.
    """
    histories.load(history)
    played = Played()
    start = history.steps[0].at if history.steps else history.until
    world = World(Scenario("", start, history.until, Policy(), {}))
    clock = _Clock(world, start)
    for done, step in enumerate(_with_change(history.steps, change)):
        clock.run_to(step.at, including=step.verb not in (CLOSE, BILL))
        number = history.usage_came_at.get(step.at, 0)
        histories.deliver(step.at, inclusive=number < step.number)
        _do(world, step, change, played)
        if played.change_refused:
            return played
        if step.verb == "policy.change":
            clock.learn()
        clock.quiet(step.at)
        tell(done)
    clock.run_to(history.until, including=True)
    return played


def _with_change(steps: tuple[Step, ...], change: Event | None) -> Iterator[Step]:
    """The steps in order; the change after the jobs of its instant, before the other commands."""
    waiting = change
    for step in steps:
        is_before = waiting is None or step.at < waiting.at
        is_job = waiting is not None and step.at == waiting.at and step.verb in (CLOSE, BILL)
        if waiting is not None and not is_before and not is_job:
            yield Step(waiting.at, step.number, CHANGE)
            waiting = None
        yield step
    if waiting is not None:
        yield Step(waiting.at, 0, CHANGE)


def _do(world: World, step: Step, change: Event | None, played: Played) -> None:
    if step.verb in (CLOSE, BILL):
        _close(step)
        return
    try:
        if step.verb == CHANGE and change is not None:
            _make(world, change)
            return
        if step.made is not None:
            histories.number_next(MAKERS[step.verb], step.made)
        again(step.verb, step.facts, key=step.key, by=step.by, at=step.at)
    except FinanceError as refusal:
        reasons = _not_yet(refusal) if isinstance(refusal, NotThere) else refusal.reasons
        said = Refused(step.at, step.verb, dict(step.facts), tuple(reasons))
        if step.verb == CHANGE:
            played.change_refused = said
        else:
            played.refused.append(said)


def _not_yet(refusal: NotThere) -> list[Reason]:
    """What the change names was not there at its instant."""
    return [
        Reason(
            "L12",
            "not_yet_there",
            f"There was no {' '.join(str(fact) for pair in reason.facts.items() for fact in pair)}"
            " yet at that instant. Choose a later one.",
            reason.facts,
            "the caller",
        )
        for reason in refusal.reasons
    ]


def _close(step: Step) -> None:
    """The close, or the bills, at the instant at which they were really asked for."""
    if run := cycles.close(by="job:close", at=step.at):
        jobs.work(run)
    while step.verb == BILL and (run := bills.issue(by="job:bill", at=step.at)):
        jobs.work(run)
    sums.catch_up()


def _make(world: World, change: Event) -> None:
    """The change, as a person with every power would make it: consent and second person given."""
    histories.number_apart()
    world.is_asking = True
    before = set(Relationship.objects.values_list("pk", flat=True))
    VERBS[change.verb](world, change)
    for link in Relationship.objects.filter(state="invited").exclude(pk__in=before):
        relationships.confirm(relationship=link, key="what-if consent", by=BY, at=change.at)
    world.is_asking = False


class _Clock:
    """Runs the jobs that wait for an instant: due dates, planned changes, what expires."""

    def __init__(self, world: World, start: datetime) -> None:
        self.world = world
        self.next: datetime | None = None
        self.now = start
        self.learn()

    def learn(self) -> None:
        """The switches may have changed."""
        self.world.policy = queries.policy()

    def run_to(self, to: datetime, *, including: bool) -> None:
        """Run the jobs at every instant up to this one at which one is due."""
        while self.next is not None and (self.next < to or (including and self.next == to)):
            histories.deliver(self.next, inclusive=True)
            self.quiet(self.next)
        self.now = max(self.now, to)

    def quiet(self, at: datetime) -> None:
        """Run the jobs that are due now, and learn when the next one will be."""
        jobs.run_due(self.world, at, jobs.QUIET)
        self.next = jobs.next_quiet(self.world, at)
