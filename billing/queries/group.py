"""A master and its members side by side: what each may spend, spends, and how fast.

The roster is one light row per member, so that it can be sorted by anything; what is dear is read
for the members of one page only. What the group spends is charged by its own accounts for its
own accounts: what a former master paid for a member is not part of it.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import F

from finance_mgmt import queries as ground
from finance_mgmt.enums import Mode
from finance_mgmt.models import Account, Relationship
from finance_mgmt.money import ZERO

from ..models import Bill

_OPEN = """
WITH account AS (SELECT unnest(%(accounts)s::bigint[]) AS id),
open AS (
    SELECT account.id, wanted.month
    FROM account CROSS JOIN unnest(%(months)s::date[]) AS wanted (month)
    WHERE NOT EXISTS (SELECT FROM billing_bill bill
        WHERE bill.payer_id = account.id AND bill.month = wanted.month)
)
SELECT charge.owner_id, charge.billing_month, sum(charge.payable_amount)
FROM open JOIN billing_charge charge
    ON charge.billing_month = open.month AND charge.payer_id = open.id
WHERE charge.owner_id = ANY(%(accounts)s)
GROUP BY charge.owner_id, charge.billing_month
"""

_BILLED = """
SELECT charge.owner_id, charge.billing_month, sum(charge.payable_amount)
FROM billing_charge charge
WHERE charge.payer_id = %(master)s AND charge.billing_month = ANY(%(months)s::date[])
GROUP BY charge.owner_id, charge.billing_month
"""

_PRODUCTS = """
SELECT product.code, sum(charge.payable_amount) AS amount
FROM billing_charge charge LEFT JOIN billing_product product ON product.id = charge.product_id
WHERE charge.billing_month = %(month)s AND charge.payer_id = ANY(%(accounts)s)
    AND charge.owner_id = ANY(%(accounts)s)
GROUP BY product.code ORDER BY amount DESC, product.code
"""

_SAVINGS = """
SELECT saved.kind, saved.giver, saved.owner_id, sum(saved.amount)
FROM (
    SELECT 'discount' AS kind, discount.owner_id AS giver, charge.owner_id,
        charge.discount_amount AS amount
    FROM billing_charge charge JOIN billing_discount discount ON discount.id = charge.discount_id
    WHERE charge.billing_month = %(month)s AND charge.payer_id = ANY(%(accounts)s)
        AND charge.owner_id = ANY(%(accounts)s)
    UNION ALL
    SELECT 'commitment', commitment.owner_id, charge.owner_id, covered.amount
    FROM billing_charge charge
    JOIN billing_coverage covered ON covered.charge_id = charge.id
    JOIN billing_commitment commitment ON commitment.id = covered.commitment_id
    WHERE charge.billing_month = %(month)s AND charge.payer_id = ANY(%(accounts)s)
        AND charge.owner_id = ANY(%(accounts)s) AND charge.covered_amount <> 0
) saved
GROUP BY saved.kind, saved.giver, saved.owner_id
HAVING sum(saved.amount) <> 0
ORDER BY sum(saved.amount) DESC, saved.kind, saved.giver, saved.owner_id
"""


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


@dataclass(frozen=True)
class Saving:
    """What one account saved in a month by a discount or a commitment of another, or its own."""

    kind: str  # discount or commitment
    giver: int
    owner: int
    amount: Decimal


@dataclass(frozen=True)
class Spend:
    """What the accounts of a group cost, by owner and billing month, the earliest first."""

    months: Sequence[date]
    by_owner: dict[int, dict[date, Decimal]]

    def of(self, owner: int, month: date) -> Decimal:
        """One account's month."""
        return self.by_owner.get(owner, {}).get(month, ZERO)

    def total(self, month: date) -> Decimal:
        """The group's month."""
        return sum((found.get(month, ZERO) for found in self.by_owner.values()), ZERO)

    def largest(self, count: int) -> list[int]:
        """The owners that cost most over all months."""
        sums = {owner: sum(found.values(), ZERO) for owner, found in self.by_owner.items()}
        return sorted(sums, key=lambda owner: (-sums[owner], owner))[:count]


