"""Invoice titles and tax rates (I3, I6, I7)."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from billing.models import Product
from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command, preview_of
from finance_mgmt.api.fields import Acting, Amount, Coded, Instant, code_of, number_of
from finance_mgmt.api.filtering import Filters, account_number, before, filters, since
from finance_mgmt.api.nouns import Listed, Noun, Shown

from ..enums import TitleKind
from ..models import InvoiceTitle, TaxRate
from ..queries import statements
from ..queries import titles as reads
from ..services import taxes, titles

STATED = (
    "kind",
    "title",
    "tax_number",
    "country",
    "address",
    "postcode",
    "city",
    "phone",
    "bank_name",
    "bank_account",
    "email",
    "language",
)


class TitleShown(serializers.ModelSerializer):
    """One version of what an account's invoices state. Never edited (I6)."""

    account = number_of()
    email = serializers.CharField(read_only=True, help_text="Empty: none was given.")
    set_at = Instant(read_only=True)

    class Meta:
        model = InvoiceTitle
        fields = ("id", "account", *STATED, "is_current", "set_at")
        read_only_fields = fields


class TitleBody(Body):
    """All that the title states: what is left out is empty."""

    account = Acting(help_text="Left out: the account you act for.")
    kind = serializers.ChoiceField(choices=TitleKind.choices, required=False)
    title = serializers.CharField(max_length=200)
    tax_number = serializers.CharField(max_length=50, required=False, allow_blank=True)
    country = serializers.RegexField(r"^[A-Z]{2}$", required=False)
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    postcode = serializers.CharField(max_length=20, required=False, allow_blank=True)
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=50, required=False, allow_blank=True)
    bank_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    bank_account = serializers.CharField(max_length=50, required=False, allow_blank=True)
    email = serializers.EmailField(required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class TitleFilters(Filters):
    account = account_number("account")

    class Meta:
        model = InvoiceTitle
        fields = ("account", "kind", "is_current", "tax_number")


class Titles(Listed, Shown, Noun):
    """Versions of titles; a new one replaces the current."""

    model = InvoiceTitle
    rows = reads.visible
    shown = TitleShown
    staff_view = "invoicing.view_invoicetitle"
    ordering_fields = ("id", "set_at")
    filterset_class = TitleFilters

    @command(
        asks=TitleBody,
        answers=TitleShown,
        staff="invoicing.set_title",
        roles=actors.MONEY,
        status=201,
        replaces=lambda view, body: (body["account"], {"account": body["account"]}),
        example={"kind": "cn_general", "title": "Acme Ltd", "tax_number": "91330106673959654P"},
        refuses=(titles.TitleRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> InvoiceTitle:
        """Say to whom the account's invoices are made out: locked by forbid_invoicing (I3)."""
        return titles.set_title(**body, **said)

    create_preview = preview_of(create)


class TaxRateShown(serializers.ModelSerializer):
    """The tax that prices contain since an instant, as a fraction (I7)."""

    product = code_of(
        allow_null=True, help_text="None: all products that have no rate of their own."
    )
    rate = Amount(read_only=True)
    effective_from = Instant(read_only=True)

    class Meta:
        model = TaxRate
        fields = ("id", "product", "jurisdiction", "rate", "effective_from")
        read_only_fields = fields


class TaxRateBody(Body):
    """A rate since an instant; now if left out."""

    product = Coded(queryset=Product.objects.all(), required=False)
    jurisdiction = serializers.RegexField(r"^[0-9A-Z-]{2,20}$")
    rate = Amount(help_text="A fraction: 0.06 is six percent.")
    effective_from = Instant(required=False)


class TaxRateFilters(Filters):
    product = filters.CharFilter(field_name="product__code")
    since = since("effective_from")
    before = before("effective_from")

    class Meta:
        model = TaxRate
        fields = ("jurisdiction",)


class TaxRates(Listed, Shown, Noun):
    """Tax rates, by product and jurisdiction."""

    model = TaxRate
    rows = statements.tax_rates
    shown = TaxRateShown
    staff_view = "invoicing.view_taxrate"
    ordering_fields = ("id", "effective_from")
    filterset_class = TaxRateFilters

    @command(
        asks=TaxRateBody,
        answers=TaxRateShown,
        staff="invoicing.set_tax_rate",
        status=201,
        example={"jurisdiction": "CN", "rate": "0.06"},
        refuses=(taxes.TaxRateRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> TaxRate:
        """Set a rate from an instant on (I7)."""
        return taxes.set_rate(**body, **said)
