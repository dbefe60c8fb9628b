"""Invoices, their corrections, and what was told to whom."""

from collections.abc import Iterator

from finance_mgmt.models import Notice
from invoicing.models import CreditNote, Invoice

from .view import Entry, View, money

OF_INVOICE = "invoice "  # how the key of an invoice with an id starts


def notices(view: View) -> Iterator[Entry]:
    """What was told, to whom, about whom (W4)."""
    for notice in Notice.objects.select_related("to", "about"):
        row = {
            "at": view.instant(notice.at),
            "to": notice.to.number,
            "about": notice.about.number,
            "kind": str(notice.kind),
            "threshold": None if notice.threshold is None else money(notice.threshold),
        }
        yield Entry(notice.at, notice.pk, row)


def invoices(view: View) -> Iterator[Entry]:
    """Legal documents, as issued; only the status moves on (I6)."""
    rows = Invoice.objects.select_related("issuer", "decision").prefetch_related("lines")
    for invoice in rows:
        lines = list(invoice.lines.all())
        key = invoice.decision.key
        row = {
            "number": invoice.number,
            "issuer": invoice.issuer.number,
            "title": invoice.title,
            "members": sorted({line.owner_number for line in lines}),
            "total": money(invoice.total),
            "tax": money(invoice.tax_amount),
            "status": str(invoice.status),
            "lines": len(lines),
            "id": key.removeprefix(OF_INVOICE) if key.startswith(OF_INVOICE) else None,
        }
        yield Entry(invoice.issued_at, invoice.pk, row)


def credit_notes(view: View) -> Iterator[Entry]:
    """Corrections of invoices, by the number of the invoice (I6)."""
    for note in CreditNote.objects.select_related("invoice"):
        row = {
            "number": note.number,
            "invoice": note.invoice.number,
            "total": money(note.total),
        }
        yield Entry(note.issued_at, note.pk, row)
