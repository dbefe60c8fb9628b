"""Looking at what would be issued before a number is drawn: can its documents be made? (I6)"""

from ..documents import e_invoice, glyphs, validation
from ..documents.content import InvoiceContent
from ..enums import DocumentForm
from ..models import Invoice
from ..rules.tax_numbers import EU


def asks_e_invoice(invoice: Invoice) -> bool:
    """Whether the invoice must exist as an EN 16931 e-invoice: the seller says so, for the EU."""
    return bool(invoice.seller and invoice.seller.asks_e_invoice and invoice.country in EU)


def check(content: InvoiceContent, *, asks_e_invoice: bool) -> None:
    """Raises NotShowable for a character that no font has, FaultyInvoice for a wrong e-invoice."""
    glyphs.require_showable(content)
    if asks_e_invoice:
        xml = e_invoice.as_xml(content, DocumentForm.CII)
        validation.require_valid(xml, DocumentForm.CII)
