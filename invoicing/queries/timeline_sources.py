"""What of this floor stands on an account's timeline (finance_mgmt.queries.timeline_sources).

An invoice stands on that of who issued it and on that of whose title it carries: those are the
accounts that may see it (I3, Z5). Members whose charges their master pays see none of it (B4).
"""

from django.utils.translation import gettext_lazy as _

from finance_mgmt.queries.timeline_sources import Source

from ..enums import InvoiceStatus

_OF_WHOM = """
JOIN finance_mgmt_account issuer ON issuer.id = invoice.issuer_id
JOIN finance_mgmt_account payer ON payer.id = invoice.title_of_id
WHERE invoice.issuer_id = %(account)s OR invoice.title_of_id = %(account)s
"""
_OTHER = """
    CASE WHEN invoice.issuer_id = %(account)s THEN nullif(payer.number, issuer.number)
        ELSE issuer.number END::text AS other
"""

_INVOICES = f"""
SELECT invoice.issued_at AS at, invoice.id, invoice.status::text AS what, invoice.total AS amount,
    invoice.currency::text AS currency, {_OTHER}, decision.by::text AS by, invoice.decision_id
FROM invoicing_invoice invoice
JOIN finance_mgmt_decision decision ON decision.id = invoice.decision_id
{_OF_WHOM}
"""

_CREDIT_NOTES = f"""
SELECT note.issued_at AS at, note.id, ''::text AS what, -note.total AS amount,
    invoice.currency::text AS currency, {_OTHER}, decision.by::text AS by, note.decision_id
FROM invoicing_creditnote note
JOIN invoicing_invoice invoice ON invoice.id = note.invoice_id
JOIN finance_mgmt_decision decision ON decision.id = note.decision_id
{_OF_WHOM}
"""

SOURCES = [
    Source(
        "invoice",
        _("invoice issued"),
        "invoicing.invoice",
        InvoiceStatus,
        "receipt_long",
        "good",
        _INVOICES,
    ),
    Source(
        "corrected",
        _("credit note issued"),
        "invoicing.creditnote",
        None,
        "assignment_return",
        "warn",
        _CREDIT_NOTES,
    ),
]
