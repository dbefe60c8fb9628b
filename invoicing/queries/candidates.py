"""What can be invoiced, and what is owed after refunds (I1, I5, I6)."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet, Sum

from billing.enums import BillStatus, ChargeKind
from billing.models import Bill, Charge
from finance_mgmt.money import ZERO
from finance_mgmt.queries import policy

from ..models import CreditNote, Invoice, InvoiceLine


def invoiceable(payers: Collection[int]) -> QuerySet[Charge]:
    """Charges of these payers that are on issued bills and on no invoice (I1).

    A refund of something already invoiced is not: it is owed as a credit note (I6).
    """
    bills = Bill.objects.filter(payer=OuterRef("payer"), month=OuterRef("billing_month"))
    lines = InvoiceLine.objects.filter(charge=OuterRef("pk"), is_void=False)
    ordered = InvoiceLine.objects.filter(
        charge__order=OuterRef("order"), charge__kind=ChargeKind.ORDER, is_void=False
    )
    charges = Charge.objects.filter(Exists(bills), ~Exists(lines), payer_id__in=payers)
    return charges.exclude(Exists(ordered), kind=ChargeKind.REFUND)


def chosen(payers: Collection[int], owners: Collection[int], month: date) -> QuerySet[Charge]:
    """The invoiceable charges of some owners in a month."""
    return invoiceable(payers).filter(owner_id__in=owners, billing_month=month)


def arrears(payer: int, at: datetime) -> Decimal:
    """What the payer's bills past due have outstanding (S3)."""
    today = at.astimezone(policy().zone).date()
    bills = Bill.objects.filter(payer_id=payer, status=BillStatus.OUTSTANDING, due_on__lt=today)
    return bills.aggregate(sum=Sum("outstanding"))["sum"] or ZERO


def owed(invoice: Invoice) -> Decimal:
    """What refunds after the invoice make owed as credit notes, less those issued (I6)."""
    orders = invoice.lines.filter(charge__kind=ChargeKind.ORDER, is_void=False)
    refunds = Charge.objects.filter(
        kind=ChargeKind.REFUND, order__in=orders.values("charge__order")
    ).exclude(Exists(InvoiceLine.objects.filter(charge=OuterRef("pk"), is_void=False)))
    refunded = -(refunds.aggregate(sum=Sum("payable_amount"))["sum"] or ZERO)
    return max(refunded - credited(invoice), ZERO)


def credited(invoice: Invoice) -> Decimal:
    """The sum of the invoice's credit notes."""
    notes = CreditNote.objects.filter(invoice=invoice)
    return notes.aggregate(sum=Sum("total"))["sum"] or ZERO
