"""A master's members in management, with what credit may move to and from each (F6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ..enums import Mode, Permission
from ..models import Account
from ..money import ZERO, parse
from ..rules import bounds
from ..rules.credit import Figures
from .funds import figures_of
from .standing import members_of, standings


@dataclass(frozen=True)
class MemberCredit:
    """One member: what it has, and what could move."""

    member: Account
    figures: Figures
    reclaimable: Decimal
    shares_credit: bool  # whether the member granted it; without, nothing can be allocated


@dataclass(frozen=True)
class MasterCredit:
    """A master and all its members in management, by number."""

    master: Account
    figures: Figures
    allocatable: Decimal
    members: list[MemberCredit]


def of_master(master: Account, at: datetime) -> MasterCredit:
    """Everything that the page of allocation shows, in a fixed number of queries."""
    ids = members_of(master.pk, at)[Mode.MANAGEMENT]
    stands = standings([master.pk, *ids], at)
    figures = figures_of([master.pk, *ids], at, stands)
    rows = [
        MemberCredit(
            member=member,
            figures=figures[member.pk],
            reclaimable=max(bounds.reclaim(figures[member.pk]).most, ZERO),
            shares_credit=stands[member.pk].grants_master(Permission.SHARE_CREDIT),
        )
        for member in Account.objects.filter(pk__in=ids).order_by("number")
    ]
    own = figures[master.pk]
    return MasterCredit(master, own, max(bounds.allocation(own).most, ZERO), rows)


def moves(stored: Mapping[str, str]) -> dict[str, Decimal]:
    """From the stored arguments of `allocations.move_many` back to amounts by member number."""
    return {number: parse(amount) for number, amount in stored.items()}
