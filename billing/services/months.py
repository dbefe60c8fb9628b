"""Which billing month an order, a refund or an adjustment joins: always one that is open (B2)."""

from datetime import date, datetime

from django.db import connection
from django.db.models import Max

from finance_mgmt import periods
from finance_mgmt import queries as ground

from ..models import Bill, ClosedThrough

_HOLD = "SELECT billed_month FROM billing_closedthrough FOR SHARE"


def hold_months() -> date | None:
    """Keep bills from being handed out until this transaction ends; the month they are out for.

    Whoever makes a charge outside a close calls this before it locks any funds: the charge is
    either seen by the bill of its month or joins a later one, never lost between both.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD)
        row = cursor.fetchone()
        if row is None:  # a lock on a row that does not exist locks nothing: make it first
            ClosedThrough.objects.bulk_create([ClosedThrough()], ignore_conflicts=True)
            cursor.execute(_HOLD)
            row = cursor.fetchone()
    billed: date | None = row[0]
    return billed


def open_month(payer: int, at: datetime, billed: date | None) -> date:
    """The month of the instant; where it is billed, the first one that is not (B2).

    `billed` is what `hold_months` said; the payer's funds are locked.
    """
    zone = ground.policy().zone
    last = Bill.objects.filter(payer=payer).aggregate(last=Max("month"))["last"]
    closed = max((month for month in (billed, last) if month), default=None)
    month = periods.month_of(at, zone)
    if closed is None or month > closed:
        return month
    return periods.month_of(periods.month_period(closed, zone).end, zone)
