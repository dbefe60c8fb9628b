"""Charges: what is owed for one owner, product, resource and period, and why (B1)."""

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance_mgmt.api.fields import Amount, Instant, code_of, number_of
from finance_mgmt.api.filtering import (
    Filters,
    account_number,
    before,
    filters,
    refuse_unknown,
    since,
)
from finance_mgmt.api.nouns import Listed, Noun, Shown

from ..models import Charge, Coverage, VoucherDraw
from ..queries import access
from ..queries.explanations import explain
from .explanations import ExplanationShown


class ChargeShown(serializers.ModelSerializer):
    """One line: list - covered - discount - voucher = payable, every digit (B3, K4)."""

    owner = number_of()
    payer = number_of()
    product = code_of(allow_null=True)
    order = serializers.SlugRelatedField(slug_field="number", read_only=True, allow_null=True)
    period_start = Instant(read_only=True)
    period_end = Instant(read_only=True)
    quantity = Amount(read_only=True)
    unit_price = Amount(read_only=True, allow_null=True)
    list_amount = Amount(read_only=True)
    covered_amount = Amount(read_only=True)
    discount_amount = Amount(read_only=True)
    voucher_amount = Amount(read_only=True)
    payable_amount = Amount(read_only=True)

    class Meta:
        model = Charge
        fields = (
            "id",
            "kind",
            "owner",
            "payer",
            "product",
            "resource",
            "period_start",
            "period_end",
            "billing_month",
            "quantity",
            "unit_price",
            "list_amount",
            "covered_amount",
            "discount_amount",
            "voucher_amount",
            "payable_amount",
            "currency",
            "order",
            "is_late",
            "reason",
        )
        read_only_fields = fields


class DrawShown(serializers.ModelSerializer):
    """What a voucher paid of it."""

    voucher = code_of()
    amount = Amount(read_only=True)

    class Meta:
        model = VoucherDraw
        fields = ("voucher", "amount")
        read_only_fields = fields


class CoverageShown(serializers.ModelSerializer):
    """What a commitment covered of it."""

    commitment = code_of()
    quantity = Amount(read_only=True)
    amount = Amount(read_only=True)

    class Meta:
        model = Coverage
        fields = ("commitment", "quantity", "amount")
        read_only_fields = fields


class ChargeInFull(ChargeShown):
    """A charge that explains itself: who decided the payer, which discount, cover and vouchers."""

    explanation = serializers.DictField(
        read_only=True, allow_null=True, help_text="What was tried and why it was refused."
    )
    vouchers = DrawShown(many=True, read_only=True, source="voucher_draws")
    coverage = CoverageShown(many=True, read_only=True)

    class Meta(ChargeShown.Meta):
        fields = (
            *ChargeShown.Meta.fields,
            "relationship",
            "discount",
            "explanation",
            "vouchers",
            "coverage",
        )
        read_only_fields = fields


class ChargeFilters(Filters):
    owner = account_number("owner")
    payer = account_number("payer")
    product = filters.CharFilter(field_name="product__code")
    order = filters.CharFilter(field_name="order__number")
    since = since("period_start")
    before = before("period_start")

    class Meta:
        model = Charge
        fields = ("owner", "payer", "product", "kind", "billing_month", "is_late", "resource")


class Charges(Listed, Shown, Noun):
    """Lines of the bills that the actor sees, billed or not yet."""

    model = Charge
    rows = access.charges
    shown = ChargeShown
    in_full = ChargeInFull
    staff_view = "billing.view_charge"
    ordering_fields = ("id", "period_start", "billing_month")
    filterset_class = ChargeFilters

    @extend_schema(responses=ExplanationShown, filters=False)
    @action(detail=True, pagination_class=None)
    def explanation(self, request: Request, pk: int) -> Response:
        """Why it is what it is, from usage to invoice. For whoever sees the bill it is on (B4)."""
        refuse_unknown(request, set())
        charge = self.get_object()
        sight = self.actor.sight
        if sight is not None and charge.payer_id not in sight.bills:
            raise Http404
        return Response(ExplanationShown(explain(charge)).data)
