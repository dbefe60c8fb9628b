"""Whose matters an account may see, and who may give or take a power (Z3-Z6). Pure.

| of the other end | trusteeship, as master  | management, holding          |
|------------------|-------------------------|------------------------------|
| finances         | no                      | view_finances                |
| bills            | yes                     | view_bills                   |
| consumption      | yes                     | view_bills                   |
| managed          | yes: orders, resources  | no                           |

A trusteeship member sees nothing of its master. Single powers count in management only: there is
nothing to grant in trusteeship (Z5).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ..enums import End, Mode, Permission, Role
from .grants import BOTH_WAYS

# Commands that may wait for somebody else (Z7, L5): what staff need to ask for them, and which
# roles may ask for an account (none: only staff).
ASKED_BY = {
    "credit.allocate": (("allocate",), (Role.OWNER, Role.FINANCE)),
    "credit.reclaim": (("reclaim",), (Role.OWNER, Role.FINANCE)),
    "credit.set_limit": (("set_credit_limit",), ()),
    "allocations.move_many": (("allocate", "reclaim"), ()),
    "changes.end": (("end",), (Role.OWNER,)),
    "refunds.refund": (("refund",), (Role.OWNER, Role.FINANCE)),
    "orders.override_price": (("override_price",), ()),
    "changes.upgrade": (("upgrade",), (Role.OWNER,)),
    "changes.move": (("move",), ()),
    "settlement.switch_unified": (("settle",), (Role.OWNER,)),
}


@dataclass(frozen=True)
class Tie:
    """One relationship in force, as far as the end that looks is concerned. Accounts are ids."""

    other: int
    is_master: bool  # whether the one who looks is the master
    mode: Mode
    held: frozenset[Permission] = frozenset()  # powers that the one who looks holds


@dataclass(frozen=True)
class Sight:
    """Whose matters one account may see now; its own included. Sets of account ids."""

    account: int
    finances: frozenset[int]  # funds and movements
    bills: frozenset[int]  # bills and charges, by payer
    consumption: frozenset[int]  # orders, resources and usage, by owner
    managed: frozenset[int]  # orders and resources it may change, by owner
    members: frozenset[int]  # of either mode
    group: int = 0  # its master, or itself: whoever asks too often asks for the whole group


def decide(account: int, ties: Iterable[Tie]) -> Sight:
    """What the account may see, from its relationships in force."""
    known = list(ties)
    trusted = [t.other for t in known if t.mode == Mode.TRUSTEESHIP and t.is_master]
    managed = [t for t in known if t.mode == Mode.MANAGEMENT]
    finances = [t.other for t in managed if Permission.VIEW_FINANCES in t.held]
    bills = [t.other for t in managed if Permission.VIEW_BILLS in t.held]
    return Sight(
        account=account,
        finances=frozenset([account, *finances]),
        bills=frozenset([account, *trusted, *bills]),
        consumption=frozenset([account, *trusted, *bills]),
        managed=frozenset([account, *trusted]),
        members=frozenset(t.other for t in known if t.is_master),
        group=next((t.other for t in known if not t.is_master), account),
    )


def may_grant(held_by: End, by_end: End) -> bool:
    """Whether an end may give this power: only what the other end will hold is its to give (Z4)."""
    return held_by != by_end


def may_revoke(permission: Permission, held_by: End, by_end: End) -> bool:
    """Whether an end may end this power: its holder always, the giver only views (Z4)."""
    return held_by == by_end or permission in BOTH_WAYS
