"""Bills, and what settled them."""

from collections.abc import Iterator

from billing.models import Bill, Settlement

from .view import Entry, View, money


def bills(view: View) -> Iterator[Entry]:
    """Issued bills, by month."""
    for bill in Bill.objects.select_related("payer"):
        row = {
            "account": bill.payer.number,
            "month": f"{bill.month:%Y-%m}",
            "total": money(bill.total),
            "round_off": money(bill.round_off),
            "from_cash": money(bill.from_cash),
            "on_credit": money(bill.on_credit),
            "outstanding": money(bill.outstanding),
            "due_on": bill.due_on.isoformat(),
            "status": str(bill.status),
            "charges": bill.charge_count,
        }
        yield Entry(bill.issued_at, (bill.payer.number, bill.month, bill.pk), row)


def settlements(view: View) -> Iterator[Entry]:
    """What lowered the outstanding part of a bill: of whose bill, by whom."""
    for made in Settlement.objects.select_related("bill__payer", "paid_by"):
        row = {
            "at": view.instant(made.at),
            "bill": f"{made.bill.month:%Y-%m}",
            "by": made.paid_by.number,
            "account": made.bill.payer.number,
            "amount": money(made.amount),
        }
        yield Entry(made.at, made.pk, row)
