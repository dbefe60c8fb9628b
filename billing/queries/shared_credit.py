"""What is left to buy on of a master's shared credit: the own line carries nothing new (F2)."""

from datetime import datetime
from decimal import Decimal

from django.db.models import F, Q, Sum

from finance_mgmt.enums import End, Permission
from finance_mgmt.models import Grant
from finance_mgmt.money import ZERO
from finance_mgmt.queries import in_force
from finance_mgmt.rules.credit import Figures

from ..enums import ChargeKind
from ..models import Charge, Order


def allocated_left(account: int, figures: Figures, at: datetime) -> Decimal:
    """Allocated credit less what the account bought and used since share_credit began.

    Of what it owes, only that much is new; the rest is old debt, or late, and on its own line.
    """
    grants = Grant.objects.filter(
        in_force(at, "granted"),
        relationship__member=account,
        permission=Permission.SHARE_CREDIT,
        held_by=End.MASTER,
    )
    grant = grants.latest("granted_from")
    new = _ordered(account, grant) + _used(account, grant.granted_from)
    owed = figures.used + figures.unsettled_own
    return figures.allocated_in - max(min(new, owed), ZERO)


def _ordered(account: int, grant: Grant) -> Decimal:
    since = Q(paid_at__gt=grant.granted_from) | Q(
        paid_at=grant.granted_from, decision__gt=grant.decision_id
    )
    orders = Order.objects.filter(since, payer=account)
    return orders.aggregate(sum=Sum(F("from_credit") - F("refunded_to_credit")))["sum"] or ZERO


def _used(account: int, since: datetime) -> Decimal:
    charges = Charge.objects.filter(
        owner=account,
        payer=account,
        kind__in=[ChargeKind.USAGE, ChargeKind.ADJUSTMENT],
        period_start__gte=since,
    )
    return charges.aggregate(sum=Sum("payable_amount"))["sum"] or ZERO
