"""What all our admin classes share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from ..errors import FinanceError
from ..models import Decision
from . import display
from .lists import ListTools
from .paging import LargeTablePaginator
from .panels import Fact, Facts, Panel
from .wording import sentence


@dataclass(frozen=True)
class Command:
    """A button on a page: a link where `is_post` is false, else a form that posts."""

    label: Any
    url: str
    icon: str
    is_post: bool = False
    is_primary: bool = False
    is_page: bool = False  # it only shows: it stands apart from what changes something


class FilledChangeList(ChangeList):
    """A list that lets its admin read, once for all rows of a page, what their columns show."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, then fill it."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        if not (self.get_filters_params() or self.query):
            self.full_result_count = self.result_count  # nothing is left out: no "show all"
        self.model_admin.fill(self.result_list)


class ReadOnlyAdmin(ListTools, ModelAdmin):
    """Rows that are looked at, never edited here: no add, change, delete, nor bulk action.

    `panels` says what the page of a row shows; by default, all its columns.
    """

    actions = None
    list_per_page = 50
    is_large = False
    detail_template = "admin/detail.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        """A list with `fill`."""
        return FilledChangeList

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *more: Any, **options: Any
    ) -> Any:
        """Estimating, for large tables."""
        if self.is_large:
            return LargeTablePaginator(queryset, per_page)
        return super().get_paginator(request, queryset, per_page, *more, **options)

    def fill(self, rows: list[Any]) -> None:
        """Attach to the rows of one page what their columns need, in few queries."""

    def get_urls(self) -> list[URLPattern]:
        """Own pages first: the last pattern of Django's takes everything."""
        return [*self.own_urls(), *super().get_urls()]

    def own_urls(self) -> list[URLPattern]:
        """Addresses besides the list and the page."""
        return []

    def own_url(self, route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
        """One of them, for staff only. The view checks its permission itself."""
        return path(route, self.admin_site.admin_view(view), name=name)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, under its plain name."""
        context = {"title": self.opts.verbose_name_plural, **self.list_context(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """What templates/admin/list.html shows besides the rows: buttons, a strip of months."""
        if not self.date_hierarchy:
            return {}
        return {"date_label": self.opts.get_field(self.date_hierarchy).verbose_name}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one row. Reads only."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self.page(
            request,
            row,
            {
                "heading": self.heading(row),
                "badges": self.badges(row),
                "commands": self.commands(request, row),
                "panels": self.panels(request, row),
                **(extra_context or {}),
            },
        )

    def page(
        self, request: HttpRequest, row: Model | None, context: dict[str, Any], template: str = ""
    ) -> TemplateResponse:
        """A page within the admin's frame."""
        request.current_app = self.admin_site.name
        frame = self.admin_site.each_context(request)
        names = {"opts": self.opts, "original": row, "title": self.opts.verbose_name_plural}
        if row is not None:
            row.called = names["title"] = self.called(row)
        media = self.media + context["form"].media if "form" in context else self.media
        return TemplateResponse(
            request, template or self.detail_template, frame | names | {"media": media} | context
        )

    def called(self, row: Any) -> Any:
        """What names the row above its page and in the browser's tab."""
        return row

    def heading(self, row: Any) -> Any:
        """What the page is about, in large letters."""
        return row

    def badges(self, row: Any) -> Sequence[Any]:
        """The states of the row."""
        return ()

    def commands(self, request: HttpRequest, row: Any) -> Sequence[Command]:
        """What can be done with it."""
        return ()

    def panels(self, request: HttpRequest, row: Any) -> Sequence[Panel]:
        """The parts of the page."""
        names = [field for field in self.opts.fields if field.name not in self.hidden_fields]
        facts = [Fact(_(str(field.verbose_name)), shown(row, field)) for field in names]
        return [Facts(facts=facts)]


class MasterDataAdmin(ListTools, ModelAdmin):
    """Rows that staff may name and add, never remove: money points at them."""

    actions = None
    list_per_page = 50
    compressed_fields = True
    warn_unsaved_form = True

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, under its plain name."""
        context = {"title": self.opts.verbose_name_plural, **(extra_context or {})}
        return super().changelist_view(request, context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


def shown(row: Model, field: models.Field) -> Any:
    """Any column of a row, as people read it."""
    value = getattr(row, field.name)
    if field.choices:
        return getattr(row, f"get_{field.name}_display")() or display.NOTHING
    if isinstance(value, Decision):
        return display.decision(value)
    if isinstance(field, models.ForeignKey):
        return display.link(value)
    return shown_value(value, getattr(row, "currency", ""))


def shown_value(value: Any, currency: str = "") -> Any:
    """Any value, by its kind."""
    by_kind: dict[type, Callable[[Any], Any]] = {
        bool: lambda known: _("Yes") if known else _("No"),
        Decimal: lambda known: display.amount(known, currency),
        datetime: display.instant,
        date: display.day,
        dict: display.facts,
    }
    if value in (None, ""):
        return display.NOTHING
    return by_kind.get(type(value), lambda known: known)(value)


def show_refusal(form: forms.Form, refusal: FinanceError) -> None:
    """Put a refusal into a form: every reason, its rule, and who can mend it how (L12)."""
    for reason in refusal.reasons:
        text = f"{sentence(reason.message)} {sentence(reason.mend)}".strip()
        form.add_error(
            None, _("%(sentence)s (rule %(rule)s)") % {"sentence": text, "rule": reason.rule}
        )
