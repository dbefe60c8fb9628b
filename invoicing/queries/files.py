"""Which files of an invoice or credit note were made."""

from django.db.models import QuerySet

from ..enums import DocumentForm
from ..models import CreditNote, Invoice, InvoiceDocument


def made(
    invoice: Invoice, note: CreditNote | None, form: DocumentForm, language: str
) -> InvoiceDocument | None:
    """The file, if it was made. Structured forms have no language: they are kept as English."""
    one_for_all = (DocumentForm.CII, DocumentForm.UBL, DocumentForm.CSV)
    kept = "en" if form in one_for_all else language
    return files(invoice, note).filter(form=form, language=kept).first()


def files(invoice: Invoice, note: CreditNote | None) -> QuerySet[InvoiceDocument]:
    """All files of an invoice, or of its credit note."""
    return InvoiceDocument.objects.filter(invoice=invoice, credit_note=note)
