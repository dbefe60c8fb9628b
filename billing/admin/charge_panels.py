"""A charge explains itself (B1): its amounts, who pays and whose discount it is."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.display import NOTHING
from finance_mgmt.admin.panels import Fact, Facts, Panel, Part
from finance_mgmt.money import ZERO

from ..models import Bill, Charge


@dataclass(frozen=True)
class Bar:
    """One step of the waterfall: from `start` to `start + width`, in percent of the largest."""

    label: Any
    amount: Any
    start: int
    width: int
    kind: str


def amounts(charge: Charge) -> Panel:
    """list - covered - discount - voucher = payable, as bars (K4)."""
    parts = [
        (_("covered"), charge.covered_amount),
        (_("discount"), charge.discount_amount),
        (_("voucher"), charge.voucher_amount),
    ]
    scale = max(abs(charge.list_amount), abs(charge.payable_amount))
    bars = [_bar(_("list"), charge.list_amount, ZERO, charge.list_amount, scale, "list", charge)]
    left = charge.list_amount
    for label, amount in parts:
        after = left - amount
        bars.append(_bar(label, -amount, min(left, after), max(left, after), scale, "less", charge))
        left = after
    payable = charge.payable_amount
    bars.append(_bar(_("payable"), payable, ZERO, payable, scale, "payable", charge))
    return Part(
        title=_("Amounts"),
        note=_("list − covered − discount − voucher = payable (K4)"),
        width="half",
        name="admin/parts/waterfall.html",
        context={"bars": bars},
    )


def _bar(
    label: Any, amount: Decimal, low: Decimal, high: Decimal, scale: Decimal, kind: str, row: Charge
) -> Bar:
    low, high = sorted((abs(low), abs(high)))
    start = int(low * 100 / scale) if scale else 0
    width = int((high - low) * 100 / scale) if scale else 0
    return Bar(label, display.amount(amount, row.currency), start, width, kind)


def what(charge: Charge) -> Panel:
    """What was used, when, and which bill it is on."""
    product = charge.product
    return Facts(
        title=_("What"),
        width="half",
        facts=[
            Fact(_("owner"), display.account(charge.owner), _("Who used it.")),
            Fact(_("payer"), display.account(charge.payer), _("Who pays it."), rule="C1"),
            Fact(_("product"), display.link(charge.product, product.name) if product else NOTHING),
            Fact(_("resource"), charge.resource or NOTHING),
            Fact(
                _("charge period"),
                display.span(charge.period_start, charge.period_end),
                product.get_cycle_display() if product else "",
                rule="C5",
            ),
            Fact(_("quantity"), display.quantity(charge.quantity, product.unit if product else "")),
            Fact(_("list unit price"), display.quantity(charge.unit_price), rule="P1"),
            Fact(_("bill"), _bill(charge), rule="C6"),
        ],
    )


def _bill(charge: Charge) -> Any:
    month = display.month(charge.billing_month)
    bill = Bill.objects.filter(payer=charge.payer_id, month=charge.billing_month).first()
    if bill is None:
        return format_html("{} {}", month, display.badge(_("not issued yet"), "busy"))
    return display.link(bill, format_html("{} {}", charge.payer.number, month))
