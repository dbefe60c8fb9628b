"""Invoices and credit notes (I1-I7)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.settlements import month as month_field
from billing.models import Product
from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command, preview_of
from finance_mgmt.api.fields import (
    AccountNumber,
    Acting,
    Amount,
    Coded,
    Instant,
    money,
    number_of,
)
from finance_mgmt.api.filtering import PAGED, Filters, account_number, before, refuse_unknown, since
from finance_mgmt.api.nouns import Listed, Noun, Shown, answer_page, page
from finance_mgmt.api.paging import ordered

from ..documents import stored
from ..documents.glyphs import NotShowable
from ..documents.validation import FaultyInvoice
from ..models import Invoice, InvoiceLine
from ..queries import candidates, statements
from ..services import invoices
from . import files

MOST = 2000


class InvoiceShown(serializers.ModelSerializer):
    """One invoice: a copy of all it states. net + tax = total; lines - round_off = total (I6)."""

    issuer = number_of()
    title_of = number_of()
    total = money()
    net_amount = money()
    tax_amount = money()
    round_off = Amount(read_only=True)
    issued_at = Instant(read_only=True)

    class Meta:
        model = Invoice
        fields = (
            "number",
            "status",
            "issuer",
            "title_of",
            "title_kind",
            "title",
            "tax_number",
            "country",
            "address",
            "postcode",
            "city",
            "phone",
            "bank_name",
            "bank_account",
            "currency",
            "first_month",
            "month",
            "line_count",
            "net_amount",
            "tax_amount",
            "total",
            "round_off",
            "issued_at",
        )
        read_only_fields = fields


class TaxShown(serializers.Serializer):
    """What of the invoice has one tax rate, as its documents state it (I7)."""

    rate = Amount()
    net = Amount()
    tax = Amount()
    gross = Amount()


class SectionShown(serializers.Serializer):
    """Lines of one member (I2)."""

    member = serializers.CharField(source="name")
    lines = serializers.IntegerField()
    amount = Amount()


class InvoiceInFull(InvoiceShown):
    """The invoice with its sums by rate and by member, and what of it is credited or owed."""

    taxes = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()
    credited = serializers.SerializerMethodField()
    owed = serializers.SerializerMethodField(help_text="Refunded after the invoice (I6).")

    class Meta(InvoiceShown.Meta):
        fields = (*InvoiceShown.Meta.fields, "taxes", "members", "credited", "owed")
        read_only_fields = fields

    @extend_schema_field(TaxShown(many=True))
    def get_taxes(self, row: Invoice) -> Any:
        """Sums by rate."""
        return TaxShown(stored.of_invoice(row).parts, many=True).data

    @extend_schema_field(SectionShown(many=True))
    def get_members(self, row: Invoice) -> Any:
        """Sums by member."""
        return SectionShown(statements.by_member(row), many=True).data

    @extend_schema_field(Amount())
    def get_credited(self, row: Invoice) -> str:
        """The sum of its credit notes."""
        return Amount().to_representation(candidates.credited(row))

    @extend_schema_field(Amount())
    def get_owed(self, row: Invoice) -> str:
        """What a credit note is due for."""
        return Amount().to_representation(candidates.owed(row))


class InvoiceOwed(InvoiceShown):
    """An invoice that a credit note is owed for (I6)."""

    owed = Amount(read_only=True)

    class Meta(InvoiceShown.Meta):
        fields = (*InvoiceShown.Meta.fields, "owed")
        read_only_fields = fields


class LineShown(serializers.ModelSerializer):
    """One charge as the invoice states it. A void one was credited wholly."""

    member = serializers.CharField(source="owner_number", read_only=True)
    product = serializers.CharField(source="product_code", read_only=True)
    amount = Amount(read_only=True)
    tax_rate = Amount(read_only=True)

    class Meta:
        model = InvoiceLine
        fields = (
            "id",
            "charge",
            "member",
            "product",
            "description",
            "amount",
            "tax_rate",
            "is_void",
        )
        read_only_fields = fields


class InvoiceBody(Body):
    """Whose charges of which months. Neither members nor combined: the issuer's own."""

    issuer = Acting(help_text="Left out: the account you act for.")
    month = serializers.RegexField(r"^20[0-9]{2}-(0[1-9]|1[0-2])$")
    until = month_field()
    members = serializers.ListField(child=AccountNumber(), required=False, max_length=MOST)
    combined = serializers.BooleanField(
        required=False, help_text="All that the issuer paid, for itself and its members."
    )
    products = serializers.ListField(
        child=Coded(queryset=Product.objects.all()), required=False, max_length=MOST
    )


class InvoiceFilters(Filters):
    issuer = account_number("issuer")
    title_of = account_number("title_of")
    since = since("issued_at")
    before = before("issued_at")

    class Meta:
        model = Invoice
        fields = ("issuer", "title_of", "month", "status", "title_kind", "currency")


class Invoices(Listed, Shown, Noun):
    """Invoices that the actor issued or may see the bills of (Z5, I3)."""

    model = Invoice
    rows = statements.invoices
    shown = InvoiceShown
    in_full = InvoiceInFull
    staff_view = "invoicing.view_invoice"
    filterset_class = InvoiceFilters
    lookup_field = "number"
    lookup_value_converter = "str"
    ordering_fields = ("id", "number", "month", "issued_at")

    @command(
        asks=InvoiceBody,
        answers=InvoiceInFull,
        staff="invoicing.issue_invoice",
        roles=actors.MONEY,
        status=201,
        example={"month": "2024-05", "combined": True},
        refuses=(
            invoices.InvoiceRefused,
            NotShowable,
            FaultyInvoice,
        ),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Invoice:
        """Issue an invoice over charges of issued bills, each at most once (I1-I5)."""
        return invoices.issue(**_chosen(body), **said)

    create_preview = preview_of(create)

    @extend_schema(responses={200: InvoiceOwed(many=True)}, operation_id="invoices_owed_list")
    @action(detail=False)
    @page
    def owed(self, request: Request) -> Response:
        """Invoices that credit notes are owed for after refunds (I6)."""
        rows = self.filter_queryset(candidates.owing(self.get_queryset()))
        return answer_page(self, rows, InvoiceOwed)

    @files.pdf_schema
    @files.may_fail
    @action(detail=True, pagination_class=None, renderer_classes=[JSONRenderer, files.PdfFile])
    def pdf(self, request: Request, number: str) -> Any:
        """The invoice as a PDF; 202 while a worker makes that of a large one."""
        return files.pdf(self, request, self.get_object())

    @files.xml_schema
    @files.may_fail
    @action(detail=True, pagination_class=None, renderer_classes=[JSONRenderer, files.XmlFile])
    def xml(self, request: Request, number: str) -> Any:
        """The invoice as an EN 16931 e-invoice; 202 while a worker makes that of a large one."""
        return files.xml(self, request, self.get_object())

    @extend_schema(
        responses={200: LineShown(many=True)}, filters=False, operation_id="invoices_lines_list"
    )
    @action(detail=True)
    @page
    def lines(self, request: Request, number: str) -> Response:
        """Its lines, in the order of their ids."""
        refuse_unknown(request, PAGED)
        rows: QuerySet[InvoiceLine] = self.get_object().lines.order_by()
        return answer_page(self, ordered(rows, "id"), LineShown)


def _chosen(body: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        "owners": body.get("members", ()),
        "is_combined": body.get("combined", False),
        "products": body.get("products", ()),
        "month": date.fromisoformat(f"{body['month']}-01"),
        "until": date.fromisoformat(f"{body['until']}-01") if "until" in body else None,
    }
    return {"issuer": body["issuer"], **named}
