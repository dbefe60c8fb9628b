"""What can be invoiced, why the rest can't, and what is owed after refunds (I1, I5, I6)."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from billing.enums import BillStatus, ChargeKind
from billing.models import Bill, Charge
from finance_mgmt.money import ZERO
from finance_mgmt.queries import figures_of, policy

from ..models import CreditNote, Invoice, InvoiceLine, TaxRate

_EXACT: DecimalField = DecimalField(max_digits=38, decimal_places=18)
_RATE: DecimalField = DecimalField(max_digits=9, decimal_places=6)


def invoiceable(payers: Collection[int]) -> QuerySet[Charge]:
    """Charges of these payers that are on issued bills and on no invoice (I1).

    A refund of something already invoiced is not: it is owed as a credit note (I6).
    """
    billed = Bill.objects.filter(payer__in=payers).values("month").distinct()
    charges = Charge.objects.filter(
        Exists(_bills()), ~Exists(_lines()), payer_id__in=payers, billing_month__in=billed
    )
    return charges.exclude(Exists(_ordered()), kind=ChargeKind.REFUND)


def chosen(
    payers: Collection[int],
    owners: Collection[int] | None,
    month: date,
    until: date | None = None,
    products: Collection[int] = (),
) -> QuerySet[Charge]:
    """The invoiceable charges of some owners (None: of all) in a month, or from it to another.

    Of all products, unless some are named.
    """
    rows = invoiceable(payers).filter(billing_month__range=(month, until or month))
    if owners is not None:
        rows = rows.filter(owner_id__in=owners)
    return rows.filter(product__in=products) if products else rows


def exactly(charges: QuerySet[Charge], most: int) -> QuerySet[Charge]:
    """These very charges, at most so many, looked up once.

    Who writes lines from them reads the table of lines no more: a statement that searched it for
    every row while it grew would take the square of its rows.
    """
    ids = list(charges.order_by().values_list("pk", flat=True)[:most])
    return Charge.objects.filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [ids]))


def rated(charges: QuerySet[Charge], jurisdiction: str) -> QuerySet[Any]:
    """The charges with `tax_rate`: of their product, else the general one, at their period (I7)."""
    rates = TaxRate.objects.filter(
        Q(product=OuterRef("product")) | Q(product=None),
        jurisdiction=jurisdiction,
        effective_from__lte=OuterRef("period_start"),
    ).order_by(F("product").asc(nulls_last=True), "-effective_from")
    rate = Coalesce(Subquery(rates.values("rate")[:1]), Value(ZERO), output_field=_RATE)
    return charges.annotate(tax_rate=rate)


def by_rate(charges: QuerySet[Charge], jurisdiction: str) -> list[tuple[Decimal, Decimal, int]]:
    """(amount with tax, rate, lines) of the charges for each rate."""
    sums = rated(charges, jurisdiction).values("tax_rate").order_by("tax_rate")
    found = sums.annotate(amount=Sum("payable_amount"), lines=Count("pk"))
    return list(found.values_list("amount", "tax_rate", "lines"))


def total(amounts: QuerySet) -> Decimal:
    """The sum of a list of payable amounts."""
    return amounts.aggregate(sum=Sum("payable_amount"))["sum"] or ZERO


def left_out(payer: int) -> QuerySet[Any, Any]:
    """Sums of the payer's charges that can't be invoiced, by why, month and owner (I1, I6).

    `why` is unbilled, invoiced or owed.
    """
    months = Bill.objects.filter(payer=payer).values("month")
    billed = Exists(Bill.objects.filter(payer=payer, month=OuterRef("billing_month")))
    last = Bill.objects.filter(payer=payer).order_by("-month").values_list("month", flat=True)
    newer = Q(billing_month__gt=last[0]) if last[:1] else Q()
    why = Case(
        When(Exists(_lines()), then=Value("invoiced")),
        When(Exists(_ordered()), kind=ChargeKind.REFUND, then=Value("owed")),
        When(~billed, then=Value("unbilled")),
        default=Value(""),
        output_field=CharField(),
    )
    rows = Charge.objects.filter(Q(billing_month__in=months) | newer, payer=payer)
    grouped = rows.annotate(why=why).exclude(why="").values("why", "billing_month", "owner")
    return grouped.annotate(lines=Count("pk"), amount=Sum("payable_amount")).order_by(
        "why", "billing_month", "owner"
    )


def arrears(payer: int, at: datetime) -> Decimal:
    """What the payer is behind with: bills past due, or funds below 0 (S3); the larger of both."""
    today = at.astimezone(policy().zone).date()
    bills = Bill.objects.filter(payer_id=payer, status=BillStatus.OUTSTANDING, due_on__lt=today)
    past_due = bills.aggregate(sum=Sum("outstanding"))["sum"] or ZERO
    return max(past_due, -figures_of([payer], at)[payer].available)


def owed_lines() -> QuerySet[InvoiceLine]:
    """Lines of orders that were refunded after they were invoiced, with `owed` above 0 (I6)."""
    refunds = Charge.objects.filter(
        ~Exists(_lines()), kind=ChargeKind.REFUND, order=OuterRef("charge__order")
    )
    credits = InvoiceLine.objects.filter(pk=OuterRef("pk")).order_by()
    return (
        InvoiceLine.objects.filter(Exists(refunds), is_void=False, charge__kind=ChargeKind.ORDER)
        .annotate(
            refunded=_sum(refunds.order_by().values("order"), "payable_amount"),
            credited=_sum(credits.values("pk"), "credits__amount"),
        )
        .annotate(owed=-F("refunded") - F("credited"))
        .filter(owed__gt=0)
    )


def owing(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Those of the invoices that credit notes are owed for, with `owed` (I6)."""
    rows = owed_lines().filter(invoice=OuterRef("pk")).order_by().values("invoice")
    return invoices.filter(Exists(rows)).annotate(owed=_sum(rows, "owed"))


def owed(invoice: Invoice) -> Decimal:
    """What refunds after the invoice make owed as credit notes, less those issued (I6)."""
    return owed_lines().filter(invoice=invoice).aggregate(sum=Sum("owed"))["sum"] or ZERO


def credited(invoice: Invoice) -> Decimal:
    """The sum of the invoice's credit notes."""
    notes = CreditNote.objects.filter(invoice=invoice)
    return notes.aggregate(sum=Sum("total"))["sum"] or ZERO


def _sum(rows: QuerySet, column: str) -> Coalesce:
    """The sum of a column over rows that are grouped by one value."""
    summed = rows.annotate(sum_of_rows=Sum(column)).values("sum_of_rows")
    return Coalesce(Subquery(summed, output_field=_EXACT), Value(ZERO), output_field=_EXACT)


def _bills() -> QuerySet[Bill]:
    return Bill.objects.filter(payer=OuterRef("payer"), month=OuterRef("billing_month"))


def _lines() -> QuerySet[InvoiceLine]:
    return InvoiceLine.objects.filter(charge=OuterRef("pk"), is_void=False)


def _ordered() -> QuerySet[InvoiceLine]:
    return InvoiceLine.objects.filter(
        charge__order=OuterRef("order"), charge__kind=ChargeKind.ORDER, is_void=False
    )
