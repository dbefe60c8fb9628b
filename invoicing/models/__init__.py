"""Tables of the second floor."""

from .documents import InvoiceDocument
from .invoices import CreditNote, CreditNoteLine, Invoice, InvoiceLine, Series
from .parties import SellerProfile
from .taxes import TaxRate
from .titles import InvoiceTitle

__all__ = [
    "CreditNote",
    "CreditNoteLine",
    "Invoice",
    "InvoiceDocument",
    "InvoiceLine",
    "InvoiceTitle",
    "SellerProfile",
    "Series",
    "TaxRate",
]
