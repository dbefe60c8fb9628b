"""How values stand in the FOCUS files that we write."""

from datetime import UTC, datetime
from decimal import Decimal

from finance_mgmt.models import Account
from finance_mgmt.money import plain


def decimal(amount: Decimal) -> str:
    """With a point, always: readers that guess types take "1" for a whole number."""
    return plain(amount, 1)


def time(instant: datetime) -> str:
    """In UTC, to the second: "2024-05-10T06:20:30Z"."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def account_id(number: str) -> str:
    """An account by its number; readers would take one of digits only for a number."""
    return f"acct-{number}" if number.isdigit() else number


def number_of(account_id: int) -> str:
    """The number of an account."""
    return Account.objects.values_list("number", flat=True).get(pk=account_id)
