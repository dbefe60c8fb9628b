"""Facts that services of the ground floor ask for by dotted path (settings)."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from finance_mgmt.money import ZERO
from finance_mgmt.queries import policy

from ..enums import BillStatus, OrderStatus, ResourceKind, ResourceStatus
from ..models import Bill, Charge, ClosedThrough, Order, Resource, UsageRecord
from .due import unfinished_owners


def open_usage_of(account_ids: Collection[int], at: datetime) -> dict[int, dict[str, Any]]:
    """Which accounts have usage that no close has charged yet: an open cycle (L3)."""
    closed = ClosedThrough.objects.values_list("instant", flat=True).first()
    records = UsageRecord.objects.filter(owner_id__in=account_ids)
    if closed is not None:
        records = records.filter(due_at__gt=closed)
    handed_over = set(unfinished_owners())  # to a close that is not done: not charged either
    owners = set(records.values_list("owner_id", flat=True)) | handed_over.intersection(account_ids)
    return {owner: {"has_open_usage": True} for owner in owners}


def running_postpaid_of(account_ids: Collection[int], at: datetime) -> dict[int, dict[str, Any]]:
    """Which accounts run postpaid resources: an open cycle even without usage yet (L3)."""
    resources = Resource.objects.filter(
        account_id__in=account_ids, kind=ResourceKind.POSTPAID
    ).exclude(status=ResourceStatus.RELEASED)
    owners = resources.values_list("account_id", flat=True).distinct()
    return {owner: {"has_open_usage": True} for owner in owners}


def open_orders_of(account_ids: Collection[int], at: datetime) -> dict[int, dict[str, Any]]:
    """Which accounts have orders unpaid at the instant, by number (L4, L10).

    One that was paid after it, in a race with a change of who pays, counts: it went by the terms
    before the change (C2).
    """
    is_unpaid = Q(status=OrderStatus.PENDING) | Q(paid_at__gt=at)
    orders = Order.objects.filter(is_unpaid, owner_id__in=account_ids)
    found: dict[int, list[str]] = defaultdict(list)
    for owner, number in orders.order_by("number").values_list("owner_id", "number"):
        found[owner].append(number)
    return {owner: {"open_orders": ", ".join(numbers)} for owner, numbers in found.items()}


def bills_past_due_of(account_ids: Collection[int], at: datetime) -> dict[int, dict[str, Any]]:
    """Which accounts have bills past due, by month (L4, S3)."""
    today = at.astimezone(policy().zone).date()
    bills = Bill.objects.filter(
        payer_id__in=account_ids, status=BillStatus.OUTSTANDING, due_on__lt=today
    )
    found: dict[int, list[str]] = defaultdict(list)
    for payer, month in bills.order_by("month").values_list("payer_id", "month"):
        found[payer].append(f"{month:%Y-%m}")
    return {payer: {"bills_past_due": months} for payer, months in found.items()}


def has_usage() -> bool:
    """Whether any usage was cut into cycles."""
    return UsageRecord.objects.exists()


def spent_in_month(owner_id: int, payer_id: int, month: date) -> Decimal:
    """What charges of the owner cost the payer in a billing month so far, exact (F12)."""
    charges = Charge.objects.filter(owner_id=owner_id, payer_id=payer_id, billing_month=month)
    return charges.aggregate(sum=Sum("payable_amount"))["sum"] or ZERO
