"""One event from elsewhere than a file: a change that somebody asks about."""

from collections.abc import Collection
from datetime import datetime

import yaml

from .nodes import Spot
from .problems import Problem
from .rows import Reader
from .scenario import Event, frozen
from .values import Names
from .verbs import read


def read_change(
    root: yaml.Node, verbs: Collection[str], names: Names, at: datetime
) -> tuple[Event | None, list[Problem]]:
    """The event under the key "change", of one of the verbs; or what is wrong with it."""
    reader = Reader()
    reader.names = names
    spot = next(value for _, _, value in Spot(root, "").pairs())
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
