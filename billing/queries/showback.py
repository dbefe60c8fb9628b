"""What a member used that its master pays: a statement, clearly not a bill (B4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum

from finance_mgmt.models import Account
from finance_mgmt.money import ZERO

from ..models import Charge

AMOUNTS = ("list_amount", "covered_amount", "discount_amount", "voucher_amount", "payable_amount")


@dataclass(frozen=True)
class Line:
    """One product of one payer: how much was used, and what it cost that payer."""

    payer: str
    product: str
    name: str
    unit: str
    lines: int
    quantity: Decimal
    list_amount: Decimal
    covered_amount: Decimal
    discount_amount: Decimal
    voucher_amount: Decimal
    payable_amount: Decimal


@dataclass(frozen=True)
class Statement:
    """A member's month. It asks for nothing: the payers named on its lines owe the amounts."""

    member: Account
    month: date
    currency: str
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """What the lines cost their payers, exact."""
        return sum((line.payable_amount for line in self.lines), ZERO)


def statement(member: Account, month: date) -> Statement:
    """What the member used in a billing month and others pay, by payer and product."""
    sums: dict[str, Any] = {f"{name}_sum": Sum(name) for name in AMOUNTS}
    rows: Any = paid_by_others(member, month).values(
        "payer__number", "product__code", "product__name", "product__unit"
    )
    found = rows.annotate(count=Count("pk"), used=Sum("quantity"), **sums)
    lines = tuple(
        Line(
            row["payer__number"],
            row["product__code"] or "",
            row["product__name"] or "",
            row["product__unit"] or "",
            row["count"],
            row["used"],
            *(row[f"{name}_sum"] for name in AMOUNTS),
        )
        for row in found.order_by("payer__number", "product__code")
    )
    return Statement(member, month, member.currency, lines)


def paid_by_others(member: Account, month: date) -> QuerySet[Charge]:
    """The member's charges of a month that are on somebody else's bill."""
    return Charge.objects.filter(owner=member, billing_month=month).exclude(payer=member)


def months_of(member: Account, limit: int) -> Iterator[date]:
    """The last months with such charges, newest first."""
    rows = Charge.objects.filter(owner=member).exclude(payer=F("owner"))
    months = rows.order_by("-billing_month").values_list("billing_month", flat=True).distinct()
    return iter(months[:limit])
