"""Tax rates by product and jurisdiction, each in force since an instant (I7)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.models import Product
from finance_mgmt.admin import columns, display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.command_forms import CommandForm, InstantField
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.new_rows import PercentField
from finance_mgmt.admin.panels import Panel
from finance_mgmt.services.previews import Preview

from ..models import TaxRate
from ..services import taxes


class RateForm(CommandForm):
    """Which rate, of what, where, since when."""

    product = forms.ModelChoiceField(
        Product.objects.order_by("code"),
        label=gettext_lazy("Product"),
        required=False,
        empty_label=gettext_lazy("All products that have no rate of their own"),
        widget=UnfoldAdminSelectWidget(),
    )
    jurisdiction = forms.CharField(
        label=gettext_lazy("Jurisdiction"),
        max_length=20,
        initial="CN",
        help_text=gettext_lazy("The country of the invoice title, such as CN or DE."),
        widget=UnfoldAdminTextInputWidget(),
    )
    rate = PercentField(
        label=gettext_lazy("Rate in percent"),
        help_text=gettext_lazy("Prices contain it; the invoice splits it out (I7)."),
    )
    effective_from = InstantField(
        label=gettext_lazy("In force from"),
        help_text=gettext_lazy("Empty: now. Charges whose period begins then or later have it."),
    )


class SetRate(CommandPage):
    """A rate since an instant."""

    name, icon, needs = "set-rate", "percent", "invoicing.set_tax_rate"
    label = gettext_lazy("Set a tax rate")
    form_class = RateForm
    service = taxes.set_rate
    done = gettext_lazy("The rate is set.")
    intro = gettext_lazy(
        "Prices include tax; an invoice splits out the rate that was in force (I7)."
    )

    def heading(self, row: Any) -> Any:
        """What the page is about."""
        return self.label

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """What was filled in."""
        return {name: value for name, value in given.items() if name != "key"}

    def parties(self, row: Any, given: dict[str, Any]) -> tuple[int, ...]:
        """Nobody's terms change."""
        return ()

    def shown(self, found: Preview, given: dict[str, Any], at: Any) -> list[Panel]:
        """Nothing but what was filled in changes."""
        return []

    def back(self, row: Any) -> str:
        """The list."""
        return display.list_of(TaxRate)

    def after(self, row: Any, result: TaxRate) -> str:
        """The list."""
        return display.list_of(TaxRate)


@admin.register(TaxRate)
class TaxRateAdmin(ReadOnlyAdmin):
    """A new rate is a new row; what was invoiced keeps its own."""

    when_empty = gettext_lazy(
        "Nothing is taxed: prices include tax at a rate of 0. Set a tax rate with the button above."
    )
    list_display = ("id", "jurisdiction", "product_shown", "rate_amount", "from_instant")
    list_select_related = ("product",)
    list_filter = ("jurisdiction",)
    search_fields = ("jurisdiction", "product__code", "product__name")
    search_help_text = gettext_lazy("Jurisdiction or product")
    ordering = ("jurisdiction", "product__code", "-effective_from")

    from_instant = columns.instant("effective_from", gettext_lazy("in force from"))

    @admin.display(description=gettext_lazy("product"), ordering="product__code")
    def product_shown(self, row: TaxRate) -> Any:
        """The product, or all others."""
        return display.link(row.product) if row.product else _("all others")

    @admin.display(description=gettext_lazy("rate"), ordering="rate")
    def rate_amount(self, row: TaxRate) -> Any:
        """In percent."""
        return display.percent(row.rate)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the product."""
        return super().get_queryset(request).select_related("product")

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """With the button that leads to a new one."""
        if not request.user.has_perm(SetRate.needs):
            return {}
        url = reverse("admin:invoicing_taxrate_set")
        return {"list_commands": [Command(SetRate.label, url, "add", is_primary=True)]}

    def own_urls(self) -> list[URLPattern]:
        """The page that sets one."""
        return [self.own_url("set/", self.set_view, "invoicing_taxrate_set")]

    def set_view(self, request: HttpRequest) -> Any:
        """A rate since an instant."""
        return SetRate().answer(request, self, None)
