"""What is due on this floor and what holds it back: the columns of the page of jobs."""

from datetime import datetime

from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import RunState
from finance_mgmt.models import Run
from finance_mgmt.queries import due as ground_due

from ..enums import BillStatus
from ..models import Bill, ClosedThrough, Unsummed, UsageRecord
from .due import due_payers, open_months

UNFINISHED = Q(state__in=[RunState.QUEUED, RunState.RUNNING])


def records(at: datetime) -> int:
    """Usage records whose cycle is over and not closed (C4)."""
    horizon = ClosedThrough.objects.first()
    due = UsageRecord.objects.filter(due_at__lte=at)
    if horizon and horizon.instant:
        due = due.filter(due_at__gt=horizon.instant)
    return due.count()


def payers(at: datetime) -> int:
    """Payers of the first closed month who have no bill of it (B5)."""
    horizon = ClosedThrough.objects.first()
    months = open_months(horizon.billed_month) if horizon and horizon.instant else None
    if months is None or horizon is None or horizon.instant is None:
        return 0
    policy = ground.policy()
    is_over = periods.month_period(months[0], policy.zone).end + policy.close_after
    return len(due_payers(months[0])) if is_over <= horizon.instant else 0


def bills(at: datetime) -> int:
    """Bills whose due date has come and whose automatic run has not (S1)."""
    today = at.astimezone(ground.policy().zone).date()
    open_bills = Bill.objects.filter(status=BillStatus.OUTSTANDING, due_run_at__isnull=True)
    return open_bills.filter(due_on__lte=today).count()


def unsummed_charges(at: datetime) -> int:
    """Charges that no stored sum holds yet. Of a close: about, others may lie in between."""
    spans = Unsummed.objects.aggregate(charges=Sum(F("last_charge") - F("first_charge") + 1))
    return spans["charges"] or 0


def what_holds_closing(at: datetime) -> list[str]:
    """Why cycles are not closed although they are over."""
    horizon = ClosedThrough.objects.first()
    if horizon is None or horizon.started_at is None:
        return [_("Closing was not started.")]
    found = _unfinished("close")
    if changes := ground_due.changes(at):
        said = ngettext(
            "%(count)s planned change takes effect first (L9).",
            "%(count)s planned changes take effect first (L9).",
            changes,
        )
        found.append(said % {"count": changes})
    return found


def what_holds_billing(at: datetime) -> list[str]:
    """Why bills are not issued although their month is closed."""
    return _unfinished("close", "bill")


def _unfinished(*kinds: str) -> list[str]:
    busy = Run.objects.filter(UNFINISHED, kind__in=kinds).order_by("pk")[:1]
    return [_("%(run)s is unfinished.") % {"run": run} for run in busy]
