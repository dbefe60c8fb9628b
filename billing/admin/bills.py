"""Bills: what each payer owes for a month, and its lines by member."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from finance_mgmt.admin import columns, command_pages, display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table, Tiles

from ..enums import BillStatus
from ..models import Bill, Charge
from . import bill_files, bill_lines, groups, months, settlement_commands

STATUS_TONES = {
    BillStatus.OUTSTANDING: "warn",
    BillStatus.SETTLED: "good",
    BillStatus.CARRIED: "quiet",
}


class BillMonthFilter(months.MonthFilter):
    """Bills call the column `month`."""

    column = "month"


@admin.register(Bill)
class BillAdmin(ReadOnlyAdmin):
    """Issued once, then fixed but for what is settled."""

    when_empty = gettext_lazy(
        "Bills are issued by themselves when all of a month is closed: one per payer. "
        "Start closing first."
    )
    first_step = (
        gettext_lazy("Closing"),
        "admin:billing_closedthrough_changelist",
        "billing.view_closedthrough",
    )
    list_display = (
        "billed_month",
        "payer_account",
        "status_badge",
        "total_amount",
        "cash_amount",
        "credit_amount",
        "outstanding_amount",
        "due",
    )
    list_select_related = ("payer",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        BillMonthFilter,
        ("payer", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    search_fields = ("payer__number", "payer__name")
    search_help_text = gettext_lazy("Number or name of the payer")
    ordering = ("-month", "payer__number")

    billed_month = columns.month("month", gettext_lazy("month"))
    payer_account = columns.account("payer", gettext_lazy("payer"))
    status_badge = columns.state("status", gettext_lazy("status"), STATUS_TONES)
    total_amount = columns.amount("total", gettext_lazy("total"))
    cash_amount = columns.amount("from_cash", gettext_lazy("from cash"))
    credit_amount = columns.amount("on_credit", gettext_lazy("on credit"))
    outstanding_amount = columns.amount("outstanding", gettext_lazy("outstanding"))
    due = columns.day("due_on", gettext_lazy("due on"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the payer that names the row."""
        return super().get_queryset(request).select_related("payer", "decision")

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """With a strip of months: a date hierarchy would go on to the days of a month."""
        return {"month_strip": months.strip(request)}

    def own_urls(self) -> list[URLPattern]:
        """Lines are read when a member is opened: there may be thousands of members."""
        return [
            self.own_url("<int:pk>/members/<int:owner>/", self.member_view, "billing_bill_member"),
            self.own_url(
                "<int:pk>/members/<int:owner>/products/<int:product>/",
                self.lines_view,
                "billing_bill_lines",
            ),
            self.own_url("<int:pk>/files/<str:form>/", bill_files.file, "billing_bill_file"),
            self.own_url("<int:pk>/made/<int:run>/", bill_files.made, "billing_bill_made_file"),
            *groups.urls(self),
            *command_pages.urls(self, settlement_commands.PAGES),
        ]

    def member_view(self, request: HttpRequest, pk: int, owner: int) -> Any:
        """Products of one member of a bill, as a fragment."""
        return bill_lines.member(request, self, pk, owner)

    def lines_view(self, request: HttpRequest, pk: int, owner: int, product: int) -> Any:
        """Lines of one product of one member of a bill, as a fragment."""
        return bill_lines.lines(request, self, pk, owner, product)

    def heading(self, row: Bill) -> Any:
        """Whose, and for when."""
        return format_html(
            '{} <span class="bo-number">{} {}</span>',
            _("Bill %(month)s") % {"month": f"{row.month:%Y-%m}"},
            row.payer.number,
            row.payer.name,
        )

    def badges(self, row: Bill) -> Sequence[Any]:
        """The status."""
        return [display.state_badge(row, "status", STATUS_TONES)]

    def commands(self, request: HttpRequest, row: Bill) -> Sequence[Command]:
        """Settling, and all its lines as a list, to filter and to search."""
        settling = command_pages.buttons(request, row, settlement_commands.PAGES)
        if not request.user.has_perm("billing.view_charge"):
            return settling
        url = display.list_of(Charge, payer__id__exact=row.payer_id, month=f"{row.month:%Y-%m}")
        lines = Command(_("All lines as a list"), url, "list", is_page=True)
        return [*bill_files.commands(request, row), lines, *settling]

    def panels(self, request: HttpRequest, row: Bill) -> Sequence[Panel]:
        """What is owed, how it adds up, and the lines."""
        found = [_top(row), _sum(row), _about(row), *_settlements(row)]
        return [*found, *bill_files.panels(request, row), bill_lines.members(request, row)]


