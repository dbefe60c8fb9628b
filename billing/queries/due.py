"""What is due: the questions that scheduled jobs ask."""

from datetime import date, datetime

from django.db import connection
from django.db.models import Count, Max, Min

from finance_mgmt.enums import RunState
from finance_mgmt.models import RunStep

from ..models import Charge, UsageRecord


def due_records(after: datetime, through: datetime) -> dict[int, int]:
    """How many records of which owner are due in the window (after, through] (C4)."""
    due = UsageRecord.objects.filter(due_at__gt=after, due_at__lte=through)
    counted = due.order_by().values("owner_id").annotate(records=Count("*"))
    return dict(counted.values_list("owner_id", "records"))


def open_months(billed_month: date | None) -> tuple[date, date] | None:
    """First and last billing month of charges after the billed ones; None: no charges."""
    charges = Charge.objects.all()
    if billed_month is not None:
        charges = charges.filter(billing_month__gt=billed_month)
    found = charges.aggregate(first=Min("billing_month"), last=Max("billing_month"))
    return (found["first"], found["last"]) if found["first"] else None


def due_payers(month: date) -> list[int]:
    """Payers with charges in the month and no bill for it, by id."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT payer_id FROM billing_charge charge WHERE billing_month = %s
                AND NOT EXISTS (SELECT 1 FROM billing_bill bill
                    WHERE bill.payer_id = charge.payer_id AND bill.month = charge.billing_month)
            ORDER BY payer_id
            """,
            [month],
        )
        return [payer for (payer,) in cursor.fetchall()]


def unfinished_owners() -> list[int]:
    """Owners whose usage is in a step of a close that is not done."""
    steps = RunStep.objects.filter(run__kind="close").exclude(state=RunState.DONE)
    return [owner for scope in steps.values_list("scope", flat=True) for owner in scope["owners"]]
