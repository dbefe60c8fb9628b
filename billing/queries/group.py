"""A master and its members side by side: what each may spend, spends, and how fast.

The roster is one light row per member, so that it can be sorted by anything; what is dear is read
for the members of one page only. What the group spends: `sums.spend`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import BooleanField, ExpressionWrapper, Q

from finance_mgmt import queries as ground
from finance_mgmt.enums import Mode
from finance_mgmt.models import Account, Relationship

from ..models import Bill

MODES = {True: Mode.TRUSTEESHIP, False: Mode.MANAGEMENT}


@dataclass(frozen=True)
class Seat:
    """One member in force: what a roster of thousands can be sorted and searched by."""

    relationship: int
    account: int
    number: str
    name: str
    mode: Mode
    allocated: Decimal
    used: Decimal


def roster(master: int, at: datetime) -> list[Seat]:
    """All members in force at the instant, by number, in one query."""
    links = Relationship.objects.filter(ground.in_force(at), master_id=master)
    is_trusteeship = Q(mode=Mode.TRUSTEESHIP, trusteeship_from__lte=at)
    rows = links.order_by("member__number").values_list(  # plain columns: there are thousands
        *("pk", "member_id", ExpressionWrapper(is_trusteeship, BooleanField())),
        *(f"member__{name}" for name in ("number", "name")),
        *(f"member__funds__{name}" for name in ("allocated_in", "used")),
    )
    return [
        Seat(pk, member, number, name, MODES[is_trusteeship], allocated, used)
        for pk, member, is_trusteeship, number, name, allocated, used in rows
    ]


def last_months(month: date, count: int) -> tuple[date, ...]:
    """The month and those before it, the earliest first."""
    ordinal = month.year * 12 + month.month - 1
    found = (divmod(ordinal - back, 12) for back in reversed(range(count)))
    return tuple(date(year, index + 1, 1) for year, index in found)


def last_bills(payers: Collection[int]) -> dict[int, Bill]:
    """The latest bill of each payer, in one query."""
    rows = Bill.objects.filter(payer_id__in=payers).order_by("payer_id", "-month")
    return {bill.payer_id: bill for bill in rows.distinct("payer_id")}


def named(accounts: Collection[int]) -> dict[int, Account]:
    """Accounts by key."""
    return Account.objects.in_bulk(list(accounts))
