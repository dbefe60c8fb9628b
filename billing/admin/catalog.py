"""The catalog: families, products and their prices."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from finance_mgmt.admin import columns, display, new_rows
from finance_mgmt.admin.base import MasterDataAdmin, ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table
from finance_mgmt.clock import now

from ..models import Family, Price, Product
from ..rules.pricing import steps_of
from .catalog_commands import AddProduct, SetPrice

ADD, SET = AddProduct(), SetPrice()


@admin.register(Family)
class FamilyAdmin(MasterDataAdmin):
    """Groups of products that discounts and vouchers may name."""

    when_empty = gettext_lazy(
        "Families group products; communications keep their own discounts. Add one, then "
        "its products."
    )
    list_display = ("code", "name", "product_count")
    search_fields = ("code", "name")
    search_help_text = gettext_lazy("Code or name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A code is known to others: only the name changes."""
        return ("code",) if obj else ()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the number of products."""
        return super().get_queryset(request).annotate(product_total=Count("products"))

    @admin.display(description=gettext_lazy("products"), ordering="product_total")
    def product_count(self, row: Family) -> Any:
        """A number that leads to the products."""
        return display.list_link(Product, row.product_total, family__id__exact=row.pk)


@admin.register(Product)
class ProductAdmin(MasterDataAdmin):
    """What is sold. Its cycle and family decide amounts: only the name is edited here."""

    when_empty = gettext_lazy(
        "The price book is empty. Add products, then set their prices; or import a file, "
        "which brings its own."
    )
    first_step = (
        gettext_lazy("Import a file"),
        "admin:billing_usageimport_upload",
        "billing.add_usageimport",
    )
    list_display = (
        "code",
        "name",
        "family",
        "cycle",
        "unit",
        "region",
        "price_amount",
        "own_discount",
    )
    list_select_related = ("family",)
    list_filter = (
        ("family", RelatedDropdownFilter),
        ("cycle", ChoicesDropdownFilter),
        ("keeps_own_discount", BooleanRadioFilter),
    )
    search_fields = ("code", "name", "service")
    search_help_text = gettext_lazy("Code, name or service")
    fields = (
        "code",
        "name",
        "service",
        "family",
        "cycle",
        "unit",
        "region",
        "keeps_own_discount",
        "price_amount",
    )
    readonly_fields = tuple(name for name in fields if name != "name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A product comes with its price: by a service."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """With the button that adds one."""
        context = {"list_commands": new_rows.buttons(request, [ADD])}
        return super().changelist_view(request, context | (extra_context or {}))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the price in force."""
        in_force = Price.objects.filter(product=OuterRef("pk"), effective_from__lte=now())
        latest = in_force.order_by("-effective_from").values("unit_price")[:1]
        return super().get_queryset(request).annotate(current_price=Subquery(latest))

    @admin.display(description=gettext_lazy("list price"))
    def price_amount(self, row: Product) -> Any:
        """The unit price in force."""
        return display.list_link(
            Price, display.amount(row.current_price), product__id__exact=row.pk
        )

    @admin.display(description=gettext_lazy("discounts"))
    def own_discount(self, row: Product) -> Any:
        """Whether only the user's own discounts and vouchers count (D2)."""
        return display.badge(_("user's own only"), "quiet") if row.keeps_own_discount else ""


@admin.register(Price)
class PriceAdmin(ReadOnlyAdmin):
    """List prices since an instant. A new price is a new row (P1)."""

    when_empty = gettext_lazy("Nothing has a list price yet. A product comes with its first one.")
    first_step = (gettext_lazy("Set a price"), "admin:billing_price_set", "finance_mgmt.sell")
    list_display = ("id", "product_link", "price_amount", "from_instant")
    list_select_related = ("product",)
    search_fields = ("product__code", "product__name")
    search_help_text = gettext_lazy("Code or name of the product")
    ordering = ("-id",)

    product_link = columns.link("product", gettext_lazy("product"))
    from_instant = columns.instant("effective_from", gettext_lazy("in force from"))

    @admin.display(description=gettext_lazy("unit price"), ordering="unit_price")
    def price_amount(self, row: Price) -> Any:
        """Exact, in the currency of who is charged."""
        return display.amount(row.unit_price)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the product that names the row."""
        return super().get_queryset(request).select_related("product")

    def panels(self, request: HttpRequest, row: Price) -> Sequence[Panel]:
        """The price, its steps, and from when on."""
        return [_about(row), *([_steps(row)] if row.tiers else [])]

    def own_urls(self) -> list[URLPattern]:
        """Setting one, and adding a product with its first one."""
        return new_rows.urls(self, [SET, ADD])

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button that sets one."""
        return {"list_commands": new_rows.buttons(request, [SET])}


def _about(row: Price) -> Panel:
    later = Price.objects.filter(product=row.product, effective_from__gt=row.effective_from)
    following = later.order_by("effective_from").first()
    until = following and display.link(following, display.instant(following.effective_from))
    return Facts(
        title=_("Price"),
        facts=[
            Fact(_("product"), display.link(row.product)),
            Fact(_("unit price"), display.quantity(row.unit_price), row.product.unit, "P1"),
            Fact(_("in force from"), display.instant(row.effective_from), rule="C1"),
            Fact(_("until"), until or display.NOTHING),
        ],
    )


def _steps(row: Price) -> Panel:
    return Table(
        title=_("Steps"),
        note=_("By quantity per owner, product and billing month (P1)."),
        columns=[Column(_("above"), True), Column(_("unit price"), True)],
        rows=[
            [display.quantity(start), display.quantity(price)]
            for start, price in steps_of(row.tiers)
        ],
    )
