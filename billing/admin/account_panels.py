"""What this floor adds to an account's page (settings.ACCOUNT_PANELS)."""

from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Column, Fact, Facts, Link, Panel, Table
from finance_mgmt.clock import now
from finance_mgmt.models import Account
from finance_mgmt.money import cut

from ..models import AccountKey, Bill
from ..queries.runway import decider, outlook_of
from . import showback
from .bills import STATUS_TONES
from .pace_words import lasts, pace_tone

LAST_BILLS = 6
LONGEST = 200


def panels(request: HttpRequest, account: Account) -> list[Panel]:
    """The last bills, and the names that sources give to the account."""
    found = []
    if request.user.has_perm("billing.view_bill"):
        found.append(_bills(account))
    if request.user.has_perm("finance_mgmt.view_funds"):
        found.append(_runway(account))
    found += showback.panels(request, account)
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


def _runway(account: Account) -> Panel:
    at, currency = now(), account.currency
    deciding = decider(account.pk, at)
    if deciding != account.pk:
        decides = Account.objects.get(pk=deciding)
        facts = [Fact(_("funds that decide"), display.account(decides), rule="R3")]
    else:
        found = outlook_of(account.pk, at)
        pace = found.runway
        stops = "; ".join(f"{owner}: {', '.join(codes)}" for owner, codes in found.stops.items())
        facts = [
            Fact(
                _("per day"),
                display.amount(cut(pace.per_day, currency), currency),
                _days(found.days),
            ),
            Fact(
                _("funds last"),
                lasts(pace.days_left),
                display.instant(pace.runs_out_at) if pace.runs_out_at else "",
                "W1",
                tone=pace_tone(pace.days_left),
            ),
            Fact(
                _("then these stop"),
                Truncator(stops).chars(LONGEST) if stops else display.NOTHING,
                ngettext(
                    "%(count)s postpaid resource", "%(count)s postpaid resources", found.stop_count
                )
                % {"count": found.stop_count},
                "R3",
            ),
        ]
    return Facts(title=_("At this pace"), anchor="runway", width="third", facts=facts)


def _days(days: int) -> str:
    if not days:
        return _("no day is closed yet")
    said = ngettext("of %(count)s closed day", "of %(count)s closed days", days)
    return said % {"count": days}


def _keys(account: Account) -> Panel:
    keys = AccountKey.objects.filter(account=account).select_related("source")[:20]
    return Table(
        title=_("Known to sources as"),
        anchor="keys",
        columns=[Column(_("source")), Column(_("id at the source"))],
        rows=[[key.source.code, display.link(key, key.external_id)] for key in keys],
        empty=_("No source reports usage for this account."),
    )
