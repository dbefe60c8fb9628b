"""What the search over everything finds on this floor (settings.SEARCHES)."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.finding import starts
from finance_mgmt.admin.search import MOST_EACH, Found, said
from finance_mgmt.money import plain

from ..models import CreditNote, Invoice


def invoices(request: HttpRequest, term: str) -> Iterable[Found]:
    """By the start of their number."""
    if not request.user.has_perm("invoicing.view_invoice"):
        return
    for row in Invoice.objects.filter(starts("number", term)).order_by("number")[:MOST_EACH]:
        total = f"{plain(row.total, 2)} {row.currency}"
        yield Found(
            row.number,
            said(_("Invoice"), row.title, total, row.get_status_display()),
            display.page_of(Invoice, row.pk),
            "receipt_long",
            row.number == term,
        )


def credit_notes(request: HttpRequest, term: str) -> Iterable[Found]:
    """By the start of their number."""
    if not request.user.has_perm("invoicing.view_creditnote"):
        return
    rows = CreditNote.objects.filter(starts("number", term)).select_related("invoice")
    for row in rows.order_by("number")[:MOST_EACH]:
        yield Found(
            row.number,
            said(_("Credit note"), row.invoice.number, row.invoice.title),
            display.page_of(CreditNote, row.pk),
            "assignment_return",
            row.number == term,
        )
