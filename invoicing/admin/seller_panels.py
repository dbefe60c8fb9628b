"""Parts of the page of the seller, which its preview shows as well (I6)."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Column, Panel, Table, notice

from ..models import SellerProfile
from ..rules import sellers as rules
from ..rules.sellers import Seller

STATED = tuple(Seller.__dataclass_fields__)


def said(row: SellerProfile) -> list[tuple[Any, Any]]:
    """Label and value of all that is stated."""
    found = [(_label(name), _value(row, name)) for name in STATED]
    return [(label, value) for label, value in found if value != ""]


def changes(before: SellerProfile | None, made: SellerProfile) -> Panel:
    """What differs from the particulars so far."""
    rows = [
        (capfirst(_label(name)), before and _value(before, name), _value(made, name))
        for name in STATED
    ]
    return Table(
        title=_("What invoices state of the seller"),
        note=_("Only what differs from the last particulars.") if before else "",
        columns=[Column(_("particular")), Column(_("so far")), Column(_("from then on"))],
        rows=[
            [label, so_far or display.NOTHING, then or display.NOTHING]
            for label, so_far, then in rows
            if (so_far or "") != then
        ],
        empty=_("Nothing differs from the last particulars."),
    )


def unstated(row: SellerProfile) -> list[Panel]:
    """What a special Chinese VAT invoice would lack."""
    seller = Seller(**{name: getattr(row, name) for name in STATED})
    missing = rules.unstated_of_special(seller)
    if not missing:
        return []
    text = _("A special Chinese VAT invoice also states of the seller: %(fields)s.")
    fields = ", ".join(str(_label(name)) for name in missing)
    return [
        notice(
            _("Enough for general invoices."), text % {"fields": fields}, tone="warn", icon="info"
        )
    ]


def versions() -> Panel:
    """All particulars, the latest first."""
    rows = SellerProfile.objects.order_by("-effective_from")
    return Table(
        title=_("Versions"),
        columns=[
            Column(_("in force from")),
            Column(_("legal name")),
            Column(_("tax number")),
            Column(_("bank account")),
        ],
        rows=[
            [
                display.instant(one.effective_from),
                display.link(one),
                one.tax_number or display.NOTHING,
                one.bank_account or display.NOTHING,
            ]
            for one in rows[:50]
        ],
    )


def _label(name: str) -> Any:
    return SellerProfile._meta.get_field(name).verbose_name  # type: ignore[union-attr]


def _value(row: SellerProfile, name: str) -> Any:
    if name == "zero_rate":
        return row.get_zero_rate_display()
    if name == "asks_e_invoice":
        return _("Yes") if row.asks_e_invoice else _("No")
    return getattr(row, name)
