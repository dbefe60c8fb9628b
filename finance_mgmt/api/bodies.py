"""What may be sent: every field is named; one that is not known is refused, never ignored."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from ..models import Account
from .fields import Acting, Amount
from .problems import Malformed
from .unknown import named


class Body(serializers.Serializer):
    """The fields of one command."""

    def to_internal_value(self, data: Any) -> Any:
        """The values, after a look at what else was sent."""
        if isinstance(data, Mapping):
            if unknown := {str(name) for name in data if name not in self.fields}:
                text = f"Unknown fields: {named(unknown, self.fields)}."
                raise Malformed(text, code="unknown_field")
        elif data is not None:
            raise Malformed("The body is no JSON object.", code="not_an_object")
        return super().to_internal_value(data or {})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The values, with the acting account where none was named."""
        values = super().run_validation(data)
        for name, field in self.fields.items():
            if isinstance(field, Acting) and name not in values:
                try:
                    values[name] = field.get_default()
                except serializers.ValidationError as error:
                    raise serializers.ValidationError({name: error.detail}) from None
        return values


class Nothing(Body):
    """A command without fields."""


def currency_code(**options: Any) -> serializers.RegexField:
    """Three capital letters: that of the account, as a check."""
    text = "That of the account: a check."
    return serializers.RegexField(r"^[A-Z]{3}$", help_text=text, **options)


def reason() -> serializers.CharField:
    """A sentence for the books."""
    return serializers.CharField(max_length=200, required=False, allow_blank=True)


def same_currency(currency: str, account: Account) -> None:
    """Raise ValidationError where the account has another currency."""
    if account.currency != currency:
        text = f"{account.number} is in {account.currency}."
        raise serializers.ValidationError({"currency": [text]}, code="currency_differs")


class MoneyBody(Body):
    """An amount in the currency of the accounts it concerns, and a reason for the books."""

    amount = Amount(help_text="Above 0, with no more decimals than the currency has.")
    currency = currency_code()
    reason = reason()

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The values, all in one currency."""
        values = super().run_validation(data)
        currency = values.pop("currency")
        for value in values.values():
            if isinstance(value, Account):
                same_currency(currency, value)
        return values