def roster(master: int, at: datetime) -> list[Seat]:
    """All members in force at the instant, by number, in one query."""
    links = Relationship.objects.filter(ground.in_force(at), master_id=master)
    links = links.annotate(
        number=F("member__number"),
        name=F("member__name"),
        allocated=F("member__funds__allocated_in"),
        used=F("member__funds__used"),
    )
    return [
        Seat(
            relationship=link.pk,
            account=link.member_id,
            number=link.number,
            name=link.name,
            mode=ground.mode_at(link, at),
            allocated=link.allocated,
            used=link.used,
        )
        for link in links.order_by("number")
    ]


def last_months(month: date, count: int) -> tuple[date, ...]:
    """The month and those before it, the earliest first."""
    ordinal = month.year * 12 + month.month - 1
    found = (divmod(ordinal - back, 12) for back in reversed(range(count)))
    return tuple(date(year, index + 1, 1) for year, index in found)


def spend(
    master: int, members: Collection[int], months: Sequence[date], edition: tuple[object, ...]
) -> Spend:
    """What the group cost in each month.

    Months on an issued bill never change and are read once; of members that are billed
    themselves, the bill knows the sum. `edition` changes when charges were added.
    """
    accounts = (master, *members)
    by_owner: dict[int, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    newest = Bill.objects.order_by("-pk").values_list("pk", flat=True).first()
    issued = Bill.objects.filter(payer_id=master, month__in=months).order_by("month")
    bills = tuple(issued.values_list("pk", "month"))
    own = Bill.objects.filter(payer_id__in=members, month__in=months)
    own_rows = list(own.values_list("payer_id", "month", "own_amount"))
    known = set(accounts)
    for rows in (
        own_rows,
        _billed(master, bills, connection.settings_dict["NAME"]),
        _open(accounts, tuple(months), (*edition, newest)),  # last: never what is billed, too
    ):
        for owner, month, amount in rows:
            if owner in known:
                by_owner[owner][month] += amount
    return Spend(months, {owner: dict(found) for owner, found in by_owner.items()})


@lru_cache(maxsize=32)
def _open(
    accounts: tuple[int, ...], months: tuple[date, ...], edition: tuple[object, ...]
) -> list[tuple[int, date, Decimal]]:
    """Charges of payers and months that are on no bill yet."""
    return _read(_OPEN, accounts=list(accounts), months=list(months))


@lru_cache(maxsize=32)
def _billed(
    master: int, bills: tuple[tuple[int, date], ...], database: str
) -> list[tuple[int, date, Decimal]]:
    """Charges on issued bills of the master: nothing joins them any more."""
    return _read(_BILLED, master=master, months=[month for _bill, month in bills])


@lru_cache(maxsize=32)
def products(
    accounts: tuple[int, ...], month: date, edition: tuple[object, ...]
) -> list[tuple[str | None, Decimal]]:
    """What the group costs in the month by product code, the dearest first."""
    return _read(_PRODUCTS, accounts=list(accounts), month=month)


@lru_cache(maxsize=32)
def savings(accounts: tuple[int, ...], month: date, edition: tuple[object, ...]) -> list[Saving]:
    """Who saved how much by whose discounts and commitments, the largest first."""
    return [Saving(*row) for row in _read(_SAVINGS, accounts=list(accounts), month=month)]


def _read(sql: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def last_bills(payers: Collection[int]) -> dict[int, Bill]:
    """The latest bill of each payer, in one query."""
    rows = Bill.objects.filter(payer_id__in=payers).order_by("payer_id", "-month")
    return {bill.payer_id: bill for bill in rows.distinct("payer_id")}


def named(accounts: Collection[int]) -> dict[int, Account]:
    """Accounts by key."""
    return Account.objects.in_bulk(list(accounts))
