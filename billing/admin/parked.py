"""Imported rows; those that are parked wait here for somebody to decide."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)

from finance_mgmt.admin import display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Fact, Facts, Link, Panel, Table

from ..enums import RowStatus
from ..models import ImportedRow, UsageImport
from . import lookup, resolving
from .parked_reasons import REASONS, reason

STATUS_TONES = {
    RowStatus.STORED: "good",
    RowStatus.PARKED: "warn",
    RowStatus.RESOLVED: "good",
}
SHOWN_ON_IMPORT = 25


def parked_count(limit: int) -> int:
    """How many rows wait for somebody, counted up to a limit: the sidebar's badge."""
    return ImportedRow.objects.filter(status=RowStatus.PARKED).order_by()[:limit].count()


class ReasonFilter(DropdownFilter):
    """Why a row is parked."""

    title = gettext_lazy("parked because")
    parameter_name = "because"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """All known reasons."""
        return [(code, known.title) for code, known in REASONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """That reason only."""
        return queryset.filter(parked_because=self.value()) if self.value() else queryset


@admin.register(ImportedRow)
class ImportedRowAdmin(ReadOnlyAdmin):
    """Every row of every stored file, as it came."""

    when_empty = gettext_lazy(
        "Rows of imported files stand here as they came; those that fit no account are "
        "parked, never lost."
    )
    first_step = (
        gettext_lazy("Import a file"),
        "admin:billing_usageimport_upload",
        "billing.add_usageimport",
    )
    is_large = True
    list_display = ("row", "status_badge", "because", "advice", "source", "key")
    list_select_related = ("usage_import", "source")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ReasonFilter,
        ("source", RelatedDropdownFilter),
    )
    search_fields = ("=key",)
    search_help_text = gettext_lazy("Whole record key")
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By what an index serves."""
        term = search_term.strip()
        return (queryset.filter(lookup.with_key(term)) if term else queryset), False

    @admin.display(description=gettext_lazy("row"), ordering="id")
    def row(self, row: ImportedRow) -> Any:
        """File and row number."""
        return format_html("{} · {}", row.usage_import.file_name, row.row_number)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_badge(self, row: ImportedRow) -> Any:
        """What became of it."""
        return display.state_badge(row, "status", STATUS_TONES)

    @admin.display(description=gettext_lazy("parked because"))
    def because(self, row: ImportedRow) -> Any:
        """In plain words."""
        return reason(row.parked_because).title if row.parked_because else display.NOTHING

    @admin.display(description=gettext_lazy("what to do"))
    def advice(self, row: ImportedRow) -> Any:
        """For rows that wait."""
        is_parked = row.status == RowStatus.PARKED
        return (
            format_html('<span class="bo-advice">{}</span>', reason(row.parked_because).advice)
            if is_parked
            else display.NOTHING
        )

    def own_urls(self) -> list[URLPattern]:
        """The form that resolves a parked row."""
        return [self.own_url("<int:pk>/resolve/", self.resolve_view, "billing_importedrow_resolve")]

    def resolve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for what is missing, then store the row as usage."""
        if not request.user.has_perm("billing.change_importedrow"):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if row.status != RowStatus.PARKED:
            messages.info(request, _("This row is not parked any more."))
            return redirect(display.page_of(ImportedRow, pk))
        form = resolving.ResolveForm(
            request.POST or None,
            row=row,
            admin_site=self.admin_site,
            initial={"key": f"resolve {uuid.uuid4()}"},
        )
        if request.method == "POST" and form.is_valid() and resolving.resolve(request, row, form):
            messages.success(request, _("The row is stored. It is charged with its cycle."))
            return redirect(display.page_of(ImportedRow, pk))
        context = {
            "heading": _("Resolve a parked row"),
            "form": form,
            "reason": reason(row.parked_because),
            "panels": [_content(row)],
            "back": display.page_of(ImportedRow, pk),
        }
        return self.page(request, row, context, "admin/resolve.html")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what names the row."""
        return super().get_queryset(request).select_related("usage_import", "source", "record")

    def badges(self, row: ImportedRow) -> Sequence[Any]:
        """What became of it."""
        return [display.state_badge(row, "status", STATUS_TONES)]

    def commands(self, request: HttpRequest, row: ImportedRow) -> Sequence[Command]:
        """Resolving, where a person can."""
        can = request.user.has_perm("billing.change_importedrow")
        if row.status != RowStatus.PARKED or not can:
            return []
        if not reason(row.parked_because).can_resolve:
            return []
        url = reverse("admin:billing_importedrow_resolve", args=[row.pk])
        return [Command(_("Resolve"), url, "task_alt", is_primary=True)]

    def panels(self, request: HttpRequest, row: ImportedRow) -> Sequence[Panel]:
        """Where it stands, and what it says."""
        return [_standing(row), _content(row)]


def _standing(row: ImportedRow) -> Panel:
    because = reason(row.parked_because)
    facts = [
        Fact(_("import"), display.link(row.usage_import)),
        Fact(_("row"), row.row_number),
        Fact(_("usage source"), display.link(row.source)),
        Fact(_("record key"), row.key, rule="B2"),
        Fact(_("usage record"), display.link(row.record)),
    ]
    if row.parked_because:
        facts.insert(0, Fact(_("parked because"), because.title, because.advice))
    return Facts(title=_("Row"), facts=facts)


def _content(row: ImportedRow) -> Panel:
    return Table(
        title=_("As it came"),
        columns=[Column(_("column")), Column(_("value"))],
        rows=[
            [name, display.NOTHING if value in (None, "") else value]
            for name, value in row.content.items()
        ],
    )


def waiting_panel(request: HttpRequest, usage_import: UsageImport) -> list[Panel]:
    """The parked rows of one import, with the way out of each."""
    waiting = usage_import.rows.filter(status=RowStatus.PARKED).order_by("row_number")
    rows = list(waiting[: SHOWN_ON_IMPORT + 1])
    if not rows:
        return []
    url = display.list_of(
        ImportedRow, usage_import__id__exact=usage_import.pk, status__exact=RowStatus.PARKED
    )
    return [
        Table(
            title=_("Parked rows"),
            note=_("Kept, not billed until somebody decides."),
            anchor="parked",
            columns=[
                Column(_("row"), True),
                Column(_("parked because")),
                Column(_("what to do")),
                Column(_("record key")),
                Column(""),
            ],
            rows=[_waiting_cells(request, row) for row in rows[:SHOWN_ON_IMPORT]],
            more=Link(_("All parked rows"), url) if len(rows) > SHOWN_ON_IMPORT else None,
        )
    ]


def _waiting_cells(request: HttpRequest, row: ImportedRow) -> list[Any]:
    because = reason(row.parked_because)
    button: Any = ""
    if because.can_resolve and request.user.has_perm("billing.change_importedrow"):
        url = reverse("admin:billing_importedrow_resolve", args=[row.pk])
        button = format_html('<a class="bo-button is-small" href="{}">{}</a>', url, _("Resolve"))
    return [row.row_number, because.title, because.advice, display.link(row, row.key), button]
