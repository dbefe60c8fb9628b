"""Commands that make a row: their button stands above the list, their fields find other rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ..services.previews import Preview
from . import display
from .base import Command, ReadOnlyAdmin
from .command_forms import RowSelect
from .command_pages import CommandPage
from .panels import Fact, Facts, Panel


class NewRow(CommandPage):
    """A row more in a list. Subclasses say what will hold because of it, each with its rule."""

    model: ClassVar[type[Model]]  # whose list it is
    icon: ClassVar[str] = "add"
    is_primary: ClassVar[bool] = True

    def heading(self, row: Any) -> Any:
        """What the page is about."""
        return self.label

    def initial(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Rows that the address names, such as ?owner=7."""
        fields = self.form_class.base_fields
        return {
            name: value
            for name, value in request.GET.items()
            if name in fields and value.isdecimal()
        }

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """What was filled in; what was left empty is the service's to say."""
        return {
            name: value
            for name, value in given.items()
            if name != "key" and value not in (None, "")
        }

    def parties(self, row: Any, given: dict[str, Any]) -> tuple[int, ...]:
        """Nobody's terms or figures change."""
        return ()

    def effects(self, given: dict[str, Any]) -> Sequence[tuple[Any, Any, str]]:
        """What holds from now on: what about, how, by which rule."""
        raise NotImplementedError

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """What holds from now on."""
        facts = [Fact(label, said, rule=rule) for label, said, rule in self.effects(given)]
        return [Facts(facts=facts)]

    def back(self, row: Any) -> str:
        """The list."""
        return display.list_of(self.model)

    def after(self, row: Any, result: Model) -> str:
        """The page of what was made."""
        return display.page_of(type(result), result.pk)


class CodeField(forms.RegexField):
    """A name that stands in addresses: no spaces, no slashes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            r"^[^/\s]{1,100}$",
            widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
            error_messages={"invalid": gettext_lazy("Up to 100 characters, no spaces or slashes.")},
            **options,
        )


class TextField(forms.CharField):
    """A short text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(), **options)


class ChoiceField(forms.ChoiceField):
    """One of a few."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=UnfoldAdminSelectWidget(), **options)


class RowField(forms.ModelChoiceField):
    """A row, found by typing; `model` and `column` name a foreign key to its table."""

    def __init__(self, model: type[Model], column: str, **options: Any) -> None:
        relation = model._meta.get_field(column)
        queryset = relation.related_model._default_manager.all()
        super().__init__(queryset, widget=RowSelect(relation, admin.site), **options)


class RowsSelect(AutocompleteSelectMultiple):
    """Rows found by typing. Django's asks the database for what was sent, even if it is no id."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        """Only of ids."""
        return super().optgroups(name, [one for one in value if str(one).isdecimal()], attrs)


class RowsField(forms.ModelMultipleChoiceField):
    """Some rows, found by typing."""

    def __init__(self, model: type[Model], column: str, **options: Any) -> None:
        relation = model._meta.get_field(column)
        queryset = relation.related_model._default_manager.all()
        options.setdefault("required", False)
        super().__init__(queryset, widget=RowsSelect(relation, admin.site), **options)


class PercentField(forms.Field):
    """A rate as people say it: 6 is six percent."""

    is_rate = True

    def __init__(self, **options: Any) -> None:
        attributes = {"inputmode": "decimal", "autocomplete": "off", "class": "bo-input-amount"}
        super().__init__(widget=UnfoldAdminTextInputWidget(attrs=attributes), **options)

    def to_python(self, value: Any) -> Decimal | None:
        """The fraction."""
        text = str(value or "").strip().rstrip("%").strip()
        if not text:
            return None
        try:
            found = Decimal(text)
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or "e" in text.lower():
            raise ValidationError(_("Give percents such as 6 or 6.5."), code="bad_rate")
        return found / 100


def urls(model_admin: ReadOnlyAdmin, pages: Iterable[NewRow]) -> list[URLPattern]:
    """The addresses of what makes rows of the list."""
    return [
        model_admin.own_url(f"new/{page.name}/", _view(model_admin, page), _address(page))
        for page in pages
    ]


def _view(model_admin: ReadOnlyAdmin, page: NewRow) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        if not model_admin.has_view_permission(request):
            raise PermissionDenied
        return page.answer(request, model_admin, None)

    return view


def buttons(request: HttpRequest, pages: Iterable[NewRow]) -> list[Command]:
    """Those that this person may press."""
    return [
        Command(page.label, url(page), page.icon, is_primary=page.is_primary)
        for page in pages
        if page.may(request, None)
    ]


def url(page: NewRow) -> str:
    """Its address."""
    return reverse(f"admin:{_address(page)}")


def _address(page: NewRow) -> str:
    return f"{page.model._meta.app_label}_{page.model._meta.model_name}_{page.name}"
