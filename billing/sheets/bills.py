"""A bill as a spreadsheet: how it adds up, what each member cost, and every line by member."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from finance_mgmt.queries import policy
from finance_mgmt.sheets.tables import Field, Kind, Sheet

from ..models import Bill, Charge
from ..queries.bills import amount_due, lines_of, reference_of, streamed_lines

AMOUNTS = ("list_amount", "covered_amount", "discount_amount", "voucher_amount", "payable_amount")


def sheets(bill: Bill) -> list[Sheet]:
    """The whole bill."""
    return [summary(bill), members(bill), lines(bill)]


def summary(bill: Bill) -> Sheet:
    """Who owes what for when, and how it adds up (B3)."""
    fields = [Field("", width=34), Field(bill.currency, Kind.NUMBER, 20), Field("", width=40)]
    payer = f"{bill.payer.number} {bill.payer.name}"
    rows: list[list[Any]] = [
        [_("Bill"), None, reference_of(bill)],
        [_("Payer"), None, payer],
        [_("Month"), None, f"{bill.month:%Y-%m}"],
        [_("Due on"), None, bill.due_on.isoformat()],
        [_("Carried from the last bill"), bill.carried_amount, ""],
        [_("Own charges"), bill.own_amount, ""],
        [_("Members' charges"), bill.members_amount, ""],
        [_("Round-off"), -bill.round_off, ""],
        [_("Total"), bill.total, ""],
        [_("Carried to the next bill"), -bill.carried_forward, ""],
        [_("Amount due"), amount_due(bill), ""],
        [_("of it from cash"), bill.from_cash, ""],
        [_("of it on credit"), bill.on_credit, ""],
    ]
    return Sheet(_("Bill"), fields, rows)


def members(bill: Bill) -> Sheet:
    """One row per owner."""
    fields = [
        Field(_("Member")),
        Field(_("Name"), width=28),
        Field(_("Lines"), Kind.NUMBER),
        *_amount_fields(bill.currency),
    ]
    sums: dict[str, Any] = {f"{name}_sum": Sum(name) for name in AMOUNTS}
    found: Any = lines_of(bill).values("owner__number", "owner__name")
    rows = (
        [
            row["owner__number"],
            row["owner__name"],
            row["lines"],
            *(row[f"{name}_sum"] for name in AMOUNTS),
            row["payable_amount_sum"],
        ]
        for row in found.annotate(lines=Count("pk"), **sums).order_by("owner__number").iterator()
    )
    return Sheet(_("Members"), fields, rows)


def lines(bill: Bill) -> Sheet:
    """Every line, by member, period and product. Instants are in the billing time zone."""
    zone = policy().zone
    return Sheet(_("Lines"), _line_fields(bill.currency, zone), _line_rows(bill, zone))


def _amount_fields(currency: str) -> list[Field]:
    named = [_("List"), _("Covered"), _("Discount"), _("Voucher"), _("Payable")]
    exact = _("Payable, every digit")
    return [
        *(Field(f"{name} ({currency})", Kind.NUMBER, 18) for name in named),
        Field(f"{exact} ({currency})", Kind.EXACT, 26),
    ]


def _line_fields(currency: str, zone: ZoneInfo) -> list[Field]:
    start, end = _("Period from"), _("Period until")
    return [
        Field(_("Member")),
        Field(_("Name"), width=24),
        Field(_("Kind"), width=11),
        Field(_("Product"), width=24),
        Field(_("Product name"), width=32),
        Field(_("Resource"), width=24),
        Field(f"{start} ({zone.key})", Kind.INSTANT, 20),
        Field(f"{end} ({zone.key})", Kind.INSTANT, 20),
        Field(_("Late"), width=8),
        Field(_("Quantity"), Kind.NUMBER),
        Field(_("Unit"), width=12),
        *_amount_fields(currency),
        Field(_("Order")),
        Field(_("Reason"), width=24),
        Field(_("Line"), width=12),
    ]


def _line_rows(bill: Bill, zone: ZoneInfo) -> Iterator[list[Any]]:
    for charge in streamed_lines(bill):
        yield line_cells(charge, zone)


def line_cells(charge: Charge, zone: ZoneInfo) -> list[Any]:
    """One line."""
    product = charge.product
    return [
        charge.owner.number,
        charge.owner.name,
        str(charge.get_kind_display()),
        product.code if product else "",
        product.name if product else "",
        charge.resource,
        charge.period_start.astimezone(zone).replace(tzinfo=None),
        charge.period_end.astimezone(zone).replace(tzinfo=None),
        _("late") if charge.is_late else "",
        charge.quantity,
        product.unit if product else "",
        *(getattr(charge, name) for name in AMOUNTS),
        charge.payable_amount,
        charge.order.number if charge.order else "",
        charge.reason,
        str(charge.pk),
    ]
