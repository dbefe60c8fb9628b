"""Which function does which verb."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from finance_mgmt.models import Approval
from finance_mgmt.services import approvals

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


def submit(
    world: World, event: Event, command: str, *, weight: Decimal | None, **arguments: Any
) -> Any:
    """Do a command, or write it down until a second person agrees, as the policy says (Z7).

    `weight` is the amount that decides about that. A preview looks past the second person.
    """
    said = world.said(event)
    stored = approvals.primitives(**arguments)
    done = approvals.submit(verb=command, arguments=stored, amount=weight, **said)
    if isinstance(done, Approval) and world.is_asking:
        return approvals.approve(approval=done, **said | {"key": "preview", "by": "preview"})
    return done
