"""Vouchers and coupons (V1-V5)."""

from typing import Any

from rest_framework import serializers

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import (
    NUMBER,
    AccountNumber,
    Amount,
    Coded,
    Instant,
    code_of,
    number_of,
)
from finance_mgmt.api.filtering import Filters, account_number, before, since
from finance_mgmt.api.nouns import Listed, Noun, Shown

from ..enums import VoucherShare
from ..models import Coupon, Family, Product, Voucher
from ..queries import access
from ..services import coupons, vouchers

MOST = 200


def codes(model: Any) -> serializers.ListField:
    """Rows by their codes."""
    child = Coded(queryset=model.objects.all())
    return serializers.ListField(child=child, required=False, max_length=MOST)


class VoucherShown(serializers.ModelSerializer):
    """Promotional money of one owner (V1)."""

    owner = number_of()
    face_value = Amount(currency_of="owner.currency", read_only=True)
    remaining = Amount(currency_of="owner.currency", read_only=True)
    minimum_spend = Amount(currency_of="owner.currency", read_only=True)
    products = code_of(many=True)
    families = code_of(many=True)
    members = number_of(many=True)
    valid_from = Instant(read_only=True, allow_null=True)
    expires_at = Instant(read_only=True, allow_null=True)
    issued_at = Instant(read_only=True)

    class Meta:
        model = Voucher
        fields = (
            "code",
            "owner",
            "face_value",
            "remaining",
            "minimum_spend",
            "products",
            "families",
            "share",
            "members",
            "valid_from",
            "expires_at",
            "issued_at",
        )
        read_only_fields = fields


class ShareBody(Body):
    """Who else may use the voucher; members only for `listed_members`."""

    share = serializers.ChoiceField(choices=VoucherShare.choices)
    members = serializers.ListField(child=AccountNumber(), required=False, max_length=MOST)


class VoucherBody(Body):
    """A new voucher, in the owner's currency. Neither products nor families: for everything."""

    code = serializers.RegexField(NUMBER)
    owner = AccountNumber()
    face_value = Amount()
    minimum_spend = Amount(required=False)
    products = codes(Product)
    families = codes(Family)
    valid_from = Instant(required=False)
    expires_at = Instant(required=False)
    share = serializers.ChoiceField(choices=VoucherShare.choices, required=False)
    members = serializers.ListField(child=AccountNumber(), required=False, max_length=MOST)


class VoucherFilters(Filters):
    owner = account_number("owner")
    since = since("issued_at")
    before = before("issued_at")

    class Meta:
        model = Voucher
        fields = ("owner", "share", "code")


class Vouchers(Listed, Shown, Noun):
    """The account's own vouchers."""

    model = Voucher
    rows = access.vouchers
    shown = VoucherShown
    staff_view = "billing.view_voucher"
    ordering_fields = ("id", "code", "issued_at")
    filterset_class = VoucherFilters
    lookup_field = "code"
    lookup_value_converter = "str"

    @command(
        asks=VoucherBody,
        answers=VoucherShown,
        staff="issue_voucher",
        status=201,
        example={"code": "SPRING-1", "owner": "ACME-1", "face_value": "200.00"},
        refuses=(vouchers.VoucherRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Voucher:
        """Give an owner promotional money (V1)."""
        return vouchers.issue(**body, **said)

    @command(
        asks=ShareBody,
        answers=VoucherShown,
        staff="issue_voucher",
        roles=actors.MONEY,
        example={"share": "listed_members", "members": ["ACME-2"]},
        refuses=(vouchers.VoucherRefused,),
    )
    def share(self, body: dict[str, Any], said: dict[str, Any], code: str) -> Voucher:
        """The owner says who else may use it from now on (V3).

        It counts for orders paid and cycles that start from now on; cycles in progress keep what
        held at their start, however late they are closed or reported (C1).
        """
        voucher = self.own(self.get_object())
        members = body.get("members", ())
        share = VoucherShare(body["share"])
        return vouchers.share(voucher=voucher, share=share, members=members, **said)


class CouponShown(serializers.ModelSerializer):
    """A price cut on one order of its owner, used once (V5)."""

    owner = number_of()
    amount = Amount(currency_of="owner.currency", read_only=True)
    minimum_spend = Amount(currency_of="owner.currency", read_only=True)
    products = code_of(many=True)
    families = code_of(many=True)
    valid_from = Instant(read_only=True, allow_null=True)
    expires_at = Instant(read_only=True, allow_null=True)
    used_by = serializers.SerializerMethodField(help_text="Number of the order that used it.")

    class Meta:
        model = Coupon
        fields = (
            "code",
            "owner",
            "amount",
            "minimum_spend",
            "products",
            "families",
            "valid_from",
            "expires_at",
            "used_by",
        )
        read_only_fields = fields

    def get_used_by(self, row: Coupon) -> str | None:
        """The order, if there is one."""
        order = getattr(row, "order", None)
        return order and order.number


class CouponBody(Body):
    """A new coupon, in the owner's currency."""

    code = serializers.RegexField(NUMBER)
    owner = AccountNumber()
    amount = Amount()
    minimum_spend = Amount(required=False)
    products = codes(Product)
    families = codes(Family)
    valid_from = Instant(required=False)
    expires_at = Instant(required=False)


class CouponFilters(Filters):
    owner = account_number("owner")
    since = since("issued_at")
    before = before("issued_at")

    class Meta:
        model = Coupon
        fields = ("owner", "code")


class Coupons(Listed, Shown, Noun):
    """The account's own coupons."""

    model = Coupon
    rows = access.coupons
    shown = CouponShown
    staff_view = "billing.view_coupon"
    ordering_fields = ("id", "code", "issued_at")
    filterset_class = CouponFilters
    lookup_field = "code"
    lookup_value_converter = "str"

    @command(
        asks=CouponBody,
        answers=CouponShown,
        staff="issue_voucher",
        status=201,
        example={"code": "TEN-OFF", "owner": "ACME-1", "amount": "10.00"},
        refuses=(coupons.CouponRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Coupon:
        """Give an account a coupon (V5)."""
        return coupons.issue(**body, **said)
