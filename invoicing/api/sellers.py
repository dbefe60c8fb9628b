"""Who sells: the particulars on invoices, for the provider's own programs (I6)."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command, preview_of
from finance_mgmt.api.fields import Instant
from finance_mgmt.api.filtering import Filters, refuse_unknown
from finance_mgmt.api.nouns import Listed, Noun, Shown

from ..enums import ZeroRate
from ..models import SellerProfile
from ..queries import sellers as reads
from ..rules.sellers import Seller
from ..services import sellers

STATED = tuple(Seller.__dataclass_fields__)


class SellerShown(serializers.ModelSerializer):
    """Particulars of the seller from an instant on. Never edited (I6)."""

    effective_from = Instant(read_only=True)

    class Meta:
        model = SellerProfile
        fields = ("id", *STATED, "effective_from")
        read_only_fields = fields


class SellerBody(Body):
    """All that invoices state of the seller: what is left out is empty."""

    legal_name = serializers.CharField(max_length=200)
    tax_number = serializers.CharField(
        max_length=50,
        required=False,
        allow_blank=True,
        help_text="China: 18 characters, required. EU: the VAT id with its country.",
    )
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    postcode = serializers.CharField(max_length=20, required=False, allow_blank=True)
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False)
    phone = serializers.CharField(max_length=50, required=False, allow_blank=True)
    bank_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    bank_account = serializers.CharField(max_length=50, required=False, allow_blank=True)
    asks_e_invoice = serializers.BooleanField(
        required=False, help_text="EN 16931 for buyers in the EU: needs tax number, address, city."
    )
    zero_rate = serializers.ChoiceField(choices=ZeroRate.choices, required=False)
    zero_rate_reason = serializers.CharField(max_length=200, required=False, allow_blank=True)
    effective_from = Instant(required=False, help_text="Left out: now.")


class SellerFilters(Filters):
    class Meta:
        model = SellerProfile
        fields = ("country", "tax_number")


class Sellers(Listed, Shown, Noun):
    """The seller's particulars, each in force since an instant."""

    model = SellerProfile
    rows = reads.visible
    shown = SellerShown
    staff_view = "invoicing.view_sellerprofile"
    viewers = actors.NOBODY
    filterset_class = SellerFilters

    @command(
        asks=SellerBody,
        answers=SellerShown,
        staff="invoicing.set_seller",
        status=201,
        example={
            "legal_name": "Cloud Ltd",
            "tax_number": "DE136695976",
            "country": "DE",
            "address": "Hauptstr. 1",
            "city": "Berlin",
        },
        refuses=(sellers.SellerRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> SellerProfile:
        """Say who sells from an instant on; invoices that were issued keep theirs (I6)."""
        return sellers.set_seller(**body, **said)

    create_preview = preview_of(create)

    @extend_schema(
        responses={200: SellerShown}, filters=False, operation_id="sellers_current_retrieve"
    )
    @action(detail=False, pagination_class=None)
    def current(self, request: Request) -> Response:
        """Those in force now: what the next invoice names. 404 while nobody has said who sells."""
        refuse_unknown(request, set())
        found = reads.seller_at(self.at)
        if found is None:
            raise Http404
        return Response(SellerShown(found).data)
