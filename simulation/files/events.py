"""The events of a file, in time order, each with exactly one verb."""

from datetime import datetime
from typing import Any

from .nodes import Spot, written
from .rows import Reader
from .scenario import Event, frozen
from .values import instant
from .verbs import MAKES, VERBS, read

PREVIEW = "preview"


def read_events(reader: Reader, spot: Spot, start: Any, end: Any) -> tuple[Event, ...]:
    """The events. Notes those out of order, before the start or after the end."""
    events = []
    latest: datetime | None = start
    for index, item in enumerate(reader.items(spot)):
        reader.names.events = index
        event = _event(reader, item, index)
        if event is None:
            continue
        latest = _in_order(reader, item, event, latest, start, end)
        events.append(event)
    return tuple(events)


def _in_order(reader: Reader, spot: Spot, event: Event, latest: Any, start: Any, end: Any) -> Any:
    said = _at(spot)
    if start is not None and event.at < start:
        reader.note(said, "lies before the start of the scenario.")
    elif latest is not None and event.at < latest:
        reader.note(said, "lies before the event above it; write events in time order.")
    elif end is not None and event.at > end:
        reader.note(said, "lies after the end of the scenario.")
    return event.at if latest is None else max(event.at, latest)


def _at(spot: Spot) -> Spot:
    return next(value for _, key, value in spot.pairs() if key == "at")


def _event(reader: Reader, spot: Spot, index: int) -> Event | None:
    found = reader.pairs(spot, ["at", PREVIEW, *VERBS])
    verbs = [key for key in found if key != "at"]
    if not spot.is_mapping:
        return None
    at = None
    if "at" in found:
        at = reader.value(found["at"], instant)
    else:
        reader.note(spot, 'the key "at" is missing.')
    if not _has_one_verb(reader, spot, verbs):
        return None
    verb = verbs[0]
    if verb != PREVIEW:
        return _of_verb(reader, found[verb], index, at, verb)
    inner = _asked(reader, found[verb], index, at)
    if inner is None or at is None:
        return None
    return Event(spot.line, spot.place, frozen({}), index, at, PREVIEW, inner)


def _has_one_verb(reader: Reader, spot: Spot, verbs: list[str]) -> bool:
    if len(verbs) > 1:
        reader.note(spot, f"has {len(verbs)} verbs ({', '.join(verbs)}); write an event for each.")
    unknown = [key for _, key, _ in spot.pairs() if key not in ("at", PREVIEW) and key not in VERBS]
    if not verbs and not unknown:
        reader.note(spot, "has no verb, such as `link` or `use`.")
    return len(verbs) == 1


def _of_verb(reader: Reader, spot: Spot, index: int, at: Any, verb: str) -> Event | None:
    keys = read(reader, verb, spot)
    if verb in MAKES and (name := written(spot, "id")) is not None:
        reader.names.known[MAKES[verb]].add(name)
    if keys is None or at is None:
        return None
    return Event(spot.line, spot.place, frozen(keys), index, at, verb)


def _asked(reader: Reader, spot: Spot, index: int, at: Any) -> Event | None:
    found = reader.pairs(spot, [PREVIEW, *VERBS])
    if PREVIEW in found:
        reader.note(found[PREVIEW], "a preview asks about another verb.")
        return None
    if not spot.is_mapping or not _has_one_verb(reader, spot, list(found)):
        return None
    (verb, value), *_ = found.items()
    keys = read(reader, verb, value)
    if keys is None or at is None:
        return None
    return Event(value.line, value.place, frozen(keys), index, at, verb)
