"""What this floor adds to an account's page (settings.ACCOUNT_PANELS)."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Column, Link, Panel, Table
from finance_mgmt.models import Account

from ..models import AccountKey, Bill
from .bills import STATUS_TONES

LAST_BILLS = 6


def panels(request: HttpRequest, account: Account) -> list[Panel]:
    """The last bills, and the names that sources give to the account."""
    found = []
    if request.user.has_perm("billing.view_bill"):
        found.append(_bills(account))
    if request.user.has_perm("billing.view_accountkey"):
        found.append(_keys(account))
    return found


def _bills(account: Account) -> Panel:
    bills = Bill.objects.filter(payer=account).order_by("-month")[:LAST_BILLS]
    return Table(
        title=_("Last bills"),
        anchor="bills",
        width="two-thirds",
        columns=[
            Column(_("month")),
            Column(_("status")),
            Column(_("due on")),
            Column(_("total"), True),
            Column(_("outstanding"), True),
        ],
        rows=[
            [
                display.link(bill, display.month(bill.month)),
                display.state_badge(bill, "status", STATUS_TONES),
                display.day(bill.due_on),
                display.amount(bill.total, bill.currency),
                display.amount(bill.outstanding, bill.currency),
            ]
            for bill in bills
        ],
        empty=_("No bill yet. What a master pays is on the master's bill (B4)."),
        more=Link(_("All bills"), display.list_of(Bill, payer__id__exact=account.pk)),
    )


def _keys(account: Account) -> Panel:
    keys = AccountKey.objects.filter(account=account).select_related("source")[:20]
    return Table(
        title=_("Known to sources as"),
        anchor="keys",
        width="third",
        columns=[Column(_("source")), Column(_("id at the source"))],
        rows=[[key.source.code, display.link(key, key.external_id)] for key in keys],
        empty=_("No source reports usage for this account."),
    )
