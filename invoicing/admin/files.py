"""Files of invoices and credit notes: made when they are asked for, then kept (I6)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Column, Panel, Table
from finance_mgmt.admin.wording import sentence
from finance_mgmt.clock import now
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Run
from finance_mgmt.tasks import poke

from ..enums import DocumentForm
from ..models import CreditNote, Invoice, InvoiceDocument
from ..queries import files as reads
from ..services import documents

LANGUAGES = {"en": "English", "zh-hans": "简体中文"}
BY_LANGUAGE = (DocumentForm.PDF, DocumentForm.FACTURX)


def panel(invoice: Invoice, note: CreditNote | None = None) -> Panel:
    """A line per form, with its languages as links."""
    made = {(one.form, one.language): one for one in reads.files(invoice, note)}
    forms = [form for form in DocumentForm if not (note and form == DocumentForm.CSV)]
    return Table(
        title=_("Documents"),
        anchor="documents",
        note=_("Made once when they are first asked for; the same bytes ever after (I6)."),
        columns=[Column(_("form")), Column(_("download")), Column(_("made at"))],
        rows=[[form.label, _links(invoice, note, form), _made_at(made, form)] for form in forms],
    )


def send(request: HttpRequest, invoice: Invoice, note: CreditNote | None, route: str) -> Any:
    """Send a file; one of a large invoice is made by a worker first."""
    if not request.user.has_perm("invoicing.view_invoice"):
        raise PermissionDenied
    form, _slash, language = route.partition("/")
    if form not in DocumentForm.values or language not in LANGUAGES:
        raise Http404
    asked: dict[str, Any] = {
        "invoice": invoice,
        "credit_note": note,
        "form": form,
        "language": language,
    }
    person = request.user
    key = f"admin {person.pk} file {note or invoice} {form} {language}"
    said: dict[str, Any] = {"key": key, "by": person.get_username(), "at": now()}
    found = reads.made(invoice, note, DocumentForm(form), language)
    try:
        if found is None and documents.is_large(invoice):
            return _have_made(request, asked, said)
        found = found or documents.render(**asked, **said)
    except FinanceError as refusal:
        for reason in refusal.reasons:
            messages.error(request, sentence(reason.message))
        return redirect(_page(invoice, note))
    path = documents.path_of(found)
    return FileResponse(path.open("rb"), as_attachment=True, filename=found.file_name)


def _have_made(request: HttpRequest, asked: dict[str, Any], said: dict[str, Any]) -> Any:
    with transaction.atomic():
        run = documents.request(**asked, **said)
        transaction.on_commit(lambda: poke(run))
    messages.info(request, _("A worker makes the file. Ask for it again when the run is done."))
    return redirect(display.page_of(Run, run.pk))


def _links(invoice: Invoice, note: CreditNote | None, form: DocumentForm) -> Any:
    languages = LANGUAGES if form in BY_LANGUAGE else {"en": _("download")}
    row = note or invoice
    name = f"admin:invoicing_{row._meta.model_name}_file"
    said = '<a class="bo-link" href="{}" aria-label="{}">{}</a>'
    return format_html_join(
        format_html(" {} ", "·"),
        said,
        (
            (reverse(name, args=[row.pk, f"{form}/{code}"]), f"{form.label} {label}", label)
            for code, label in languages.items()
        ),
    )


def _made_at(made: dict[tuple[str, str], InvoiceDocument], form: DocumentForm) -> Any:
    found = [one.made_at for (kind, _language), one in made.items() if kind == form]
    return display.instant(max(found)) if found else display.NOTHING


def _page(invoice: Invoice, note: CreditNote | None) -> str:
    return display.page_of(CreditNote, note.pk) if note else display.page_of(Invoice, invoice.pk)
