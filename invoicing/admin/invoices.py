"""Invoices: what each states, its lines by member, its corrections, and what is owed (I6)."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)

from billing.admin import months
from finance_mgmt.admin import columns, command_pages, display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.panels import Panel, notice
from finance_mgmt.models import Account

from ..enums import InvoiceStatus
from ..models import Invoice, Series
from ..queries import candidates
from ..queries.books import gaps_in_numbers
from . import (
    choosing,
    credit_commands,
    files,
    invoice_panels,
    issue_command,
    seller_notice,
)

STATUS_TONES = {
    InvoiceStatus.ISSUED: "good",
    InvoiceStatus.PARTLY_CREDITED: "warn",
    InvoiceStatus.CREDITED: "quiet",
}


class InvoiceMonthFilter(months.MonthFilter):
    """Invoices call the column `month`."""

    column = "month"


class OwedFilter(DropdownFilter):
    """Refunded after it was invoiced, and not credited yet (I6)."""

    title = gettext_lazy("credit note")
    parameter_name = "owed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One choice."""
        return [("yes", _("owed after a refund"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those that owe."""
        return candidates.owing(queryset) if self.value() == "yes" else queryset


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    """Issued by a service, never edited; corrected by credit notes."""

    when_empty = gettext_lazy(
        "Invoices are made of issued bills. Say who sells, set the title of the payer, "
        "then issue one."
    )
    first_step = (
        gettext_lazy("Sellers"),
        "admin:invoicing_sellerprofile_changelist",
        "invoicing.view_sellerprofile",
    )
    list_display = (
        "number",
        "status_badge",
        "title",
        "issuer_account",
        "invoiced_month",
        "total_amount",
        "tax_amount_shown",
        "issued_instant",
    )
    list_select_related = ("issuer", "title_of")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        OwedFilter,
        InvoiceMonthFilter,
        ("issuer", AutocompleteSelectFilter),
        ("title_of", AutocompleteSelectFilter),
        ("title_kind", ChoicesDropdownFilter),
    )
    list_filter_submit = True
    list_before_template = "admin/parts/list_notices.html"
    search_fields = ("number", "title", "tax_number", "issuer__number", "title_of__number")
    search_help_text = gettext_lazy("Number, title, tax number or account")
    ordering = ("-id",)

    status_badge = columns.state("status", gettext_lazy("status"), STATUS_TONES)
    issuer_account = columns.account("issuer", gettext_lazy("issued by"))
    invoiced_month = columns.month("month", gettext_lazy("month"))
    total_amount = columns.amount("total", gettext_lazy("total"))
    tax_amount_shown = columns.amount("tax_amount", gettext_lazy("of it tax"))
    issued_instant = columns.instant("issued_at", pgettext_lazy("invoice", "issued at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what its page shows."""
        rows = super().get_queryset(request)
        return rows.select_related("issuer", "title_of", "title_version", "seller", "decision")

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """With the button that leads to a new one, and a strip of months."""
        context: dict[str, Any] = {"month_strip": months.strip(request)}
        context |= seller_notice.shown(request)
        if request.user.has_perm("invoicing.issue_invoice"):
            url = reverse("admin:invoicing_invoice_choose")
            context["list_commands"] = [
                Command(_("Issue an invoice"), url, "post_add", is_primary=True)
            ]
        return context

    def own_urls(self) -> list[URLPattern]:
        """Whose charges; what of them; and what can be done with an invoice."""
        return [
            self.own_url("issue/", self.choose_view, "invoicing_invoice_choose"),
            self.own_url("issue/<int:pk>/", self.issue_view, "invoicing_invoice_issue"),
            self.own_url("<int:pk>/files/<path:form>", self.file_view, "invoicing_invoice_file"),
            *command_pages.urls(self, credit_commands.PAGES),
        ]

    def choose_view(self, request: HttpRequest) -> Any:
        """For which account."""
        if not request.user.has_perm("invoicing.issue_invoice"):
            raise PermissionDenied
        return choosing.choose(request, self)

    def issue_view(self, request: HttpRequest, pk: int) -> Any:
        """What can be invoiced, what can't and why; preview; issue."""
        account = get_object_or_404(Account.objects.select_related("identity"), pk=pk)
        return issue_command.page_for(request, account).answer(request, self, account)

    def file_view(self, request: HttpRequest, pk: int, form: str) -> Any:
        """One of its files."""
        return files.send(request, get_object_or_404(Invoice, pk=pk), None, form)

    def heading(self, row: Invoice) -> Any:
        """Its number and whose title."""
        said = '{} <span class="bo-number">{}</span>'
        return format_html(said, _("Invoice %(number)s") % {"number": row.number}, row.title)

    def badges(self, row: Invoice) -> Sequence[Any]:
        """The status."""
        return [display.state_badge(row, "status", STATUS_TONES)]

    def commands(self, request: HttpRequest, row: Invoice) -> Sequence[Command]:
        """Correcting it."""
        return command_pages.buttons(request, row, credit_commands.PAGES)

    def panels(self, request: HttpRequest, row: Invoice) -> Sequence[Panel]:
        """What it states; what is owed; its parts, lines and corrections."""
        found = seller_notice.panels(request)
        if owed := candidates.owed(row):
            text = _("%(amount)s was refunded after it was invoiced: a credit note is due (I6).")
            said = text % {"amount": invoice_panels.said(owed, row.currency)}
            found.append(notice(_("Credit note owed"), said, tone="warn", icon="assignment_return"))
        return [
            *found,
            invoice_panels.top(row),
            invoice_panels.title(row),
            invoice_panels.taxes(row),
            invoice_panels.members(request, row),
            invoice_panels.lines(request, row),
            *invoice_panels.notes(row),
            files.panel(row),
        ]


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin):
    """Gapless numbers: each drawn under a lock of its row, given back if the command fails."""

    list_display = ("code", "last_count", "gaps")
    ordering = ("code",)

    last_count = columns.count("last_number", gettext_lazy("last number"))

    def fill(self, rows: list[Series]) -> None:
        """What `verify_ledger` says of them, once."""
        wrong = gaps_in_numbers()
        for row in rows:
            row.wrong = [said for said in wrong if said.startswith(f"Series {row.code} ")]  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("gaps"))
    def gaps(self, row: Any) -> Any:
        """None, as long as nobody was at the database."""
        return display.badge(*((row.wrong[0], "bad") if row.wrong else (_("none"), "good")))
