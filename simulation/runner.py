"""A scenario played: events in time order, and the jobs whenever something is due."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from finance_mgmt.errors import FinanceError
from finance_mgmt.money import plain

from . import jobs, preview
from .files import Event, Malformed, Problem, Scenario
from .files.verbs import VERBS as KEYS
from .setting import prepare
from .verbs import VERBS
from .world import Previewed, Refused, World


class EventFailed(Exception):
    """An event broke. That is no refusal: something of the product is wrong."""


def require_built(scenario: Scenario) -> None:
    """Raise Malformed where the file needs what the product can't do yet."""
    problems = [
        Problem(event.line, event.place, f"the product can't do `{asked.verb}` yet.")
        for event in scenario.events
        if (asked := event.inner or event).verb not in VERBS
    ]
    if problems:
        raise Malformed(scenario.file, problems)


def play(scenario: Scenario) -> World:
    """Play the whole file on the current, empty database. Raises Malformed, EventFailed."""
    return unfold(World(scenario))


def unfold(world: World, tell: Callable[[Event], None] = lambda event: None) -> World:
    """Play the world's file from its head to its end. Raises Malformed, EventFailed.

    `tell` is called before each event.
    """
    scenario = world.scenario
    with transaction.atomic():  # a head that is refused leaves nothing behind
        prepare(world)
    now = scenario.start
    jobs.run_due(world, now)
    for event in scenario.events:
        now = advance(world, now, event.at)
        tell(event)
        happen(world, event)
        jobs.run_due(world, now)
    advance(world, now, scenario.end)
    return world


def advance(world: World, now: datetime, to: datetime) -> datetime:
    """Run the clock on, through every instant at which a job has work, `to` included."""
    while now < to:
        now = min(jobs.next_due(world, now), to)
        jobs.run_due(world, now)
    return now


def happen(world: World, event: Event) -> None:
    """Do one event. What the rules refuse is noted, and the story goes on."""
    try:
        if event.inner is not None:
            would, reasons = preview.ask(world, event.inner)
            world.previews.append(Previewed(event, would, reasons))
            answer = "would be refused" if reasons else "would be done"
            world.tell(event.at, "preview", f"{said(event.inner, world.zone)}: {answer}")
        else:
            VERBS[event.verb](world, event)
            world.tell(event.at, "event", said(event, world.zone))
    except FinanceError as error:
        world.refusals.append(Refused(event, error))
        rules = ", ".join(error.rules)
        world.tell(
            event.at, "event", f"{said(event, world.zone)}: refused by {rules}", is_refusal=True
        )
    except Exception as error:
        text = f"event {event.index} ({event.verb}, line {event.line}) broke: {error}"
        raise EventFailed(text) from error


def said(event: Event, zone: ZoneInfo) -> str:
    """An event in words: "link master HQ, member A". What has its usual value is left out."""
    usual = {name: key.default for name, key in KEYS[event.verb].items() if not key.is_needed}
    keys = [
        f"{name} {_word(value, zone)}"
        for name, value in event.keys.items()
        if name not in usual or value != usual[name]
    ]
    return f"{event.verb} {', '.join(keys)}"


def _word(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    if isinstance(value, Decimal):
        return plain(value)
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, tuple | list):
        return " ".join(_word(one, zone) for one in value)
    return str(value)
