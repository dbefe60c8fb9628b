"""A charge explains itself (B1): its amounts, who pays and whose discount it is."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _

from finance_mgmt import queries
from finance_mgmt.admin import display
from finance_mgmt.admin.display import NOTHING
from finance_mgmt.admin.panels import Fact, Facts, Panel, Part
from finance_mgmt.admin.relationships import mode_badge
from finance_mgmt.enums import Mode
from finance_mgmt.models import Relationship
from finance_mgmt.money import ZERO

from ..enums import ChargeKind
from ..models import Bill, Charge, Discount
from .discounts import price_of, scope_of


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


def why(charge: Charge) -> Panel:
    """Which rule chose the payer, and whose discount it is."""
    link = (
        Relationship.objects.select_related("master", "member").filter(pk=charge.relationship_id)
    ).first()
    discount = (
        Discount.objects.select_related("owner", "product", "family").filter(pk=charge.discount_id)
    ).first()
    facts = [
        Fact(_("payer"), display.account(charge.payer), _why_payer(charge, link), rule="C1"),
        Fact(
            _("decided by relationship"),
            _relationship(charge, link) if link else _("none in force"),
            rule="L1",
        ),
        Fact(
            _("discount of"),
            display.account(discount.owner) if discount else NOTHING,
            _why_discount_of(charge, discount),
            rule="D2",
        ),
        Fact(_("decided by discount"), _discount(discount), _why_discount(discount), rule="D1"),
    ]
    if charge.is_late:
        late = _("It came after its cycle was closed: a charge of its own, in the open month.")
        facts.append(Fact(_("late"), _("yes"), late, rule="C4"))
    if charge.reason:
        facts.append(Fact(_("reason"), charge.reason))
    return Facts(title=_("Why"), facts=facts)


def _why_payer(charge: Charge, link: Relationship | None) -> str:
    start = {"instant": display.instant(charge.period_start)}
    if charge.kind in (ChargeKind.ORDER, ChargeKind.REFUND):
        return _("A prepaid order follows the terms at the instant of payment (C2).")
    if link is None:
        return format_html(
            _("At the start of the period, {instant}, no relationship was in force."), **start
        )
    if queries.mode_at(link, charge.period_start) == Mode.TRUSTEESHIP:
        said = _("At the start of the period, {instant}, the owner was in trusteeship.")
    else:
        said = _(
            "At the start of the period, {instant}, the owner was in management: it pays itself."
        )
    return format_html(said, **start)


def _relationship(charge: Charge, link: Relationship) -> Any:
    return format_html(
        "{} {} {}",
        display.link(link, f"{link.master.number} › {link.member.number}"),
        mode_badge(queries.mode_at(link, charge.period_start)),
        display.instant(link.effective_from),
    )


def _why_discount_of(charge: Charge, discount: Discount | None) -> str:
    if discount is None:
        return ""
    if discount.owner_id == charge.owner_id:
        if (
            charge.product
            and charge.product.keeps_own_discount
            and charge.payer_id != charge.owner_id
        ):
            return _("Its product keeps the user's own discount.")
        return _("The owner's own contract prices.")
    return _("The master's contract prices, by the terms at the start of the period.")


def _discount(discount: Discount | None) -> Any:
    if discount is None:
        return _("none applied")
    label = format_html("{} · {}", scope_of(discount), price_of(discount))
    return format_html("{} {}", display.link(discount, f"#{discount.pk}"), label)


def _why_discount(discount: Discount | None) -> str:
    if discount is None:
        return _("No contract price was valid, or none was better than the list price.")
    return _("The best one for the customer at the start of the period; none stack.")
