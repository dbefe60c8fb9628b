"""What can't be invoiced, and why; and members in management (I1, I3, I4, I6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Column, Panel, Table, notice
from finance_mgmt.admin.wording import sentence
from finance_mgmt.errors import Reason
from finance_mgmt.models import Account

from ..queries import candidates, statements

WHY = {
    "unbilled": (gettext_lazy("no bill yet: only what is billed can be invoiced"), "I1", "quiet"),
    "invoiced": (gettext_lazy("stands on an invoice already"), "I1", "good"),
    "owed": (gettext_lazy("refund of what was invoiced: owed as a credit note"), "I6", "warn"),
}
MOST = 200


def left_out(payer: Account) -> Panel:
    """Charges that can't be invoiced, by why, month and member."""
    rows = list(candidates.left_out(payer.pk)[: MOST + 1])
    accounts = Account.objects.in_bulk({row["owner"] for row in rows})
    return Table(
        title=_("What can't be invoiced, and why"),
        note=_("Only the first %(count)s are shown.") % {"count": MOST} if len(rows) > MOST else "",
        anchor="left-out",
        columns=[
            Column(_("why")),
            Column(_("rule")),
            Column(_("month")),
            Column(_("member")),
            Column(_("lines"), True),
            Column(_("amount"), True),
        ],
        rows=[
            [
                display.badge(WHY[row["why"]][0], WHY[row["why"]][2]),
                display.rule(WHY[row["why"]][1]),
                display.month(row["billing_month"]),
                display.account(accounts[row["owner"]]),
                display.count(row["lines"]),
                display.amount(row["amount"], payer.currency),
            ]
            for row in rows[:MOST]
        ],
        empty=_("Nothing is left out."),
    )


def managed(master: Account, at: datetime) -> list[Panel]:
    """Members in management: one invoice each, under its own title (I3)."""
    found = statements.managed(master, at)
    if not found:
        return []
    return [
        Table(
            title=_("Members in management"),
            note=_("One member per invoice, under the member's title (I3, I4)."),
            anchor="managed",
            columns=[
                Column(_("member")),
                Column(_("lines"), True),
                Column(_("can be invoiced"), True),
                Column(_("by this master")),
            ],
            rows=[
                [
                    display.account(one.member),
                    display.count(one.lines),
                    display.amount(one.amount, one.member.currency),
                    _reasons(one.reasons) if one.reasons else _open(master, one),
                ]
                for one in found
            ],
        )
    ]


def forbidden(reasons: Sequence[Reason]) -> Panel:
    """Why the account can't invoice for itself."""
    text = " ".join(sentence(reason.message) for reason in reasons)
    return notice(_("It can't be issued by this account"), text, tone="warn", icon="block")


def _reasons(reasons: Sequence[Reason]) -> Any:
    said = ((display.rule(one.rule), sentence(one.message)) for one in reasons)
    return format_html_join(" ", "{} {}", said)


def _open(master: Account, one: statements.Managed) -> Any:
    if not one.lines:
        return _("nothing can be invoiced")
    url = reverse("admin:invoicing_invoice_issue", args=[master.pk])
    said = '<a class="bo-link" href="{}?member={}">{}</a>'
    return format_html(said, url, one.member.pk, _("choose what"))
