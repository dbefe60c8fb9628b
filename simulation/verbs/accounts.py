"""Who accounts are."""

from django.db import transaction

from billing.services import warnings
from finance_mgmt.services import accounts, cash
from finance_mgmt.services.members import create as open_member
from invoicing.services import titles

from ..files import Event
from ..world import World
from .registry import verb


@verb("change_account")
def change_account(world: World, event: Event) -> object:
    """Another identity, none (null), another channel or currency (L11), invoice title (I3)."""
    said = world.said(event)
    account = world.account(event["account"])
    with transaction.atomic():  # all of it, or nothing
        loses_identity = event["identity"] is None
        if loses_identity or any(event[name] for name in ("identity", "channel", "currency")):
            identity = event["identity"] and accounts.verify_identity(
                legal_name=event["identity"],
                registration_number=event["identity"],
                **said | {"key": f"event {event.index} identity"},
            )
            account = accounts.change(
                account=account,
                identity=identity or None,
                loses_identity=loses_identity,
                channel=event["channel"],
                currency=event["currency"],
                **said,
            )
        if event["title"] is not None:
            key = {"key": f"event {event.index} title"}
            titles.set_title(account=account, title=event["title"], **said | key)
    return account


@verb("set_thresholds")
def set_thresholds(world: World, event: Event) -> object:
    """When the account wants to be warned (W1); `by` is the account that says so (W5)."""
    return warnings.set_thresholds(
        account=world.account(event["account"]),
        warn_below=event["warn_below"],
        warn_spend=event["warn_spend"],
        set_by=world.account(event["by"]) if event["by"] else None,
        **world.said(event),
    )


@verb("create_member")
def create_member(world: World, event: Event) -> object:
    """A master makes a member outright, with cash if any (L14)."""
    said = world.said(event)
    with transaction.atomic():  # the account and its cash, or neither
        relationship = open_member(
            master=world.account(event["master"]),
            number=event["id"],
            name=world.names.get(event["id"]) or event["id"],
            mode=event["mode"],
            grants=event["grants"] or (),
            **said,
        )
        if event["cash"]:
            cash.top_up(
                account=relationship.member,
                amount=event["cash"],
                reason="opening cash",
                **said | {"key": f"event {event.index} cash"},
            )
    return relationship
