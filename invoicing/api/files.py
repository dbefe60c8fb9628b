"""Files of invoices and credit notes: sent at once, or made by a worker (I6)."""

from typing import Any

from django.db import transaction
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from finance_mgmt.api.filtering import refuse_unknown
from finance_mgmt.api.problem_examples import answers_with
from finance_mgmt.api.problems import Malformed
from finance_mgmt.enums import RunState
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Run
from finance_mgmt.tasks import poke

from ..documents.glyphs import NotShowable
from ..documents.validation import FaultyInvoice
from ..enums import DocumentForm
from ..models import CreditNote, Invoice
from ..queries.files import made
from ..services import documents

PDF, XML = "application/pdf", "application/xml"
SYNTAXES = (DocumentForm.CII, DocumentForm.UBL)
LANGUAGES = ("en", "zh-hans")


class DocumentFailed(FinanceError):
    """The worker could not make the file."""

    code = "document_failed"
    example = Reason(
        "I6",
        "document_failed",
        "The file could not be made. Ask the provider's finance staff to look at its run.",
        {"errors": []},
    )


class Being(serializers.Serializer):
    """The file is being made: ask again in some seconds."""

    state = serializers.ChoiceField(choices=[RunState.QUEUED, RunState.RUNNING])


class PdfFile(JSONRenderer):
    """Says that the address gives a PDF; only problems are rendered by it."""

    media_type, format = PDF, "pdf"


class XmlFile(JSONRenderer):
    """Says that the address gives an e-invoice; only problems are rendered by it."""

    media_type, format = XML, "xml"


pdf_schema = extend_schema(
    responses={(200, PDF): OpenApiTypes.BINARY, (202, "application/json"): Being},
    parameters=[
        OpenApiParameter("language", str, enum=LANGUAGES, description="Default: en."),
        OpenApiParameter("facturx", bool, description="With the e-invoice inside it."),
    ],
    filters=False,
)
xml_schema = extend_schema(
    responses={(200, XML): OpenApiTypes.BINARY, (202, "application/json"): Being},
    parameters=[
        OpenApiParameter("syntax", str, enum=list(SYNTAXES), description="Default: cii."),
    ],
    filters=False,
)


# What goes wrong where a file is made.
may_fail = answers_with(
    "unknown_value",
    refuses=(DocumentFailed, documents.DocumentRefused, NotShowable, FaultyInvoice),
)


def pdf(view: Any, request: Request, invoice: Invoice, note: CreditNote | None = None) -> Any:
    """The PDF, in the language that was asked for."""
    refuse_unknown(request, {"language", "facturx"})
    language = _one_of(request, "language", LANGUAGES)
    is_factur_x = _one_of(request, "facturx", ("false", "true")) == "true"
    form = DocumentForm.FACTURX if is_factur_x else DocumentForm.PDF
    return _answer(view, invoice, note, form, language)


def xml(view: Any, request: Request, invoice: Invoice, note: CreditNote | None = None) -> Any:
    """The e-invoice, in one of its syntaxes."""
    refuse_unknown(request, {"syntax"})
    form = DocumentForm(_one_of(request, "syntax", SYNTAXES))
    return _answer(view, invoice, note, form, "en")


def _one_of(request: Request, name: str, words: tuple[str, ...]) -> str:
    word: str = request.query_params.get(name, words[0])
    if word not in words:
        raise Malformed(f"{name} is one of: {', '.join(words)}.", code="unknown_value")
    return word


def _answer(
    view: Any, invoice: Invoice, note: CreditNote | None, form: DocumentForm, language: str
) -> Any:
    asked: dict[str, Any] = {
        "invoice": invoice,
        "credit_note": note,
        "form": form,
        "language": language,
    }
    name = note.number if note else invoice.number
    said = view.said(f"file {name} {form} {language}")
    found = made(invoice, note, form, language)
    if found is None and documents.is_large(invoice):
        view.request.accepted_renderer = JSONRenderer()  # this is no file yet
        view.request.accepted_media_type = JSONRenderer.media_type
        return _being(documents.request(**asked, **said))
    found = found or documents.render(**asked, **said)
    kind = PDF if found.file_name.endswith(".pdf") else XML
    return FileResponse(
        documents.path_of(found).open("rb"),
        as_attachment=True,
        filename=found.file_name,
        content_type=kind,
    )


def _being(run: Run) -> Response:
    if run.state == RunState.FAILED:
        errors = list(run.steps.exclude(error="").values_list("error", flat=True)[:5])
        text = "The file could not be made. Ask the provider's finance staff to look at its run."
        raise DocumentFailed(Reason("I6", "document_failed", text, {"errors": errors}))
    transaction.on_commit(lambda: poke(run))
    return Response({"state": run.state}, status=202)
