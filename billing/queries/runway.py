"""How long the funds of an account last, and what stops then: from the charges of closed days."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Min, QuerySet, Sum

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import Cycle, Mode
from finance_mgmt.models import Account
from finance_mgmt.money import ZERO, cut
from finance_mgmt.policy import Policy

from ..enums import ChargeKind, ResourceKind, ResourceStatus
from ..models import Charge, ClosedThrough, Resource
from ..rules.runway import Runway, runway

DAYS = 7
MOST_NAMED = 20
SHORT = (Cycle.MINUTE, Cycle.HOUR, Cycle.DAY)


@dataclass(frozen=True)
class Outlook:
    """The runway of the funds that decide for an account, and what they would stop (R3)."""

    account: int  # whose funds decide: the account, or the master of a trusteeship member
    currency: str
    runway: Runway
    days: int  # how many closed days the pace is taken from; 0: nothing was closed
    stops: dict[str, list[str]]  # postpaid resources, by account number
    stop_count: int  # with those that are not named

    def in_words(self) -> dict[str, object]:
        """As facts of a notice: plain values."""
        out = self.runway.runs_out_at
        return {
            "per_day": cut(self.runway.per_day, self.currency),
            "days_left": self.runway.days_left,
            "runs_out_at": out and out.isoformat(),
            "stops": self.stops,
            "stop_count": self.stop_count,
        }


def outlook(account: int, at: datetime, among: QuerySet[Resource] | None = None) -> Outlook:
    """How long the funds that decide for the account last at the pace of the last closed days.

    `among` are the resources that may be named; None: all.
    """
    deciding = ground.terms(account, at).funds_that_decide
    figures = ground.figures_of([deciding], at)[deciding]
    pace, days = _pace(deciding, at)
    stops, count = _stopping(deciding, at, Resource.objects.all() if among is None else among)
    return Outlook(
        account=deciding,
        currency=Account.objects.values_list("currency", flat=True).get(pk=deciding),
        runway=runway(available=figures.available, per_day=pace, at=at),
        days=days,
        stops=stops,
        stop_count=count,
    )


def _pace(payer: int, at: datetime) -> tuple[Decimal, int]:
    """What one day of usage costs the payer, and from how many closed days that is taken.

    Cycles up to a day are summed over the last days; of weeks and months the last one that is
    closed counts, spread over its days.
    """
    policy = ground.policy()
    end = last_closed_day(at, policy)
    if end is None:
        return ZERO, 0
    days = _days(payer, end, policy)
    if not days:
        return ZERO, 0
    since = days_before(end, days, policy)
    short = _usage(payer, since, end, policy).filter(product__cycle__in=SHORT)
    pace = _sum(short.filter(period_start__gte=since, period_end__lte=end)) / days
    for cycle in (Cycle.WEEK, Cycle.MONTH):
        last = periods.containing(end, cycle, policy.zone).start
        before = periods.containing(last - timedelta(seconds=1), cycle, policy.zone)
        length = local_days(before.start, last, policy)
        whole = _usage(payer, before.start, last, policy).filter(product__cycle=cycle)
        pace += _sum(whole.filter(period_end=last)) / length
    return pace, days


def last_closed_day(at: datetime, policy: Policy) -> datetime | None:
    """The end of the last day whose cycles are all closed; None: nothing was closed."""
    closed = ClosedThrough.objects.values_list("instant", flat=True).first()
    if closed is None:
        return None
    return periods.containing(min(closed, at) - policy.close_after, Cycle.DAY, policy.zone).start


def _days(payer: int, end: datetime, policy: Policy) -> int:
    """How many days to look at: fewer for a payer that is younger than the window."""
    long_before = days_before(end, DAYS + 31, policy)
    earliest = _usage(payer, long_before, end, policy).aggregate(at=Min("period_start"))["at"]
    if earliest is None or earliest >= end:
        return 0
    first = periods.containing(earliest, Cycle.DAY, policy.zone).start
    return min(DAYS, local_days(first, end, policy))


def _usage(payer: int, start: datetime, end: datetime, policy: Policy) -> QuerySet[Charge]:
    months = (periods.month_of(start, policy.zone), periods.month_of(end, policy.zone))
    rows = Charge.objects.filter(payer_id=payer, kind=ChargeKind.USAGE)
    return rows.filter(billing_month__range=months)


def _sum(rows: QuerySet[Charge]) -> Decimal:
    found: Decimal | None = rows.aggregate(sum=Sum("payable_amount"))["sum"]
    return found or ZERO


def days_before(end: datetime, days: int, policy: Policy) -> datetime:
    """The start of the day so many days earlier, in the billing time zone."""
    day = end.astimezone(policy.zone).date() - timedelta(days=days)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=policy.zone)
    return periods.containing(noon, Cycle.DAY, policy.zone).start


def local_days(start: datetime, end: datetime, policy: Policy) -> int:
    """How many days of the billing time zone lie between."""
    first, last = (moment.astimezone(policy.zone).date() for moment in (start, end))
    return (last - first).days


def _stopping(
    deciding: int, at: datetime, among: QuerySet[Resource]
) -> tuple[dict[str, list[str]], int]:
    """The running postpaid resources that stop when these funds fall below 0, first by account."""
    members: Iterable[int] = ground.members_of(deciding, at).get(Mode.TRUSTEESHIP, [])
    running = among.filter(
        account__in=[deciding, *members],
        kind=ResourceKind.POSTPAID,
        status=ResourceStatus.RUNNING,
    )
    named: dict[str, list[str]] = defaultdict(list)
    for number, code in running.order_by("account__number", "code").values_list(
        "account__number", "code"
    )[:MOST_NAMED]:
        named[number].append(code)
    return dict(named), running.count()
