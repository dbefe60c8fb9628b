"""From the primitive arguments of stored commands back to rows and values."""

from datetime import datetime
from decimal import Decimal

from ..models import Account, Relationship
from ..money import parse


def account(number: str) -> Account:
    """The account with this number."""
    return Account.objects.get(number=number)


def relationship(pk: int) -> Relationship:
    """The relationship with this id."""
    return Relationship.objects.get(pk=pk)


def amount(text: str) -> Decimal:
    """An exact amount."""
    return parse(text)


def instant(text: str) -> datetime:
    """An aware instant in ISO 8601."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no offset.")
    return found
