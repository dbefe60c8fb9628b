"""Forms of commands: fields that read amounts, accounts and instants as services want them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from ..models import Account, Relationship
from ..money import parse
from . import display


class CommandForm(forms.Form):
    """What is asked for, and the key that makes a second click the same command (F11)."""

    key = forms.CharField(widget=forms.HiddenInput(), max_length=100)

    def __init__(self, *arguments: Any, row: Any = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.row = row

    @property
    def asked(self) -> list[tuple[Any, Any]]:
        """Labels and values as a person reads them, for the step before the confirmation."""
        return [
            (field.label, _said(field, value, self._currency()))
            for field in self.visible_fields()
            if (value := self.cleaned_data.get(field.name)) not in (None, "", [], False)
            and not (isinstance(value, QuerySet) and not value)
        ]

    def _currency(self) -> str:
        """Of the account that it is about, where there is one."""
        about = (self.cleaned_data.get(name) for name in ("owner", "account"))
        found = next((one for one in (*about, self.row) if isinstance(one, Account)), None)
        return found.currency if found else ""


class AmountField(forms.Field):
    """An exact amount, written plainly: 1000.00. Without money it is a plain number."""

    def __init__(self, *, is_money: bool = True, **options: Any) -> None:
        self.is_money = is_money
        attributes = {"inputmode": "decimal", "autocomplete": "off", "class": "bo-input-amount"}
        options.setdefault("widget", UnfoldAdminTextInputWidget(attrs=attributes))
        super().__init__(**options)

    def to_python(self, value: Any) -> Decimal | None:
        """The amount; thousands may be set apart by commas."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return parse(_without_thousands(text))
        except ValueError as wrong:
            said = _("Give a plain amount such as 1000.00.")
            raise ValidationError(said, code="bad_amount") from wrong


class RowSelect(AutocompleteSelect):
    """A row found by typing. Django's asks the database for what was sent, even if it is no id."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """Only of ids."""
        return super().optgroups(name, [one for one in value if str(one).isdecimal()], attrs)


class AccountField(forms.ModelChoiceField):
    """An account, found by number or name."""

    def __init__(self, column: str, **options: Any) -> None:
        widget = RowSelect(Relationship._meta.get_field(column), admin.site)
        super().__init__(Account.objects.all(), widget=widget, **options)


class InstantField(forms.SplitDateTimeField):
    """An instant in the billing time zone; empty: now."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(widget=UnfoldAdminSplitDateTimeWidget(), **options)


class ReasonedForm(CommandForm):
    """An amount and why."""

    amount = AmountField(label=gettext_lazy("Amount"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Stands on the movement for good: a contract, a bank reference."),
        widget=UnfoldAdminTextInputWidget(),
    )


def _without_thousands(text: str) -> str:
    head, point, fraction = text.partition(".")
    first, *groups = head.split(",")
    if groups and (not 1 <= len(first.lstrip("-")) <= 3 or any(len(part) != 3 for part in groups)):
        raise ValueError(f"{text!r} has commas where no thousands are.")
    return f"{first}{''.join(groups)}{point}{fraction}"


def _said(field: forms.BoundField, value: Any, currency: str) -> Any:
    choices = dict(getattr(field.field, "choices", ())) if _has_choices(field.field) else {}
    if isinstance(value, list | QuerySet):
        return ", ".join(str(choices.get(one, one)) for one in value)
    if value is True:
        return _("Yes")
    if isinstance(value, Decimal):
        return _number(field.field, value, currency)
    if isinstance(value, datetime):
        return display.instant(value)
    return choices.get(value, value) if choices else value


def _number(field: forms.Field, value: Decimal, currency: str) -> Any:
    if getattr(field, "is_rate", False):
        return display.percent(value)
    is_money = getattr(field, "is_money", False) and currency
    return display.amount(value, currency) if is_money else display.quantity(value)


def _has_choices(field: forms.Field) -> bool:
    return isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField)
