"""What commitments had left at the end of a month: paid for, and used by nobody (K1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum

from finance_mgmt import periods
from finance_mgmt.enums import Cycle
from finance_mgmt.money import EXACT, ZERO, exact

from ..enums import CommitmentKind
from ..models import Commitment, CoverUse, Product


@dataclass(frozen=True)
class Unused:
    """One commitment in one month: units, or committed spend, that expired unused."""

    commitment: Commitment
    start: datetime
    end: datetime
    quantity: Decimal


def unused_cover(owner_id: int, month: date, zone: ZoneInfo) -> Iterator[Unused]:
    """The commitments of an owner that were in force in the month and had something left."""
    whole = periods.month_period(month, zone)
    in_force = Q(starts_at__lt=whole.end) & (
        Q(expires_at__isnull=True) | Q(expires_at__gt=whole.start)
    )
    rows = Commitment.objects.filter(in_force, owner_id=owner_id).select_related("product")
    for row in rows.order_by("code"):
        cycle = _cycle(row)
        if cycle is None:
            continue
        start = max(whole.start, row.starts_at)
        end = min(whole.end, row.expires_at) if row.expires_at else whole.end
        first = periods.first_starting_at_or_after(start, cycle, zone)
        uses = CoverUse.objects.filter(commitment=row, slot_start__gte=first, slot_start__lt=end)
        used = uses.aggregate(sum=Sum("used"))["sum"] or ZERO
        left = _bought(row, _slots(first, end, cycle, zone)) - _spent(row, used)
        if left > ZERO:
            yield Unused(row, start, end, left)


def _cycle(row: Commitment) -> Cycle | None:
    """How long a slot is; None where products of several cycles could use it."""
    if row.kind == CommitmentKind.SAVINGS_PLAN:
        return Cycle.HOUR
    if row.product is not None:
        return Cycle(row.product.cycle) if row.product.cycle else None
    products = Product.objects.exclude(cycle="")
    if families := list(row.families.all()):
        products = products.filter(family__in=families)
    cycles = set(products.order_by().values_list("cycle", flat=True).distinct())
    return Cycle(cycles.pop()) if len(cycles) == 1 else None


def _slots(first: datetime, end: datetime, cycle: Cycle, zone: ZoneInfo) -> int:
    if cycle in (Cycle.MINUTE, Cycle.HOUR):
        seconds = 60 if cycle == Cycle.MINUTE else 3600
        whole = (end - first).total_seconds()
        return -(-int(whole) // seconds) if end > first else 0
    found, start = 0, first
    while start < end:
        found += 1
        start = periods.containing(start, cycle, zone).end
    return found


def _bought(row: Commitment, slots: int) -> Decimal:
    is_plan = row.kind == CommitmentKind.SAVINGS_PLAN
    per_slot = row.commit_amount if is_plan else row.quantity
    return EXACT.multiply(per_slot or ZERO, Decimal(slots))


def _spent(row: Commitment, used: Decimal) -> Decimal:
    """A plan counts its use at list value; what that takes of the committed spend."""
    if row.kind != CommitmentKind.SAVINGS_PLAN:
        return used
    return exact(EXACT.multiply(used, row.rate or Decimal(1)))
