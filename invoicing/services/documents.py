"""Making the files of invoices and credit notes, each once per form and language (I6).

`render` makes a file at once; `request` has a run make it, for those that take long. Both end in
the same row, whose file is written before it and never changed after it.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Run, RunStep
from finance_mgmt.services import decisions, runs

from ..documents import annex, e_invoice, glyphs, stored, validation
from ..documents.pdf import as_pdf
from ..enums import DocumentForm
from ..models import CreditNote, Invoice, InvoiceDocument
from ..queries.sellers import first_seller

FOLDER = "invoices"
LARGE = 2_000  # charges: an invoice over more is better asked for by `request`
_ENDINGS = {
    DocumentForm.PDF: "pdf",
    DocumentForm.FACTURX: "pdf",
    DocumentForm.CII: "xml",
    DocumentForm.UBL: "xml",
    DocumentForm.CSV: "csv",
}
_OF_ALL_LANGUAGES = (DocumentForm.CII, DocumentForm.UBL, DocumentForm.CSV)

Tell = Callable[[int], None]


class DocumentRefused(FinanceError):
    """There is no such document of this invoice or credit note."""

    code = "document_refused"
    example = Reason(
        "I6", "no_seller", "Nobody said who sells.", {}, "the provider's finance staff"
    )


def render(
    *,
    invoice: Invoice,
    credit_note: CreditNote | None = None,
    form: str,
    language: str = "en",
    key: str,
    by: str,
    at: datetime,
) -> InvoiceDocument:
    """The file of an invoice, or of its credit note if given; made now if it was not before.

    CII, UBL and CSV are the same in all languages. Raises DocumentRefused, NotShowable for a
    character no font has, FaultyInvoice for a wrong e-invoice, KeyReused.
    """
    asked = _Asked(invoice, credit_note, form, language)
    return asked.made() or asked.keep(asked.make(_tell_nobody), key=key, by=by, at=at)


def request(
    *,
    invoice: Invoice,
    credit_note: CreditNote | None = None,
    form: str,
    language: str = "en",
    key: str,
    by: str,
    at: datetime,
) -> Run:
    """Have the workers make the file: a run whose step ends with the document's id as result.

    Asking again for the same file returns the first run. Raises DocumentRefused.
    """
    asked = _Asked(invoice, credit_note, form, language)
    return runs.open(
        kind="document",
        scopes=[asked.scope()],
        facts={"document": asked.file_name, "asked_by": key},
        total_units=0,
        key=f"document {asked.file_name} {asked.language}",
        by=by,
        at=at,
    )


def is_large(invoice: Invoice) -> bool:
    """Whether to use `request` rather than `render`."""
    return invoice.lines.count() > LARGE


def path_of(document: InvoiceDocument) -> Path:
    """Where the file lies. Raises FileNotFoundError if it was taken away."""
    path = Path(settings.MEDIA_ROOT) / document.stored_as
    return path.resolve(strict=True)


def make_step(step: RunStep, *, by: str, at: datetime) -> None:
    """Write the file of a run's step. May run again: the same content makes the same file."""
    asked = _Asked.of_scope(step.scope)
    if not asked.made():
        asked.make(lambda lines: runs.progress(step, lines))


def keep_step(step: RunStep, *, by: str, at: datetime) -> dict[str, Any]:
    """Keep the file that the step wrote. In a transaction."""
    asked = _Asked.of_scope(step.scope)
    document = asked.made()
    if document is None:
        key = f"document {step.run_id}/{step.number}"
        document = asked.keep(asked.partial(), key=key, by=by, at=at)
    return {"document": document.pk, "file": document.file_name}


def _tell_nobody(lines: int) -> None:
    pass


