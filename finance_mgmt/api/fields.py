"""Values as they come in and go out: exact amounts as texts, instants with an offset, numbers."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ..models import Account
from ..money import minor_places, parse, plain
from ..queries import access

AMOUNT = {"type": "string", "pattern": r"^-?[0-9]{1,20}(\.[0-9]{1,18})?$", "examples": ["100.00"]}
NUMBER = r"^[^/\s]{1,100}$"  # numbers and codes stand in addresses
FIRST_YEAR, LAST_YEAR = 2000, 2199
MOST_ID = 2**63 - 1


@extend_schema_field(AMOUNT)
class Amount(serializers.Field):
    """An exact decimal. Comes as a text or as a JSON number, goes out as a text.

    `currency_of` names the column of the row with the currency: amounts of money are shown with
    its decimals. Without it every digit is shown and no more.
    """

    default_error_messages = {
        "not_an_amount": _(
            "Give a plain number such as 100.00, at most 20 digits and 18 decimals."
        ),
    }

    def __init__(self, *, currency_of: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.currency_of = currency_of

    def to_internal_value(self, data: Any) -> Decimal:
        """The amount. Nothing is rounded: too many digits are refused."""
        if isinstance(data, bool) or not isinstance(data, str | int | Decimal):
            self.fail("not_an_amount")
        text = str(data)
        try:
            return parse(text) if len(text) <= 60 else self.fail("not_an_amount")
        except ValueError:
            self.fail("not_an_amount")

    def get_attribute(self, instance: Any) -> Any:
        """The amount with the decimals its currency has."""
        found = super().get_attribute(instance)
        if found is None or not self.currency_of:
            return found
        amount = Decimal(found)  # a column's default is an int until it is read back
        currency = instance
        for step in self.currency_of.split("."):
            currency = getattr(currency, step)
        return (amount, minor_places(currency))

    def to_representation(self, value: Any) -> str:
        """Its digits, without an exponent."""
        return plain(*value) if isinstance(value, tuple) else plain(Decimal(value))


def money(currency_of: str = "currency", **options: Any) -> Amount:
    """An amount of money that goes out with its currency's decimals."""
    return Amount(currency_of=currency_of, read_only=True, **options)


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.Field):
    """An instant in ISO 8601 with an offset; goes out in UTC."""

    default_error_messages = {
        "not_an_instant": _("Give an instant with an offset, such as 2024-05-10T14:20:30+08:00."),
    }

    def to_internal_value(self, data: Any) -> datetime:
        """The instant. One without an offset is refused: nobody knows when it is."""
        try:
            instant = datetime.fromisoformat(data)
        except (TypeError, ValueError):
            self.fail("not_an_instant")
        if instant.tzinfo is None or not FIRST_YEAR < instant.year < LAST_YEAR:
            self.fail("not_an_instant")
        return instant.astimezone(UTC)

    def to_representation(self, value: datetime) -> str:
        """ISO 8601 in UTC."""
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@extend_schema_field({"type": "string", "examples": ["ACME-1"]})
class AccountNumber(serializers.Field):
    """An account by its number. Of other accounts the actor may name those it is linked to.

    `may_be_any`: any account there is, for whoever proposes a relationship.
    """

    default_error_messages = {"unknown": _("There is no such account.")}

    def __init__(self, *, may_be_any: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.may_be_any = may_be_any

    def to_internal_value(self, data: Any) -> Account:
        """The account, if the actor may name it."""
        if not isinstance(data, str) or "\0" in data:
            self.fail("unknown")
        actor = self.context["request"].actor
        rows = Account.objects.all() if self.may_be_any else access.accounts(actor)
        if not (account := rows.filter(number=data).first()):
            self.fail("unknown")
        return account

    def to_representation(self, value: Account) -> str:
        """Its number."""
        return value.number


class Acting(AccountNumber):
    """The account for which it is done: the actor's own. Staff name it."""

    default_error_messages = {
        "not_yours": _("You act for another account. Leave this out."),
        "needed": _("Name the account."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def to_internal_value(self, data: Any) -> Account:
        """The actor's own account, whatever a user of it says; any account for staff."""
        account = super().to_internal_value(data)
        own = self.context["request"].actor.account
        if own is not None and own != account:
            self.fail("not_yours")
        return account

    def get_default(self) -> Account:
        """The account of the actor."""
        if (own := self.context["request"].actor.account) is None:
            self.fail("needed")
        return own


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MOST_ID})
class RowId(serializers.Field):
    """A row by its id, among those that there are for the actor."""

    default_error_messages = {"unknown": _("There is no such row.")}

    def __init__(self, rows: Callable[[access.Actor], QuerySet[Any]], **options: Any) -> None:
        super().__init__(**options)
        self.rows = rows

    def to_internal_value(self, data: Any) -> Any:
        """The row."""
        if isinstance(data, bool) or not isinstance(data, int) or not 0 < data <= MOST_ID:
            self.fail("unknown")
        found = self.rows(self.context["request"].actor).filter(pk=data).first()
        return found or self.fail("unknown")

    def to_representation(self, value: Any) -> int:
        """Its id."""
        pk: int = value.pk
        return pk


class Coded(serializers.SlugRelatedField):
    """A row by its code."""

    def __init__(self, slug_field: str = "code", **options: Any) -> None:
        super().__init__(slug_field=slug_field, **options)

    def to_internal_value(self, data: Any) -> Any:
        """The row. A code is a text and nothing else."""
        if not isinstance(data, str) or "\0" in data:
            self.fail("invalid")
        return super().to_internal_value(data)


def number_of(**options: Any) -> serializers.SlugRelatedField:
    """An account in an answer, by its number."""
    return serializers.SlugRelatedField(slug_field="number", read_only=True, **options)


def code_of(**options: Any) -> serializers.SlugRelatedField:
    """A row in an answer, by its code."""
    return serializers.SlugRelatedField(slug_field="code", read_only=True, **options)
