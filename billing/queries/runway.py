"""How long the funds of an account last, and what stops then: from the charges of closed days."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Window

from finance_mgmt import queries as ground
from finance_mgmt.models import Account
from finance_mgmt.money import cut

from ..enums import ResourceKind, ResourceStatus
from ..models import Resource
from ..rules.runway import Runway, runway
from .paces import pace

MOST_NAMED = 20


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


def decider(account: int, at: datetime) -> int:
    """Whose funds decide for the account: its own, or its master's in trusteeship (R3)."""
    return ground.terms(account, at).funds_that_decide


def outlook(account: int, at: datetime, among: QuerySet[Resource] | None = None) -> Outlook:
    """How long the funds that decide for the account last at the pace of the last closed days.

    `among` are the resources that may be named; None: all.
    """
    return outlook_of(decider(account, at), at, among)


def outlook_of(deciding: int, at: datetime, among: QuerySet[Resource] | None = None) -> Outlook:
    """The same of the account whose funds decide."""
    figures = ground.figures_of([deciding], at)[deciding]
    per_day, days = pace(deciding, at)
    stops, count = _stopping(deciding, at, Resource.objects.all() if among is None else among)
    return Outlook(
        account=deciding,
        currency=Account.objects.values_list("currency", flat=True).get(pk=deciding),
        runway=runway(available=figures.available, per_day=per_day, at=at),
        days=days,
        stops=stops,
        stop_count=count,
    )


def _stopping(
    deciding: int, at: datetime, among: QuerySet[Resource]
) -> tuple[dict[str, list[str]], int]:
    """The running postpaid resources that stop when these funds fall below 0, first by account."""
    members = ground.in_trusteeship_of(deciding, at).values("member")
    running = among.filter(
        Q(account=deciding) | Q(account__in=members),
        kind=ResourceKind.POSTPAID,
        status=ResourceStatus.RUNNING,
    )
    named: dict[str, list[str]] = defaultdict(list)
    ranked = running.order_by("account__number", "code").annotate(among=Window(Count("pk")))
    found = list(ranked.values_list("account__number", "code", "among")[:MOST_NAMED])
    for number, code, _among in found:
        named[number].append(code)
    return dict(named), found[0][2] if found else 0