def _top(row: Bill) -> Panel:
    def show(value: Any) -> Any:
        return display.amount(value, row.currency)

    due = _("due on %(day)s") % {"day": f"{row.due_on:%Y-%m-%d}"} if row.outstanding else ""
    return Tiles(
        facts=[
            Fact(_("total"), show(row.total), rule="B3"),
            Fact(
                _("from cash"),
                show(row.from_cash),
                _("A refund gave back more than was paid.") if row.from_cash < 0 else "",
                rule="B5",
            ),
            Fact(_("on credit"), show(row.on_credit), rule="B5"),
            Fact(
                _("outstanding"),
                show(row.outstanding),
                due,
                rule="S1",
                tone="warn" if row.outstanding else "good",
            ),
        ]
    )


def _sum(row: Bill) -> Panel:
    def show(value: Any) -> Any:
        return display.amount(value, row.currency)

    lines = row.own_amount + row.members_amount + row.carried_amount
    rows = [
        [_("own charges"), show(row.own_amount)],
        [_("members' charges"), show(row.members_amount)],
        [format_html("= {}", _("lines")), show(lines)],
        [_("− round-off, in the customer's favour"), show(-row.round_off)],
    ]
    if row.carried_amount:
        rows.insert(0, [_carried(row), show(row.carried_amount)])
    return Table(
        title=_("How it adds up"),
        note=_("lines − round-off = total (B3)"),
        width="half",
        is_exact=True,
        columns=[Column(_("part")), Column(_("amount"), True)],
        rows=rows,
        footer=[_("total"), show(row.total)],
    )


def _settlements(row: Bill) -> list[Panel]:
    paid = list(row.settlements.select_related("paid_by").order_by("id"))
    if not paid:
        return []
    return [
        Table(
            title=_("What settled it"),
            columns=[
                Column(_("at")),
                Column(_("how")),
                Column(_("paid by")),
                Column(_("amount"), True),
            ],
            rows=[
                [
                    display.instant(one.at),
                    one.get_kind_display(),
                    display.account(one.paid_by),
                    display.amount(one.amount, row.currency),
                ]
                for one in paid
            ],
        )
    ]


def _carried(row: Bill) -> Any:
    if row.carried_from_id is None:
        return _("carried from the last bill")
    return format_html(
        "{} {}",
        _("carried from"),
        display.link(row.carried_from, f"{row.carried_from.month:%Y-%m}"),
    )


def _about(row: Bill) -> Panel:
    return Facts(
        title=_("About the bill"),
        width="half",
        facts=[
            Fact(_("payer"), display.account(row.payer)),
            Fact(_("charges"), display.count(row.charge_count), rule="B2"),
            *_carried_forward(row),
            Fact(_("issued at"), display.instant(row.issued_at)),
            Fact(_("due on"), display.day(row.due_on)),
            Fact(
                _("content hash"),
                format_html('<code class="bo-hash">{}</code>', row.content_hash),
                _("Says the same for the same lines: an issued bill never changes."),
            ),
            Fact(_("decision"), display.decision(row.decision), rule="Z8"),
        ],
    )


def _carried_forward(row: Bill) -> list[Fact]:
    if not row.carried_forward:
        return []
    amount = display.amount(row.carried_forward, row.currency)
    return [Fact(_("carried forward"), amount, _("The next bill starts with it."), "B5")]
