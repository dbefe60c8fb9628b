"""Relationships and single powers (L, Z)."""

from finance_mgmt.enums import RelationshipState as State
from finance_mgmt.services import caps, changes, effects, grants, relationships

from ..files import Event
from ..world import World
from .registry import submit, verb

IN_FORCE = (State.ACTIVE, State.CHANGE_PENDING)
CANCELLABLE = (State.INVITED, State.SCHEDULED, State.CHANGE_PENDING)


@verb("link")
def link(world: World, event: Event) -> object:
    """Propose a relationship (L1-L5, L9)."""
    return relationships.link(
        master=world.account(event["master"]),
        member=world.account(event["member"]),
        mode=event["mode"],
        grants=event["grants"],
        has_acknowledged=event["acknowledge"],
        effective_at=event["effective_at"],
        **world.said(event),
    )


@verb("confirm")
def confirm(world: World, event: Event) -> object:
    """The member consents (L5)."""
    invitation = world.link_of(event["member"], (State.INVITED,), "L5", master=event["master"])
    return relationships.confirm(
        relationship=invitation, grants=event["grants"], **world.said(event)
    )


@verb("decline")
def decline(world: World, event: Event) -> object:
    """The member says no (L5)."""
    invitation = world.link_of(event["member"], (State.INVITED,), "L5", master=event["master"])
    return relationships.decline(relationship=invitation, **world.said(event))


@verb("cancel")
def cancel(world: World, event: Event) -> object:
    """An open invitation or a future-dated change is taken back (L5, L9)."""
    found = world.link_of(event["member"], CANCELLABLE, "L9", master=event["master"])
    if found.state == State.INVITED:
        return relationships.cancel_invitation(relationship=found, **world.said(event))
    return effects.cancel(relationship=found, **world.said(event))


@verb("upgrade")
def upgrade(world: World, event: Event) -> object:
    """Management becomes trusteeship in place (L7)."""
    return changes.upgrade(
        relationship=world.link_of(event["member"], IN_FORCE, "L7"),
        has_acknowledged=event["acknowledge"],
        has_consented=True,  # as with a grant, the event includes the consent
        effective_at=event["effective_at"],
        **world.said(event),
    )


@verb("move")
def move(world: World, event: Event) -> object:
    """To another master at one instant (L8)."""
    return changes.move(
        relationship=world.link_of(event["member"], IN_FORCE, "L8"),
        master=world.account(event["master"]),
        has_acknowledged=event["acknowledge"],
        has_consented=True,
        effective_at=event["effective_at"],
        **world.said(event),
    )


@verb("end")
def end(world: World, event: Event) -> object:
    """The relationship ends (L10)."""
    return submit(
        world,
        event,
        "changes.end",
        weight=None,
        relationship=world.link_of(event["member"], IN_FORCE, "L10"),
        effective_at=event["effective_at"],
    )


@verb("grant")
def grant(world: World, event: Event) -> object:
    """A single power, with consent (Z4)."""
    return grants.grant(
        relationship=world.link_of(event["member"], IN_FORCE, "Z1"),
        permission=event["permission"],
        held_by=event["to"],
        **world.said(event),
    )


@verb("revoke")
def revoke(world: World, event: Event) -> object:
    """A single power ends (Z4)."""
    return grants.revoke(
        relationship=world.link_of(event["member"], IN_FORCE, "Z1"),
        permission=event["permission"],
        held_by=event["to"],
        **world.said(event),
    )


@verb("cap")
def cap(world: World, event: Event) -> object:
    """What a trusteeship member may cost its master in a month (F12)."""
    return caps.set_cap(
        relationship=world.link_of(event["member"], IN_FORCE, "F12"),
        amount=event["amount"],
        is_hard=event["hard"],
        **world.said(event),
    )
