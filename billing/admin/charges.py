"""Charges: every amount owed, and why it is what it is."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from finance_mgmt.admin import columns, display
from finance_mgmt.admin.base import ReadOnlyAdmin
from finance_mgmt.admin.panels import Panel

from ..models import Charge
from . import charge_explanation, charge_origins, charge_panels, lookup, months, showback


@admin.register(Charge)
class ChargeAdmin(ReadOnlyAdmin):
    """One amount per owner, product, resource and charge period. Never changed (B1)."""

    when_empty = gettext_lazy(
        "A charge is made when a cycle with usage is closed, or an order is paid. Import "
        "usage, then start closing."
    )
    first_step = (
        gettext_lazy("Import a file"),
        "admin:billing_usageimport_upload",
        "billing.add_usageimport",
    )
    is_large = True
    list_fullwidth = True
    list_display = (
        "id",
        "owner_account",
        "payer_account",
        "product_link",
        "period",
        "month",
        "quantity_amount",
        "list_sum_amount",
        "discount_sum_amount",
        "payable_sum_amount",
    )
    list_select_related = ("owner", "payer", "product")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("is_late", BooleanRadioFilter),
        months.MonthFilter,
        ("payer", AutocompleteSelectFilter),
        ("owner", AutocompleteSelectFilter),
        ("product__family", RelatedDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("resource",)
    search_help_text = gettext_lazy("Number of the charge, an account, or a whole resource")
    ordering = ("-id",)
    sortable_by = ()  # newest first: any other order would sort a million rows

    owner_account = columns.account("owner", gettext_lazy("owner"))
    payer_account = columns.account("payer", gettext_lazy("payer"))
    month = columns.month("billing_month", gettext_lazy("month"))
    list_sum_amount = columns.amount("list_amount", gettext_lazy("list"), currency="")
    discount_sum_amount = columns.amount("discount_amount", gettext_lazy("discount"), currency="")
    payable_sum_amount = columns.amount("payable_amount", gettext_lazy("payable"))

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """With a calendar of periods, made from the months there are: no scan of all charges."""
        return {"calendar": months.calendar(request, "period_start", _("charge period"))}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By what an index serves."""
        return lookup.charges(queryset, search_term), False

    @admin.display(description=gettext_lazy("charge period"), ordering="period_start")
    def period(self, row: Charge) -> Any:
        """In the billing time zone, and whether it came late."""
        return format_html("{} {}", display.span(row.period_start, row.period_end), _late(row))

    @admin.display(description=gettext_lazy("quantity"))
    def quantity_amount(self, row: Charge) -> Any:
        """With the product's unit."""
        return display.quantity(row.quantity, row.product.unit if row.product else "")

    @admin.display(description=gettext_lazy("product"), ordering="product__code")
    def product_link(self, row: Charge) -> Any:
        """And what the charge is for, where it is not usage."""
        kind = "" if row.kind == "usage" else display.badge(row.get_kind_display(), "busy")
        return format_html("{} {}", display.link(row.product), kind)

    def own_urls(self) -> list[URLPattern]:
        """What members used and others pay, by member and month."""
        route = "showback/<int:account>/<str:month>/"
        return [
            self.own_url(route, self.showback_view, "billing_charge_showback"),
            self.own_url(f"{route}<str:form>/", showback.file, "billing_charge_showback_file"),
        ]

    def showback_view(self, request: HttpRequest, account: int, month: str) -> Any:
        """The statement of one member and month."""
        return showback.page(request, self, account, month)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With both accounts and the product."""
        return super().get_queryset(request).select_related("owner", "payer", "product__family")

    def heading(self, row: Charge) -> Any:
        """Kind and number."""
        name = row.product.name if row.product else row.get_kind_display()
        return format_html(
            '{} <span class="bo-number">{}</span>', _("Charge"), f"{row.pk} · {name}"
        )

    def badges(self, row: Charge) -> Sequence[Any]:
        """Kind, lateness, and whether a master pays."""
        found = [display.badge(row.get_kind_display(), "quiet"), _late(row)]
        if row.owner_id != row.payer_id:
            found.append(display.badge(_("for a member"), "trust"))
        return found

    def panels(self, request: HttpRequest, row: Charge) -> Sequence[Panel]:
        """What, how much, why it is so from usage to invoice, and of which records."""
        return [
            charge_panels.amounts(row),
            charge_panels.what(row),
            charge_explanation.panel(row),
            charge_origins.usage(row),
        ]


def _late(row: Charge) -> Any:
    return display.badge(_("late"), "warn") if row.is_late else ""
