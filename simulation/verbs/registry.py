"""Which function does which verb."""

from collections.abc import Callable

from ..files import Event
from ..world import World

Verb = Callable[[World, Event], object]

VERBS: dict[str, Verb] = {}


def verb(name: str) -> Callable[[Verb], Verb]:
    """Let the function do the verb: one service call each, refusals as they come."""

    def register(function: Verb) -> Verb:
        VERBS[name] = function
        return function

    return register
