"""What came of a scenario: the object of the contract."""

from typing import Any

from ..contract import LISTS
from . import bills, charges, documents, funds, links, orders, told
from .checks import wrong
from .view import Entry, List, View

__all__ = ["Entry", "View", "entries", "gather", "wrong"]

_MAKERS: dict[str, List] = {
    "refusals": told.refusals,
    "relationships": links.relationships,
    "charges": charges.charges,
    "coverage": charges.coverage,
    "orders": orders.orders,
    "bills": bills.bills,
    "settlements": bills.settlements,
    "funds": funds.funds,
    "movements": funds.movements,
    "vouchers": funds.vouchers,
    "resources": orders.resources,
    "notices": documents.notices,
    "invoices": documents.invoices,
    "credit_notes": documents.credit_notes,
    "previews": told.previews,
}


def entries(view: View, name: str) -> list[Entry]:
    """The rows of one list, ordered by time, then id."""
    return sorted(_MAKERS[name](view), key=lambda entry: (entry.at, entry.pk))


def gather(view: View) -> dict[str, Any]:
    """All lists, each with its rows in order, and the checks."""
    found: dict[str, Any] = {name: [entry.row for entry in entries(view, name)] for name in LISTS}
    found["checks"] = {name: not sentences for name, sentences in wrong().items()}
    return found
