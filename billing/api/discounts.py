"""Contract prices (D1)."""

from typing import Any

from rest_framework import serializers

from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import AccountNumber, Amount, Coded, Instant, code_of, number_of
from finance_mgmt.api.filtering import Filters, account_number, filters
from finance_mgmt.api.nouns import Listed, Noun, Shown

from ..models import Discount, Family, Product
from ..queries import access
from ..services import prices


class DiscountShown(serializers.ModelSerializer):
    """A rate or a fixed unit price of one owner; a rate of 0.8 pays 80 %."""

    owner = number_of()
    product = code_of(allow_null=True)
    family = code_of(allow_null=True)
    rate = Amount(read_only=True, allow_null=True)
    fixed_price = Amount(read_only=True, allow_null=True)
    valid_from = Instant(read_only=True, allow_null=True)
    valid_until = Instant(read_only=True, allow_null=True)

    class Meta:
        model = Discount
        fields = (
            "id",
            "owner",
            "product",
            "family",
            "rate",
            "fixed_price",
            "valid_from",
            "valid_until",
        )
        read_only_fields = fields


class DiscountBody(Body):
    """A contract price. Neither product nor family: it is for everything."""

    owner = AccountNumber()
    product = Coded(queryset=Product.objects.all(), required=False)
    family = Coded(queryset=Family.objects.all(), required=False)
    rate = Amount(required=False)
    fixed_price = Amount(required=False)
    valid_from = Instant(required=False, help_text="Left out: now.")
    valid_until = Instant(required=False)


class DiscountFilters(Filters):
    owner = account_number("owner")
    product = filters.CharFilter(field_name="product__code")
    family = filters.CharFilter(field_name="family__code")

    class Meta:
        model = Discount
        fields = ("owner", "product", "family")


class Discounts(Listed, Shown, Noun):
    """The account's own contract prices."""

    model = Discount
    rows = access.discounts
    shown = DiscountShown
    staff_view = "billing.view_discount"
    filterset_class = DiscountFilters

    @command(
        asks=DiscountBody,
        answers=DiscountShown,
        staff="give_discount",
        status=201,
        example={"owner": "ACME-1", "rate": "0.8"},
        refuses=(prices.PriceRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Discount:
        """Give an owner a contract price (D1)."""
        return prices.add_discount(**body, **said)
