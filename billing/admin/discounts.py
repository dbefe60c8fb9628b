"""Discounts: contract prices of one owner."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from finance_mgmt.admin import columns, display, new_rows
from finance_mgmt.admin.base import ReadOnlyAdmin
from finance_mgmt.admin.panels import Fact, Facts, Panel

from ..models import Discount
from . import discount_commands


def scope_of(discount: Discount) -> Any:
    """One product, one family, or everything."""
    if discount.product:
        return format_html("{} {}", _("product"), display.link(discount.product))
    if discount.family:
        return format_html("{} {}", _("family"), display.link(discount.family))
    return _("everything")


def price_of(discount: Discount) -> Any:
    """What is paid: a part of the list price, or a price of its own."""
    if discount.rate is not None:
        return _("%(percent)s of list price") % {"percent": display.percent(discount.rate)}
    return format_html("{} {}", display.quantity(discount.fixed_price), _("per unit"))


@admin.register(Discount)
class DiscountAdmin(ReadOnlyAdmin):
    """The best one for the customer applies; none stack (D1)."""

    when_empty = gettext_lazy(
        "Every account pays the list price. Give a discount here, or through the API."
    )
    first_step = (
        gettext_lazy("Give a discount"),
        "admin:billing_discount_give",
        "finance_mgmt.give_discount",
    )
    list_display = ("id", "owner_account", "scope", "price", "from_instant", "until_instant")
    list_select_related = ("owner", "product", "family")
    list_filter = (("owner", AutocompleteSelectFilter), ("family", RelatedDropdownFilter))
    search_fields = ("owner__number", "owner__name", "product__code", "family__code")
    search_help_text = gettext_lazy("Owner, product or family")
    ordering = ("-id",)

    owner_account = columns.account("owner", gettext_lazy("owner"))
    from_instant = columns.instant("valid_from", gettext_lazy("valid from"))
    until_instant = columns.instant("valid_until", gettext_lazy("valid until"))

    @admin.display(description=gettext_lazy("scope"))
    def scope(self, row: Discount) -> Any:
        """What it is for."""
        return scope_of(row)

    @admin.display(description=gettext_lazy("price"))
    def price(self, row: Discount) -> Any:
        """What is paid."""
        return price_of(row)

    def own_urls(self) -> list[URLPattern]:
        """Giving one."""
        return new_rows.urls(self, discount_commands.OF_LIST)

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button that gives one."""
        return {"list_commands": new_rows.buttons(request, discount_commands.OF_LIST)}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what names the row."""
        related = ("owner", "product", "family", "decision")
        return super().get_queryset(request).select_related(*related)

    def heading(self, row: Discount) -> Any:
        """Whose, and how much."""
        said = '{} <span class="bo-number">{}</span>'
        return format_html(said, capfirst(price_of(row)), row.owner)

    def panels(self, request: HttpRequest, row: Discount) -> Sequence[Panel]:
        """Whose, on what, how much, how long."""
        return [
            Facts(
                title=_("Discount"),
                facts=[
                    Fact(_("owner"), display.account(row.owner), rule="D2"),
                    Fact(_("scope"), scope_of(row), rule="D1"),
                    Fact(_("price"), price_of(row), rule="D1"),
                    Fact(_("valid from"), display.instant(row.valid_from), rule="C1"),
                    Fact(_("valid until"), display.instant(row.valid_until)),
                    Fact(_("decision"), display.decision(row.decision), rule="Z8"),
                ],
            )
        ]
