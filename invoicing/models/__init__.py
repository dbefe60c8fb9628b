"""Tables of the second floor."""

from .invoices import CreditNote, Invoice, InvoiceLine, Series
from .taxes import TaxRate
from .titles import InvoiceTitle

__all__ = ["CreditNote", "Invoice", "InvoiceLine", "InvoiceTitle", "Series", "TaxRate"]
