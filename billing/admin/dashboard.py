"""This floor's part of the first page: the month by master, top members, what is outstanding."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from finance_mgmt.admin import display, first_steps
from finance_mgmt.admin.panels import Chart, Column, Fact, Link, Panel, Part, Table, Tiles
from finance_mgmt.clock import now
from finance_mgmt.models import Account
from finance_mgmt.money import plain

from ..enums import BillStatus
from ..models import Bill, Charge
from ..queries.masters import MasterMonth, MemberMonth, Named, masters_of, members_of
from . import group_page
from .closing import not_started_notice
from .months import months, parse
from .trends import by_currency, funds_of_masters, month_to_date, trends, unsettled

SHOWN = 10


def panels(request: HttpRequest) -> list[Panel]:
    """For settings.DASHBOARD_PANELS; only what this person may see."""
    if not request.user.has_perms(["billing.view_bill", "billing.view_charge"]):
        return []
    known = months()
    if not known:
        return [*not_started_notice(), _first_steps(request)]
    asked = parse(request.GET.get("month"))
    month = asked if asked in known else known[0]
    masters = masters_of(month)
    today = timezone.localdate(now())  # in the billing time zone (admin/zone.py)
    return [
        _selector(month, known),
        _tiles(month, masters, today),
        *trends(month),
        _chart(month, masters),
        _masters(month, masters),
        _members(month, members_of(month, SHOWN)),
        _outstanding(today),
    ]


def _first_steps(request: HttpRequest) -> Panel:
    return Part(
        name="admin/parts/first_steps.html",
        context={
            "can_import": request.user.has_perm("billing.add_usageimport"),
            "upload_url": reverse("admin:billing_usageimport_upload"),
            "steps": first_steps.steps(request),
        },
    )


def _selector(month: date, known: Sequence[date]) -> Panel:
    return Part(
        name="admin/parts/month_selector.html",
        context={
            "month": month,
            "months": known,
            "later": min((other for other in known if other > month), default=None),
            "earlier": max((other for other in known if other < month), default=None),
        },
    )


def _tiles(month: date, masters: Sequence[MasterMonth], today: date) -> Panel:
    billed = by_currency(Bill.objects.filter(month=month), "total")
    open_bills = Bill.objects.filter(status=BillStatus.OUTSTANDING)
    past_due = open_bills.aggregate(late=Count("pk", filter=Q(due_on__lt=today)))["late"]
    return Tiles(
        facts=[
            *month_to_date(month, masters),
            Fact(
                _("billed in %(month)s") % {"month": f"{month:%Y-%m}"},
                billed,
                url=display.list_of(Bill, month=f"{month:%Y-%m}"),
            ),
            Fact(
                _("closed, on no bill yet"),
                unsettled(),
                _("of all customers, today"),
                url=display.list_of(Account),
            ),
            Fact(
                _("outstanding"),
                by_currency(open_bills, "outstanding"),
                _("%(count)s past due") % {"count": past_due} if past_due else "",
                tone="bad" if past_due else "",
                url=display.list_of(Bill, status__exact=BillStatus.OUTSTANDING),
            ),
            *funds_of_masters(),
        ]
    )


def _chart(month: date, masters: Sequence[MasterMonth]) -> Panel:
    """One currency only: amounts of two can't share an axis."""
    currency = masters[0].account.currency if masters else ""
    shown = [row for row in masters if row.account.currency == currency][:SHOWN]
    return Chart(
        title=_("This month by master"),
        note=_("Payable of the month, in %(currency)s.") % {"currency": currency} if shown else "",
        width="half",
        labels=[row.account.name for row in shown],
        series={
            _("billed"): [plain(row.billed) for row in shown],
            _("open"): [plain(row.open) for row in shown],
        },
        empty=_("No master has charges in this month."),
    )


def _masters(month: date, masters: Sequence[MasterMonth]) -> Panel:
    text = f"{month:%Y-%m}"
    return Table(
        title=_("By master"),
        width="half",
        columns=[
            Column(_("master")),
            Column(_("members"), True),
            Column(_("billed"), True),
            Column(_("open"), True),
        ],
        rows=[
            [
                display.account(_as_account(row.account)),
                _group(row),
                _bill(row),
                display.list_link(
                    Charge,
                    display.amount(row.open, row.account.currency),
                    payer__id__exact=row.account.pk,
                    month=text,
                )
                if row.open
                else display.NOTHING,
            ]
            for row in masters[:SHOWN]
        ],
        empty=_("No master has charges in this month."),
        more=Link(_("All bills of the month"), display.list_of(Bill, month=text)),
    )


def _as_account(named: Named) -> Account:
    """For a link to its page."""
    return Account(pk=named.pk, number=named.number, name=named.name)


def _bill(row: MasterMonth) -> Any:
    if row.bill is None:
        return display.NOTHING
    return display.link(Bill(pk=row.bill), display.amount(row.billed, row.account.currency))


def _group(row: MasterMonth) -> Any:
    """How many it pays for, and the way to all of them."""
    said = '<a class="bo-link" href="{}">{}</a>'
    return format_html(said, group_page.address(row.account.pk), display.count(row.member_count))


def _members(month: date, members: Sequence[MemberMonth]) -> Panel:
    return Table(
        title=_("Top members"),
        note=_("What masters pay for them this month."),
        width="half",
        columns=[
            Column(_("member")),
            Column(_("master")),
            Column(_("charges"), True),
            Column(_("payable"), True),
        ],
        rows=[
            [
                display.account(_as_account(row.owner)),
                display.number(_as_account(row.payer)),
                _charges(month, row, display.count(row.charges)),
                _charges(month, row, display.amount(row.payable, row.owner.currency)),
            ]
            for row in members
        ],
        empty=_("No member has charges that a master pays."),
    )


def _charges(month: date, row: MemberMonth, figure: Any) -> Any:
    """A figure of one member, leading to the charges that it stands for."""
    who = {"owner__id__exact": row.owner.pk, "payer__id__exact": row.payer.pk}
    return display.list_link(Charge, figure, **who, month=f"{month:%Y-%m}")


def _outstanding(today: date) -> Panel:
    bills = Bill.objects.filter(status=BillStatus.OUTSTANDING).select_related("payer")
    return Table(
        title=_("Outstanding bills"),
        note=_("Oldest due first."),
        width="half",
        columns=[
            Column(_("payer")),
            Column(_("month")),
            Column(_("due on")),
            Column(_("outstanding"), True),
        ],
        rows=[
            [
                display.account(bill.payer),
                display.link(bill, display.month(bill.month)),
                display.badge(display.day(bill.due_on), "bad" if bill.due_on < today else "quiet"),
                display.link(bill, display.amount(bill.outstanding, bill.currency)),
            ]
            for bill in bills.order_by("due_on", "id")[:SHOWN]
        ],
        empty=_("Every bill is settled."),
        more=Link(
            _("All outstanding"), display.list_of(Bill, status__exact=BillStatus.OUTSTANDING)
        ),
    )
