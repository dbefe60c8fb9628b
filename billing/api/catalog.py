"""What is sold, and at which price since when (P1)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import Amount, Coded, Instant, code_of
from finance_mgmt.api.filtering import Filters, before, filters, since
from finance_mgmt.api.nouns import Listed, Noun, Shown
from finance_mgmt.enums import Cycle

from ..focus.price_book import Entry
from ..models import Family, Price, Product
from ..queries import access
from ..services import catalog, prices


class FamilyShown(serializers.ModelSerializer):
    """A group of products."""

    class Meta:
        model = Family
        fields = ("code", "name")
        read_only_fields = fields


class FamilyFilters(Filters):
    class Meta:
        model = Family
        fields = ("code", "name")


class Families(Listed, Shown, Noun):
    """Groups of products that discounts, vouchers and commitments may name."""

    model = Family
    rows = access.families
    shown = FamilyShown
    staff_view = "billing.view_family"
    lookup_field = "code"
    lookup_value_converter = "str"
    ordering = "code"
    ordering_fields = ("code", "name")
    filterset_class = FamilyFilters


class ProductShown(serializers.ModelSerializer):
    """Something sold at one price."""

    family = code_of()

    class Meta:
        model = Product
        fields = (
            "code",
            "name",
            "service",
            "family",
            "cycle",
            "unit",
            "region",
            "keeps_own_discount",
        )
        read_only_fields = fields


class ProductBody(Body):
    """A metered product, and its price from an instant on."""

    code = serializers.RegexField(r"^[^/\s]{1,200}$")
    name = serializers.CharField(max_length=500)
    family = serializers.CharField(max_length=100, help_text="Its name; made if it is new.")
    service = serializers.CharField(max_length=200, required=False)
    cycle = serializers.ChoiceField(choices=Cycle.choices)
    unit = serializers.CharField(max_length=100, required=False)
    region = serializers.CharField(max_length=100, required=False)
    unit_price = Amount()
    effective_from = Instant(help_text="Its first price may begin in the past.")


class ProductFilters(Filters):
    family = filters.CharFilter(field_name="family__code")

    class Meta:
        model = Product
        fields = ("code", "cycle", "service", "region")


class Products(Listed, Shown, Noun):
    """The catalogue."""

    model = Product
    rows = access.products
    shown = ProductShown
    staff_view = "billing.view_product"
    filterset_class = ProductFilters
    lookup_field = "code"
    lookup_value_converter = "str"
    ordering = "code"
    ordering_fields = ("code", "id", "name")

    @command(
        asks=ProductBody,
        answers=ProductShown,
        staff="sell",
        status=201,
        example={
            "code": "vm-small",
            "name": "Small machine",
            "family": "Compute",
            "cycle": "hour",
            "unit": "hour",
            "unit_price": "0.12",
            "effective_from": "2024-01-01T00:00:00+08:00",
        },
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Product:
        """Add a metered product with its first price."""
        catalog.load_price_book([_entry(**body)], **said)
        return Product.objects.select_related("family").get(code=body["code"])


class PriceShown(serializers.ModelSerializer):
    """A list price since an instant. `tiers`: above this quantity in the month, this price."""

    product = code_of()
    unit_price = Amount(read_only=True)
    tiers = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField()), read_only=True
    )
    effective_from = Instant(read_only=True)

    class Meta:
        model = Price
        fields = ("id", "product", "unit_price", "tiers", "effective_from")
        read_only_fields = fields


class PriceBody(Body):
    """A new list price."""

    product = Coded(queryset=Product.objects.all())
    unit_price = Amount()
    steps = serializers.ListField(
        child=serializers.ListField(child=Amount(), min_length=2, max_length=2),
        required=False,
        max_length=100,
        help_text="Pairs: above this quantity in the month, this unit price.",
    )
    effective_from = Instant(required=False, help_text="Left out: now.")


class PriceFilters(Filters):
    product = filters.CharFilter(field_name="product__code")
    since = since("effective_from")
    before = before("effective_from")

    class Meta:
        model = Price
        fields = ("product",)


class Prices(Listed, Shown, Noun):
    """List prices. A new price is a new row."""

    model = Price
    rows = access.prices
    shown = PriceShown
    staff_view = "billing.view_price"
    ordering_fields = ("id", "effective_from")
    filterset_class = PriceFilters

    @command(
        asks=PriceBody,
        answers=PriceShown,
        staff="sell",
        status=201,
        replaces=lambda view, body: (body["product"], {"product": body["product"]}),
        example={"product": "vm-small", "unit_price": "0.10"},
        refuses=(prices.PriceRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Price:
        """Set a product's list price from an instant on (P1)."""
        steps = [(start, price) for start, price in body.pop("steps", ())]
        return prices.set_price(**body, steps=steps, **said)


def _entry(
    *,
    code: str,
    name: str,
    family: str,
    cycle: str,
    unit_price: Decimal,
    effective_from: datetime,
    service: str = "",
    unit: str = "",
    region: str = "",
) -> Entry:
    return Entry(
        source="api",
        code=code,
        name=name,
        service=service or family,
        family=family,
        cycle=Cycle(cycle),
        unit=unit,
        region=region,
        unit_price=unit_price,
        listed_from=effective_from,
        first_used_at=effective_from,
    )
