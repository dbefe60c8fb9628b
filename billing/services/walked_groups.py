"""What is walked one by one: which owners and products, which groups, after how much usage."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Sum

from finance_mgmt import periods
from finance_mgmt.models.relationships import DATED_STATES
from finance_mgmt.money import ZERO

from ..enums import ChargeKind
from ..models import Charge, Price
from ..queries.explanations import used_in
from . import close_sql


class Group(NamedTuple):
    """One row of close_sql.WALKED: usage of one owner, product, resource and charge period."""

    charge: int
    owner: int
    payer: int
    discounts_of: int
    relationship: int | None
    in_trusteeship: bool
    keeps_own_discount: bool
    product: int
    product_code: str
    family: int
    resource: str
    period_start: datetime
    period_end: datetime
    billing_month: date
    quantity: Decimal
    priced_quantity: Decimal | None
    given_amount: Decimal
    unit_price: Decimal | None
    tiers: str | None  # JSON, as the driver hands it over
    record: int | None
    is_late: bool
    reason: str
    currency: str

    @property
    def benefits_of(self) -> int:
        """Whose vouchers pay: the user's own for flagged families, else the payer's (V4, D2)."""
        return self.owner if self.keeps_own_discount else self.payer


def walked(owners: Collection[int]) -> tuple[list[int], list[int]]:
    """Owners whose usage may meet commitments or vouchers, and products priced in steps."""
    facts: dict[str, Any] = {"owners": list(owners), "dated": list(DATED_STATES)}
    with connection.cursor() as cursor:
        cursor.execute(close_sql.WALKED_OWNERS, facts)
        found = [owner for (owner,) in cursor.fetchall()]
    stepped = Price.objects.exclude(tiers=[]).order_by().values_list("product_id", flat=True)
    return found, list(stepped.distinct())


def groups_to_walk(facts: dict[str, Any]) -> list[Group]:
    """The groups of the step that are walked, in the order they draw (K3)."""
    if not facts["stepped_products"]:  # then nobody else's records have to be looked through
        facts = facts | {"owners": facts["walked_owners"]}
    with connection.cursor() as cursor:
        cursor.execute(close_sql.WALKED, facts)
        return [Group._make(row) for row in cursor.fetchall()]


def used_before(
    groups: Collection[Group], stepped: Collection[int], zone: ZoneInfo
) -> dict[tuple[int, int, date], Decimal]:
    """What owners used of stepped products in their months before this walk (P1).

    The month is that of the charge period, for late records too: wherever they are billed, they
    are priced as if they had come in time (C4, C6).
    """
    found: dict[tuple[int, int, date], Decimal] = defaultdict(lambda: ZERO)
    of_stepped = [group for group in groups if group.product in stepped]
    if not of_stepped:
        return found
    owners = {group.owner for group in of_stepped}
    products = {group.product for group in of_stepped}
    months = {periods.billing_month(end, zone) for end in {g.period_end for g in of_stepped}}
    for month in months:
        rows = Charge.objects.filter(
            kind=ChargeKind.USAGE,
            unit_price__isnull=False,
            owner__in=owners,
            product__in=products,
            **used_in(month, zone),
        ).order_by()
        for row in rows.values("owner", "product").annotate(sum=Sum("quantity")):
            found[row["owner"], row["product"], month] = row["sum"]
    since = min(months) - timedelta(days=1)  # a zone's month may begin on the day before, in UTC
    with connection.cursor() as cursor:
        cursor.execute(close_sql.GIVEN_IN_PRICED, [list(owners), list(products), since])
        for owner, product, month, given in cursor.fetchall():
            found[owner, product, month] -= given
    return found
