"""A master, or staff, makes a member outright (L14)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from ..enums import Channel, Mode, Permission, RelationshipState
from ..models import Account, Relationship
from . import accounts, relationships


@transaction.atomic
def create(
    *,
    master: Account,
    number: str,
    name: str,
    mode: Mode,
    grants: Collection[Permission] = (),
    key: str,
    by: str,
    at: datetime,
) -> Relationship:
    """Open an account with the master's identity and currency, linked at once (L14).

    The rules of linking hold as ever; what they refuse leaves no account behind.
    Raises LinkRefused, AccountRefused, KeyReused.
    """
    member = accounts.open(
        number=number,
        name=name,
        currency=master.currency,
        identity=master.identity,
        channel=Channel(master.channel),
        key=f"{key} account",
        by=by,
        at=at,
    )
    relationship = relationships.link(
        master=master,
        member=member,
        mode=mode,
        grants=grants,
        is_told=False,  # there is nobody yet who could answer
        key=key,
        by=by,
        at=at,
    )
    if relationship.state == RelationshipState.INVITED:
        relationship = relationships.confirm(
            relationship=relationship, key=f"{key} consent", by=by, at=at
        )
    return relationship
