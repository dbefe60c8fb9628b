"""Which invoice a charge is on: what the floor below shows of it (settings.INVOICE_OF)."""

from collections.abc import Mapping

from billing.models import Charge

from .statements import invoice_of as found_invoice


def invoice_of(charge: Charge) -> Mapping[str, str] | None:
    """Number, title and status of the invoice of a charge; None: it is on none (I1)."""
    invoice = found_invoice(charge)
    if invoice is None:
        return None
    return {"number": invoice.number, "title": invoice.title, "status": str(invoice.status)}
