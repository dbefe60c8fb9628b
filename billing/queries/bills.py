"""Bills and their lines: which charges a bill has, what it is called, what is due on it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from ..models import Bill, Charge, Coverage, VoucherDraw

LINES_AT_ONCE = 2_000
MONTH = "%Y-%m"


def lines_of(bill: Bill) -> QuerySet[Charge]:
    """The lines of a bill: the charges of its payer and month (B2)."""
    return Charge.objects.filter(payer=bill.payer_id, billing_month=bill.month)


def reference_of(bill: Bill) -> str:
    """What a bill is called outside: the payer's number and the month, as "HQ-2024-05"."""
    return f"{bill.payer.number}-{bill.month:{MONTH}}"


def by_reference(reference: str) -> Bill | None:
    """The bill of that name, if it is issued."""
    number, _, month = reference.strip()[:-3].rpartition("-")
    first = first_day(f"{month}{reference.strip()[-3:]}")
    if first is None:
        return None
    return Bill.objects.select_related("payer").filter(payer__number=number, month=first).first()


def of_month(month: date) -> QuerySet[Bill]:
    """The issued bills of a month, by payer."""
    return Bill.objects.select_related("payer").filter(month=month).order_by("payer__number")


def first_day(text: str) -> date | None:
    """The first day of a month written as 2024-05; None for anything else."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if f"{found:{MONTH}}" == text else None


def amount_due(bill: Bill) -> Decimal:
    """What the bill asks for: its total, 0 where a negative one is carried to the next (B5)."""
    return bill.total - bill.carried_forward


def streamed_lines(bill: Bill) -> Iterator[Charge]:
    """All lines by owner, period and product, with what covered and paid them.

    A few thousand are in memory at a time, however long the bill is.
    """
    rows = lines_of(bill).select_related("owner", "product__family", "order", "discount")
    covered = Coverage.objects.select_related("commitment").order_by("pk")
    drawn = VoucherDraw.objects.select_related("voucher").order_by("pk")
    rows = rows.prefetch_related(Prefetch("coverage", covered), Prefetch("voucher_draws", drawn))
    rows = rows.order_by("owner__number", "period_start", "product__code", "resource", "pk")
    return rows.iterator(chunk_size=LINES_AT_ONCE)
