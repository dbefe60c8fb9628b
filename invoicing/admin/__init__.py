"""The back office's pages about invoices, their titles, corrections and taxes."""

from . import credit_notes, invoices, sellers, taxes, titles

__all__ = ["credit_notes", "invoices", "sellers", "taxes", "titles"]
