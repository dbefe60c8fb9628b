"""Commitments: prepaid cover, whose it is, who shares it, and what it covered (K1-K3)."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from finance_mgmt.admin import columns, command_pages, display, new_rows
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table, paged

from ..models import Commitment, Coverage
from . import commitment_commands


@admin.register(Commitment)
class CommitmentAdmin(ReadOnlyAdmin):
    """All commitments."""

    when_empty = gettext_lazy(
        "Nothing is paid in advance to cover usage. Add a commitment here, or through the API."
    )
    first_step = (
        gettext_lazy("Add a commitment"),
        "admin:billing_commitment_new",
        "finance_mgmt.add_commitment",
    )
    list_display = (
        "code",
        "owner_account",
        "kind",
        "product",
        "shared",
        "from_instant",
        "expiry_instant",
    )
    list_select_related = ("owner", "product")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        "is_shared",
        ("owner", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    search_fields = ("code", "owner__number", "owner__name")
    search_help_text = gettext_lazy("Code or owner")
    ordering = ("-id",)

    owner_account = columns.account("owner", gettext_lazy("owner"))
    from_instant = columns.instant("starts_at", gettext_lazy("starts at"))
    expiry_instant = columns.instant("expires_at", gettext_lazy("expires at"))

    @admin.display(description=gettext_lazy("shared"), ordering="is_shared")
    def shared(self, row: Commitment) -> Any:
        """Whether members in trusteeship are covered, too (K2)."""
        return display.badge(_("shared"), "busy") if row.is_shared else display.NOTHING

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the owner."""
        return super().get_queryset(request).select_related("owner", "product", "decision")

    def own_urls(self) -> list[URLPattern]:
        """Adding one, and sharing one."""
        adding = new_rows.urls(self, commitment_commands.OF_LIST)
        return adding + command_pages.urls(self, commitment_commands.OF_COMMITMENT)

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button that adds one."""
        return {"list_commands": new_rows.buttons(request, commitment_commands.OF_LIST)}

    def commands(self, request: HttpRequest, row: Commitment) -> Sequence[Command]:
        """Sharing it."""
        return command_pages.buttons(request, row, commitment_commands.OF_COMMITMENT)

    def panels(self, request: HttpRequest, row: Commitment) -> Sequence[Panel]:
        """The commitment, since when it is shared, and what it covered."""
        return [_about(row), _sharings(row), _covered(request, row)]


def _about(row: Commitment) -> Panel:
    families = ", ".join(str(one) for one in row.families.all())
    return Facts(
        title=_("Commitment"),
        facts=[
            Fact(_("owner"), display.account(row.owner)),
            Fact(_("kind"), row.get_kind_display(), rule="K1"),
            Fact(_("product"), display.link(row.product)),
            Fact(_("product families"), families or display.NOTHING),
            Fact(_("units per cycle"), display.quantity(row.quantity)),
            Fact(_("committed per hour"), display.amount(row.commit_amount, row.owner.currency)),
            Fact(_("plan rate"), display.percent(row.rate) if row.rate else display.NOTHING),
            Fact(
                _("shared with trusteeship members"),
                _("Yes") if row.is_shared else _("No"),
                rule="K2",
            ),
            Fact(_("starts at"), display.instant(row.starts_at), rule="C1"),
            Fact(_("expires at"), display.instant(row.expires_at)),
            Fact(_("decision"), display.decision(row.decision), rule="Z8"),
        ],
    )


def _sharings(row: Commitment) -> Panel:
    return Table(
        title=_("Sharing"),
        anchor="sharing",
        columns=[Column(_("since")), Column(_("shared")), Column(_("decision"))],
        rows=[
            [
                display.instant(one.since),
                _("Yes") if one.is_shared else _("No"),
                display.decision(one.decision),
            ]
            for one in row.sharings.select_related("decision")
        ],
        note=_("A cycle goes by what held when it started."),
        empty=display.NOTHING,
    )


def _covered(request: HttpRequest, row: Commitment) -> Panel:
    related = Coverage.objects.filter(commitment=row).select_related("charge__owner")
    found, pager = paged(request, related.order_by("-id"), "covered")
    return Table(
        title=_("What it covered"),
        anchor="covered",
        columns=[
            Column(_("charge")),
            Column(_("owner")),
            Column(_("charge period")),
            Column(_("quantity"), True),
            Column(_("amount"), True),
        ],
        rows=[
            [
                display.link(one.charge),
                display.account(one.charge.owner),
                display.span(one.charge.period_start, one.charge.period_end),
                display.quantity(one.quantity),
                display.amount(one.amount, one.charge.currency),
            ]
            for one in found
        ],
        pager=pager,
        empty=_("It has covered nothing yet."),
    )
