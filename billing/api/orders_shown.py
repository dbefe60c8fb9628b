"""A prepaid order as it is shown."""

from rest_framework import serializers

from finance_mgmt.api.fields import Amount, Instant, code_of, number_of
from finance_mgmt.api.prepared import Prepared

from ..models import Order


class OrderShown(Prepared, serializers.ModelSerializer):
    """One prepaid order. Paid: list - discount - coupon - voucher = payable (K4)."""

    owner = number_of()
    payer = number_of(allow_null=True)
    currency = serializers.CharField(source="owner.currency", read_only=True)
    product = code_of()
    resource = serializers.CharField(source="resource_code", read_only=True)
    coupon = code_of(allow_null=True)
    list_amount = Amount(read_only=True)
    discount_amount = Amount(read_only=True)
    override_amount = Amount(currency_of="owner.currency", read_only=True, allow_null=True)
    coupon_amount = Amount(currency_of="owner.currency", read_only=True)
    voucher_amount = Amount(currency_of="owner.currency", read_only=True)
    payable_amount = Amount(currency_of="owner.currency", read_only=True)
    from_cash = Amount(currency_of="owner.currency", read_only=True)
    from_credit = Amount(currency_of="owner.currency", read_only=True)
    refunded_amount = Amount(currency_of="owner.currency", read_only=True)
    placed_at = Instant(read_only=True)
    paid_at = Instant(read_only=True, allow_null=True)
    covers_from = Instant(read_only=True, allow_null=True)
    covers_until = Instant(read_only=True, allow_null=True)

    class Meta:
        model = Order
        fields = (
            "number",
            "kind",
            "status",
            "owner",
            "payer",
            "product",
            "resource",
            "months",
            "currency",
            "list_amount",
            "override_amount",
            "discount_amount",
            "coupon",
            "coupon_amount",
            "voucher_amount",
            "payable_amount",
            "from_cash",
            "from_credit",
            "refunded_amount",
            "placed_at",
            "paid_at",
            "covers_from",
            "covers_until",
        )
        read_only_fields = fields
