"""Which accounts' funds run out soon, and the resources that stop then (W1, R3)."""

from datetime import datetime

from django.db.models import Q, QuerySet

from finance_mgmt import queries as ground
from finance_mgmt.enums import Mode
from finance_mgmt.models import Relationship
from finance_mgmt.money import ZERO

from ..enums import ResourceKind, ResourceStatus
from ..models import Resource
from .paces import paces_of_payers

DAYS = 3  # how soon is soon, at the pace of the last closed days


def nearing(at: datetime) -> QuerySet[Resource]:
    """The running postpaid resources that stop within DAYS at this pace, whoever's funds decide.

    In a fixed number of queries, however many accounts there are.
    """
    running = Resource.objects.filter(kind=ResourceKind.POSTPAID, status=ResourceStatus.RUNNING)
    owners = set(running.order_by().values_list("account", flat=True).distinct())
    if not owners:
        return running.none()
    masters = _masters(at)
    soon = _running_out({masters.get(owner, owner) for owner in owners}, at)
    stopping = [owner for owner in owners if masters.get(owner, owner) in soon]
    return running.filter(account__in=stopping)


def _masters(at: datetime) -> dict[int, int]:
    """Whose master decides, by member in trusteeship (R3)."""
    links = Relationship.objects.filter(ground.in_force(at), Q(trusteeship_from__lte=at))
    return dict(links.filter(mode=Mode.TRUSTEESHIP).values_list("member", "master"))


def _running_out(deciding: set[int], at: datetime) -> set[int]:
    """Those whose available funds, still 0 or above, last no longer than DAYS."""
    found = paces_of_payers(deciding, at)
    using = [account for account, per_day in found.items() if per_day > ZERO]
    figures = ground.figures_of(using, at) if using else {}
    return {
        account
        for account, one in figures.items()
        if ZERO <= one.available <= found[account] * DAYS
    }
