"""Credit notes: what corrected which invoice, line by line (I6)."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from finance_mgmt.admin import columns, display
from finance_mgmt.admin.base import ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table, paged

from ..models import CreditNote
from . import files, seller_notice


@admin.register(CreditNote)
class CreditNoteAdmin(ReadOnlyAdmin):
    """Issued by a service, never changed."""

    when_empty = gettext_lazy(
        "No invoice was corrected. A credit note is issued on the page of its invoice."
    )
    first_step = (
        gettext_lazy("Invoices"),
        "admin:invoicing_invoice_changelist",
        "invoicing.view_invoice",
    )
    list_display = (
        "number",
        "invoice_link",
        "total_amount",
        "tax_amount_shown",
        "reason",
        "issued_instant",
    )
    list_select_related = ("invoice",)
    search_fields = ("number", "invoice__number", "reason")
    search_help_text = gettext_lazy("Number, invoice or reason")
    ordering = ("-id",)

    invoice_link = columns.link("invoice", gettext_lazy("invoice"))
    total_amount = columns.amount("total", gettext_lazy("total"), currency="invoice__currency")
    tax_amount_shown = columns.amount(
        "tax_amount", gettext_lazy("of it tax"), currency="invoice__currency"
    )
    issued_instant = columns.instant("issued_at", pgettext_lazy("invoice", "issued at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the invoice, whose currency it has."""
        return super().get_queryset(request).select_related("invoice", "decision")

    def own_urls(self) -> list[URLPattern]:
        """Its files."""
        route = "<int:pk>/files/<path:form>"
        return [self.own_url(route, self.file_view, "invoicing_creditnote_file")]

    def file_view(self, request: HttpRequest, pk: int, form: str) -> Any:
        """One of its files."""
        note = get_object_or_404(CreditNote.objects.select_related("invoice"), pk=pk)
        return files.send(request, note.invoice, note, form)

    def heading(self, row: CreditNote) -> Any:
        """Its number."""
        return _("Credit note %(number)s") % {"number": row.number}

    def panels(self, request: HttpRequest, row: CreditNote) -> Sequence[Panel]:
        """What it states, and what it takes from which line."""
        currency = row.invoice.currency
        found, pager = paged(request, row.lines.select_related("line").order_by("line"), "lines")
        facts = [
            Fact(_("invoice"), display.link(row.invoice), rule="I6"),
            Fact(_("total"), display.amount(row.total, currency)),
            Fact(_("of it tax"), display.amount(row.tax_amount, currency), rule="I7"),
            Fact(_("round-off"), display.amount(row.round_off, currency), rule="B3"),
            Fact(_("reason"), row.reason or display.NOTHING),
            Fact(pgettext("invoice", "issued at"), display.instant(row.issued_at)),
            Fact(_("decision"), display.decision(row.decision), rule="Z8"),
        ]
        lines = Table(
            title=_("What it takes from which line"),
            anchor="lines",
            columns=[
                Column(_("member")),
                Column(_("product")),
                Column(_("amount of the line"), True),
                Column(_("amount"), True),
            ],
            rows=[
                [
                    one.line.owner_number,
                    one.line.product_code or one.line.description,
                    display.amount(one.line.amount, currency),
                    display.amount(one.amount, currency),
                ]
                for one in found
            ],
            pager=pager,
        )
        return [
            *seller_notice.panels(request),
            Facts(title=_("Credit note"), facts=facts),
            lines,
            files.panel(row.invoice, row),
        ]