class _Asked:
    """One file that is wanted."""

    def __init__(
        self, invoice: Invoice, credit_note: CreditNote | None, form: str, language: str
    ) -> None:
        if credit_note and credit_note.invoice_id != invoice.pk:
            raise AssertionError("the credit note is of another invoice")
        self.invoice, self.credit_note = invoice, credit_note
        self.form = self._form(form)
        if language not in dict(settings.LANGUAGES):
            text = f"Documents are in {' or '.join(dict(settings.LANGUAGES))}."
            raise DocumentRefused(Reason("I6", "no_such_language", text, {"language": language}))
        self.language = "en" if self.form in _OF_ALL_LANGUAGES else language

    def _form(self, form: str) -> DocumentForm:
        if form not in DocumentForm.values:
            text = f"Documents are made as {', '.join(DocumentForm.values)}."
            raise DocumentRefused(Reason("I6", "no_such_form", text, {"form": form}))
        if self.credit_note and form == DocumentForm.CSV:
            text = "A credit note has no charges of its own; ask for those of its invoice."
            raise DocumentRefused(Reason("I6", "no_such_form", text, {"form": form}))
        if form != DocumentForm.CSV and not (self.invoice.seller_id or first_seller()):
            text = "Nobody has said who sells: documents can't name a seller."
            mend = "the provider's finance staff: set the seller (Invoices > Sellers)"
            raise DocumentRefused(Reason("I6", "no_seller", text, {}, mend))
        return DocumentForm(form)

    @classmethod
    def of_scope(cls, scope: dict[str, Any]) -> "_Asked":
        note = scope["credit_note"]
        return cls(
            Invoice.objects.get(pk=scope["invoice"]),
            note and CreditNote.objects.get(pk=note),
            scope["form"],
            scope["language"],
        )

    def scope(self) -> dict[str, Any]:
        return {
            "invoice": self.invoice.pk,
            "credit_note": self.credit_note and self.credit_note.pk,
            "form": self.form.value,
            "language": self.language,
        }

    @property
    def file_name(self) -> str:
        """Of the number and nothing that anybody typed."""
        number = (self.credit_note or self.invoice).number
        tongue = "" if self.form in _OF_ALL_LANGUAGES else f"-{self.language}"
        return f"{number}-{self.form.value}{tongue}.{_ENDINGS[self.form]}"

    def made(self) -> InvoiceDocument | None:
        return InvoiceDocument.objects.filter(
            invoice=self.invoice,
            credit_note=self.credit_note,
            form=self.form,
            language=self.language,
        ).first()

    def partial(self) -> Path:
        """Where the file is written before its row says that it is there."""
        return Path(settings.MEDIA_ROOT) / FOLDER / self.file_name

    def make(self, tell: Tell) -> Path:
        """Write the file, wholly or not at all."""
        path = self.partial()
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix="making-")
        try:
            with open(handle, "wb") as file:
                self._write(file, tell)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
        return path

    def _write(self, file: io.BufferedWriter, tell: Tell) -> None:
        if self.form == DocumentForm.CSV:
            text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
            annex.write(self.invoice, text, tell)
            text.detach()
            return
        note = self.credit_note
        content = stored.of_credit_note(note) if note else stored.of_invoice(self.invoice)
        glyphs.require_showable(content)
        if self.form == DocumentForm.PDF:
            file.write(as_pdf(content, self.language, tell=tell))
            return
        syntax = DocumentForm.UBL if self.form == DocumentForm.UBL else DocumentForm.CII
        xml = e_invoice.as_xml(content, syntax)
        tell(0)
        validation.require_valid(xml, syntax, waiting=lambda: tell(0))
        if self.form == DocumentForm.FACTURX:
            file.write(as_pdf(content, self.language, e_invoice=xml, tell=tell))
        else:
            file.write(xml)

    def keep(self, path: Path, *, key: str, by: str, at: datetime) -> InvoiceDocument:
        """Write down that the file exists; whoever was first counts."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        facts = self.scope() | {"sha256": digest}
        with transaction.atomic():
            decision, _ = decisions.record(
                verb="documents.render", facts=facts, key=key, by=by, at=at
            )
            InvoiceDocument.objects.bulk_create(
                [
                    InvoiceDocument(
                        **{name: getattr(self, name) for name in ("invoice", "credit_note")},
                        form=self.form,
                        language=self.language,
                        file_name=self.file_name,
                        stored_as=f"{FOLDER}/{self.file_name}",
                        sha256=digest,
                        size=path.stat().st_size,
                        made_at=at,
                        decision=decision,
                    )
                ],
                ignore_conflicts=True,
            )
            made = self.made()
        assert made is not None
        return made
