"""One event from elsewhere than a file: a change that somebody asks about."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import yaml

from .nodes import Spot, unreadable
from .problems import Problem, Wrong
from .rows import Reader
from .scenario import Event, frozen
from .values import Names
from .verbs import read


def read_change(
    change: Mapping[str, Any], verbs: Collection[str], names: Names, at: datetime
) -> tuple[Event | None, list[Problem]]:
    """The event that the change is, of one of the verbs; or what is wrong with it."""
    reader = Reader()
    reader.names = names
    root = yaml.compose(json.dumps(change), Loader=yaml.SafeLoader)
    if root is None:
        raise AssertionError("JSON is YAML")
    spot = Spot(root, "change")
    found = reader.pairs(spot, dict.fromkeys(verbs))
    if not reader.problems and len(found) != 1:
        reader.note(spot, f"needs exactly one of {', '.join(verbs)}.")
    if reader.problems:
        return None, reader.problems
    ((verb, value),) = found.items()
    keys = read(reader, verb, value)
    if keys is None:
        return None, reader.problems
    return Event(value.line, value.place, frozen(keys), -1, at, verb), []


def read_text(text: str) -> Any:
    """A change as written in a scenario, as plain values. Raises ValueError."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"The change is not YAML: {error}") from None
    if node is not None and (problems := list(unreadable(node))):
        raise ValueError(f"The change {problems[0].what}")
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("Write the change as in a scenario: end: {member: A}")
    return _plain(Spot(node, ""))


def _plain(spot: Spot) -> Any:
    if spot.is_mapping:
        return {key: _plain(value) for _, key, value in spot.pairs()}
    if spot.is_list:
        return [_plain(one) for one in spot.items()]
    if spot.is_nothing:
        return None
    try:
        return spot.flag()
    except Wrong:
        return spot.node.value
