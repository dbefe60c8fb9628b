"""Cash and credit (F)."""

from typing import Any

from finance_mgmt.services import cash

from ..files import Event
from ..world import World
from .registry import submit, verb


@verb("top_up")
def top_up(world: World, event: Event) -> object:
    """Cash from outside (F10)."""
    return cash.top_up(**_one(world, event), reason="top-up")


@verb("withdraw")
def withdraw(world: World, event: Event) -> object:
    """Cash to outside (F7, F9)."""
    return cash.withdraw(**_one(world, event))


@verb("set_credit_limit")
def set_credit_limit(world: World, event: Event) -> object:
    """The provider's credit line (F6)."""
    limit = event["amount"]
    return submit(
        world,
        event,
        "credit.set_limit",
        weight=limit,
        account=world.account(event["account"]),
        limit=limit,
        reason="limit set",
    )


@verb("allocate")
def allocate(world: World, event: Event) -> object:
    """Credit from a master to a member in management (F6)."""
    return submit(world, event, "credit.allocate", weight=event["amount"], **_between(world, event))


@verb("reclaim")
def reclaim(world: World, event: Event) -> object:
    """The unused part of it back (F6)."""
    return submit(world, event, "credit.reclaim", weight=event["amount"], **_between(world, event))


@verb("transfer")
def transfer(world: World, event: Event) -> object:
    """Cash from a master to a member in management (F7)."""
    return cash.transfer(**_pair(world, event))


@verb("take_back")
def take_back(world: World, event: Event) -> object:
    """What is left of it back (F7)."""
    return cash.take_back(**_pair(world, event))


def _one(world: World, event: Event) -> dict[str, Any]:
    account = world.account(event["account"])
    return {"account": account, "amount": event["amount"], **world.said(event)}


def _pair(world: World, event: Event) -> dict[str, Any]:
    return {**_between(world, event), **world.said(event)}


def _between(world: World, event: Event) -> dict[str, Any]:
    return {
        "master": world.account(event["master"]),
        "member": world.account(event["member"]),
        "amount": event["amount"],
    }
