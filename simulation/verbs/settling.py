"""Bills after they are issued (S), and manual lines before (B2)."""

from billing.services import adjustments, settlement

from ..files import Event
from ..world import World
from .links import IN_FORCE
from .registry import verb


@verb("settle")
def settle(world: World, event: Event) -> object:
    """Outstanding credit from the account's cash (S1)."""
    return settlement.settle(
        account=world.account(event["account"]),
        amount=event["amount"],
        month=event["bill"],
        **world.said(event),
    )


@verb("settle_for")
def settle_for(world: World, event: Event) -> object:
    """The member's outstanding credit from the master's cash (S2)."""
    return settlement.settle_for(
        master=world.account(event["master"]),
        member=world.account(event["member"]),
        amount=event["amount"],
        month=event["bill"],
        **world.said(event),
    )


@verb("unified_settlement")
def unified_settlement(world: World, event: Event) -> object:
    """The switch (S2)."""
    return settlement.switch_unified(
        relationship=world.link_of(event["member"], IN_FORCE, "S2"),
        is_on=event["enabled"],
        has_consented=True,  # as with a grant, the event includes the consent
        **world.said(event),
    )


@verb("adjust")
def adjust(world: World, event: Event) -> object:
    """A manual line on the open bill (B2)."""
    return adjustments.adjust(
        account=world.account(event["account"]),
        amount=event["amount"],
        reason=event["reason"],
        **world.said(event),
    )
