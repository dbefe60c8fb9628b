"""Invoices and credit notes (I)."""

from finance_mgmt.errors import Reason
from invoicing.models import Invoice
from invoicing.services import credit_notes, invoices

from ..files import Event
from ..world import NotThere, World
from .registry import verb


@verb("invoice")
def invoice(world: World, event: Event) -> object:
    """An invoice over one month. Its `id` is the idempotency key (F11)."""
    said = world.said(event)
    if event["id"]:
        said["key"] = f"invoice {event['id']}"
    return invoices.issue(
        issuer=world.account(event["issuer"]),
        month=event["month"],
        owners=world.accounts(event["members"] or ()),
        **said,
    )


@verb("credit_note")
def credit_note(world: World, event: Event) -> object:
    """Its correction, wholly or by an amount (I6)."""
    name = event["invoice"]
    found = Invoice.objects.filter(decision__key=f"invoice {name}").first()
    if found is None:
        text = f"There is no invoice {name}: the event that should have issued it was refused."
        raise NotThere(Reason("I6", "no_such_invoice", text, {"invoice": name}))
    return credit_notes.issue(invoice=found, amount=event["amount"], **world.said(event))
