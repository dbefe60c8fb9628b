"""When the clock of a scenario stops between two events: every instant at which a job has work."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db.models import Min

from billing.enums import BillStatus, ResourceStatus
from billing.models import Bill, Resource, UsageRecord
from finance_mgmt import periods
from finance_mgmt.enums import ApprovalState, RelationshipState
from finance_mgmt.models import Approval, Relationship
from finance_mgmt.policy import Policy
from finance_mgmt.services import effects

WAITING = (RelationshipState.SCHEDULED, RelationshipState.CHANGE_PENDING)


def next_stop(after: datetime, policy: Policy) -> datetime:
    """The first instant after this one at which something may be due. There is always one."""
    closes = (_month_end(after, policy), *cycle_ends(after))
    return min(stop for stop in (*closes, *_quiet_stops(after, policy)) if stop > after)


def next_quiet_stop(after: datetime, policy: Policy) -> datetime | None:
    """The same without closes and bills, for a replay that knows when those really ran."""
    return min((stop for stop in _quiet_stops(after, policy) if stop > after), default=None)


def _quiet_stops(after: datetime, policy: Policy) -> Iterator[datetime]:
    yield from (effects.instant(link) for link in Relationship.objects.filter(state__in=WAITING))
    yield from _expiries(after)
    yield from _due_dates(policy)
    yield from _paid_ends(after)


def _month_end(after: datetime, policy: Policy) -> datetime:
    """The next end of a billing month, plus the delay (B5)."""
    month = periods.month_of(after - policy.close_after, policy.zone)
    return periods.month_period(month, policy.zone).end + policy.close_after


def cycle_ends(after: datetime) -> Iterator[datetime]:
    """The next end of a cycle with usage, plus the delay: empty cycles close unseen (C4)."""
    first = UsageRecord.objects.filter(due_at__gt=after).aggregate(first=Min("due_at"))["first"]
    if first is not None:
        yield first


def _expiries(after: datetime) -> Iterator[datetime]:
    invited = Relationship.objects.filter(state=RelationshipState.INVITED, expires_at__gt=after)
    yield from (at for at in invited.values_list("expires_at", flat=True) if at is not None)
    asked = Approval.objects.filter(state=ApprovalState.WAITING, expires_at__gt=after)
    yield from asked.values_list("expires_at", flat=True)


def _due_dates(policy: Policy) -> Iterator[datetime]:
    """The day a bill is due, for its automatic run, and the day after, when it is past due."""
    open_bills = Bill.objects.filter(status=BillStatus.OUTSTANDING)
    for day in open_bills.values_list("due_on", flat=True).distinct():
        yield midnight(day, policy)
        yield midnight(day + timedelta(days=1), policy)


def _paid_ends(after: datetime) -> Iterator[datetime]:
    """When a prepaid resource is not spared any longer (R3)."""
    paid = Resource.objects.filter(paid_until__gt=after).exclude(status=ResourceStatus.RELEASED)
    yield from (at for at in paid.values_list("paid_until", flat=True) if at is not None)


def midnight(day: date, policy: Policy) -> datetime:
    """The instant at which a day starts in the billing time zone."""
    return datetime.combine(day, time(), tzinfo=policy.zone)
