"""Who accounts are."""

from finance_mgmt.services import accounts

from ..files import Event
from ..world import World
from .registry import verb


@verb("change_account")
def change_account(world: World, event: Event) -> object:
    """Another identity, channel or currency (L11)."""
    identity = event["identity"] and accounts.verify_identity(
        legal_name=event["identity"],
        registration_number=event["identity"],
        **world.said(event) | {"key": f"event {event.index} identity"},
    )
    return accounts.change(
        account=world.account(event["account"]),
        identity=identity,
        channel=event["channel"],
        currency=event["currency"],
        **world.said(event),
    )
