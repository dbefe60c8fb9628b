"""What a change of relationship would mean for charging: for previews (L12, C1, R2, V4)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from finance_mgmt import periods
from finance_mgmt.enums import Cycle
from finance_mgmt.queries import policy
from finance_mgmt.rules.terms import Terms

from ..enums import ResourceKind, ResourceStatus
from ..models import Product, Resource, UsageRecord, Voucher

TermsByAccount = Mapping[int, Terms]


def cut_over(before: TermsByAccount, after: TermsByAccount, instant: datetime) -> dict[str, Any]:
    """From when on the new payer pays, by product cycle in use of accounts whose payer changes."""
    changing = [pk for pk in before if before[pk].payer != after[pk].payer]
    used = UsageRecord.objects.filter(owner_id__in=changing).values("product_id")
    running = Resource.objects.filter(account_id__in=changing, kind=ResourceKind.POSTPAID).exclude(
        status=ResourceStatus.RELEASED
    )
    products = Product.objects.filter(pk__in=used) | Product.objects.filter(
        pk__in=running.values("product_id")
    )
    cycles = products.exclude(cycle="").order_by().values_list("cycle", flat=True).distinct()
    zone = policy().zone
    return {
        cycle: periods.first_starting_at_or_after(instant, Cycle(cycle), zone).isoformat()
        for cycle in sorted(cycles)
    }


def resources_changing(
    before: TermsByAccount, after: TermsByAccount, instant: datetime
) -> list[dict[str, Any]]:
    """Prepaid resources whose subject changes: their remaining time has no value then (R2)."""
    changing = [pk for pk in before if before[pk].payer != after[pk].payer]
    rows = Resource.objects.filter(
        account_id__in=changing, kind=ResourceKind.PREPAID, paid_until__gt=instant
    ).exclude(status=ResourceStatus.RELEASED)
    return [
        {"account": row.account.number, "resource": row.code, "paid_until": row.paid_until}
        for row in rows.select_related("account")
    ]


def vouchers_frozen(
    before: TermsByAccount, after: TermsByAccount, instant: datetime
) -> list[dict[str, Any]]:
    """Vouchers that their owners can't use for what somebody else pays then (V4)."""
    freezing = [pk for pk in before if before[pk].vouchers_of == pk and after[pk].vouchers_of != pk]
    rows = Voucher.objects.filter(owner_id__in=freezing, remaining__gt=0).select_related("owner")
    return [
        {"owner": row.owner.number, "voucher": row.code, "remaining": row.remaining}
        for row in rows
        if row.expires_at is None or row.expires_at > instant
    ]
