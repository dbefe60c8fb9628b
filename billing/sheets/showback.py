"""A showback statement as a spreadsheet. It says on top that it is no bill (B4)."""

from typing import Any

from django.utils.translation import gettext as _

from finance_mgmt.sheets.tables import Field, Kind, Sheet

from ..queries.showback import AMOUNTS, Statement


def sheet(told: Statement) -> Sheet:
    """One row per payer and product, and the sum."""
    named = [_("List"), _("Covered"), _("Discount"), _("Voucher"), _("Payable by the payer")]
    exact = _("Payable by the payer, every digit")
    fields = [
        Field(_("Member")),
        Field(_("Month"), width=10),
        Field(_("Paid by")),
        Field(_("Product"), width=24),
        Field(_("Product name"), width=32),
        Field(_("Lines"), Kind.NUMBER, 8),
        Field(_("Quantity"), Kind.NUMBER),
        Field(_("Unit"), width=12),
        *(Field(f"{name} ({told.currency})", Kind.NUMBER, 18) for name in named),
        Field(f"{exact} ({told.currency})", Kind.EXACT, 28),
        Field(_("Note"), width=40),
    ]
    return Sheet(_("Showback"), fields, list(_rows(told)))


def _rows(told: Statement) -> list[list[Any]]:
    note = _("This is not a bill. Nothing is to be paid by the member.")
    month = f"{told.month:%Y-%m}"
    return [
        [
            told.member.number,
            month,
            line.payer,
            line.product,
            line.name,
            line.lines,
            line.quantity,
            line.unit,
            *(getattr(line, name) for name in AMOUNTS),
            line.payable_amount,
            note,
        ]
        for line in told.lines
    ]
