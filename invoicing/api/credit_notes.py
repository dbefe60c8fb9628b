"""Credit notes: what corrects an invoice (I6)."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body, reason
from finance_mgmt.api.commands import command, preview_of
from finance_mgmt.api.fields import Amount, Instant, money
from finance_mgmt.api.filtering import Filters, before, filters, since
from finance_mgmt.api.nouns import Listed, Noun, Shown

from ..documents.glyphs import NotShowable
from ..documents.validation import FaultyInvoice
from ..models import CreditNote, Invoice
from ..queries import statements
from ..services import credit_notes, invoices
from . import files

MOST = 2000


class CreditNoteShown(serializers.ModelSerializer):
    """What corrects an invoice. Never changed (I6)."""

    invoice = serializers.SlugRelatedField(slug_field="number", read_only=True)
    currency = serializers.CharField(source="invoice.currency", read_only=True)
    total = money("invoice.currency")
    tax_amount = money("invoice.currency")
    round_off = Amount(read_only=True)
    issued_at = Instant(read_only=True)

    class Meta:
        model = CreditNote
        fields = (
            "number",
            "invoice",
            "total",
            "tax_amount",
            "currency",
            "round_off",
            "reason",
            "issued_at",
        )
        read_only_fields = fields


@extend_schema_field({"type": "string", "examples": ["INV-000001"]})
class InvoiceNumber(serializers.Field):
    """An invoice by its number, among those the actor sees."""

    default_error_messages = {"unknown": "There is no such invoice."}

    def to_internal_value(self, data: Any) -> Invoice:
        """The invoice."""
        if not isinstance(data, str) or "\0" in data:
            self.fail("unknown")
        found = statements.invoices(self.context["request"].actor).filter(number=data).first()
        return found or self.fail("unknown")

    def to_representation(self, value: Invoice) -> str:
        """Its number."""
        return value.number


class CreditNoteBody(Body):
    """Neither lines nor amount: all that is left of the invoice."""

    invoice = InvoiceNumber()
    lines = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        max_length=MOST,
        help_text="Ids of lines that are credited whole.",
    )
    amount = Amount(required=False)
    reason = reason()


class CreditNoteFilters(Filters):
    invoice = filters.CharFilter(field_name="invoice__number", label="invoice number")
    since = since("issued_at")
    before = before("issued_at")

    class Meta:
        model = CreditNote
        fields = ("invoice",)


class CreditNotes(Listed, Shown, Noun):
    """Corrections of the invoices that the actor sees."""

    model = CreditNote
    rows = statements.credit_notes
    shown = CreditNoteShown
    staff_view = "invoicing.view_creditnote"
    ordering_fields = ("id", "number", "issued_at")
    filterset_class = CreditNoteFilters
    lookup_field = "number"
    lookup_value_converter = "str"

    @command(
        asks=CreditNoteBody,
        answers=CreditNoteShown,
        staff="invoicing.issue_credit_note",
        roles=actors.MONEY,
        status=201,
        example={"invoice": "INV-000001", "reason": "wrong title"},
        refuses=(
            invoices.InvoiceRefused,
            NotShowable,
            FaultyInvoice,
        ),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> CreditNote:
        """Correct an invoice: who issued it may, as long as it sees the payer's bills (I6)."""
        invoice = self.own(body["invoice"], "issuer_id")
        sight = self.actor.sight
        if sight is not None and invoice.title_of_id not in sight.bills:
            raise PermissionDenied("The member is not yours any more.", code="not_yours")
        return credit_notes.issue(**body, **said)

    create_preview = preview_of(create)

    @files.pdf_schema
    @files.may_fail
    @action(detail=True, pagination_class=None, renderer_classes=[JSONRenderer, files.PdfFile])
    def pdf(self, request: Request, number: str) -> Any:
        """The credit note as a PDF."""
        note = self.get_object()
        return files.pdf(self, request, note.invoice, note)

    @files.xml_schema
    @files.may_fail
    @action(detail=True, pagination_class=None, renderer_classes=[JSONRenderer, files.XmlFile])
    def xml(self, request: Request, number: str) -> Any:
        """The credit note as an EN 16931 credit note."""
        note = self.get_object()
        return files.xml(self, request, note.invoice, note)
