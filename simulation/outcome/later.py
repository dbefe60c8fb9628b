"""Lists whose tables do not exist yet."""

from .view import Entry, View


def notices(view: View) -> list[Entry]:
    """Warnings sent (W4)."""
    return []


def invoices(view: View) -> list[Entry]:
    """Legal documents (I6)."""
    return []


def credit_notes(view: View) -> list[Entry]:
    """Their corrections (I6)."""
    return []
