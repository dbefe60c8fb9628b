"""A charge explained, as programs read it (B1): codes and sentences, from usage to invoice."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance_mgmt.api.fields import Amount, Instant

from ..queries.explained import WORDS, Explanation


class AmountStep(serializers.Serializer):
    """One step of list - covered - discount - voucher = payable (K4)."""

    step = serializers.CharField()
    amount = Amount()
    left = Amount()


class UsageTold(serializers.Serializer):
    """What was used."""

    records = serializers.IntegerField()
    quantity = Amount()
    unit = serializers.CharField()
    is_late = serializers.BooleanField()


class PriceStepTold(serializers.Serializer):
    """A part of the quantity at one unit price."""

    quantity = Amount()
    unit_price = Amount()
    amount = Amount()


class PriceTold(serializers.Serializer):
    """The price in force; `given_amount` is what no price of ours made."""

    price = serializers.IntegerField(source="price.pk", allow_null=True, default=None)
    in_force_since = Instant(source="price.effective_from", allow_null=True, default=None)
    steps = PriceStepTold(many=True)
    given_amount = Amount(source="given")


class CoverTold(serializers.Serializer):
    """What one commitment covered."""

    commitment = serializers.CharField(source="commitment.code")
    kind = serializers.CharField(source="commitment.kind")
    owner = serializers.CharField(source="commitment.owner.number")
    is_own = serializers.BooleanField()
    quantity = Amount()
    amount = Amount()


class WhySerializer(serializers.Serializer):
    """A reason: a stable code, and its sentence."""

    why = serializers.CharField()
    because = serializers.SerializerMethodField()

    def get_because(self, row: Any) -> str:
        """The sentence."""
        return str(WORDS.get(row.why, ""))


class DiscountTold(WhySerializer):
    """Whose contract prices count, and the best of them."""

    of = serializers.CharField(source="of.number")
    discount = serializers.IntegerField(source="discount.pk", allow_null=True, default=None)


class VoucherTold(serializers.Serializer):
    """One voucher that was tried: what it paid, or why not."""

    voucher = serializers.CharField(source="code")
    paid = Amount()
    refused = serializers.CharField()
    because = serializers.SerializerMethodField()

    def get_because(self, row: Any) -> str:
        """The sentence."""
        return str(WORDS.get(row.refused, row.refused))


class PayerTold(WhySerializer):
    """Who pays, by which relationship."""

    account = serializers.CharField(source="account.number")
    relationship = serializers.IntegerField(source="relationship.pk", allow_null=True, default=None)
    mode = serializers.CharField(allow_null=True)


class PocketTold(serializers.Serializer):
    """A kind of money, in order; without an amount the month's bill draws it."""

    money = serializers.CharField()
    amount = Amount(allow_null=True)


class BillTold(WhySerializer):
    """The month it is on, and the bill once it is issued."""

    month = serializers.DateField()
    bill = serializers.IntegerField(source="bill.pk", allow_null=True, default=None)


class InvoiceTold(serializers.Serializer):
    """The invoice it is on."""

    number = serializers.CharField()
    title = serializers.CharField()
    status = serializers.CharField()


class ExplanationShown(serializers.Serializer):
    """Everything that made one charge what it is."""

    charge = serializers.IntegerField(source="charge.pk")
    rules = serializers.ListField(child=serializers.CharField())
    amounts = serializers.SerializerMethodField()
    usage = UsageTold()
    price = PriceTold()
    covers = CoverTold(many=True)
    discount = DiscountTold()
    vouchers = VoucherTold(many=True)
    payer = PayerTold()
    money = PocketTold(many=True)
    bill = BillTold()
    invoice = InvoiceTold(allow_null=True)

    @extend_schema_field(AmountStep(many=True))
    def get_amounts(self, told: Explanation) -> Any:
        """Each step and what it leaves."""
        charge = told.charge
        left, found = charge.list_amount, []
        found.append({"step": "list", "amount": left, "left": left})
        for step in ("covered", "discount", "voucher"):
            amount = -getattr(charge, f"{step}_amount")
            left += amount
            found.append({"step": step, "amount": amount, "left": left})
        found.append({"step": "payable", "amount": charge.payable_amount, "left": left})
        return AmountStep(found, many=True).data
