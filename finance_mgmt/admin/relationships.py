"""Relationships: who pays for whom, since when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from .. import queries
from ..clock import now
from ..enums import Mode, RelationshipState
from ..enums import Permission as Power
from ..models import Grant, Relationship
from . import columns, command_pages, display, linking, planned, trail_words
from .base import Command, ReadOnlyAdmin
from .panels import Column, Fact, Facts, Panel, Table, provided
from .relationship_commands import pages

STATE_TONES = {
    RelationshipState.INVITED: "busy",
    RelationshipState.SCHEDULED: "busy",
    RelationshipState.ACTIVE: "good",
    RelationshipState.CHANGE_PENDING: "warn",
    RelationshipState.DECLINED: "quiet",
    RelationshipState.CANCELLED: "quiet",
    RelationshipState.EXPIRED: "quiet",
    RelationshipState.ENDED: "quiet",
}


def mode_today(link: Relationship, at: datetime) -> Mode:
    """The mode in force; what was agreed, where nothing is in force yet."""
    is_dated = link.effective_from is not None and link.effective_from <= at
    return queries.mode_at(link, at) if is_dated else Mode(link.mode)


def mode_badge(mode: Mode) -> Any:
    """Both modes in their own color, everywhere the same."""
    return display.badge(mode.label, "trust" if mode == Mode.TRUSTEESHIP else "manage")


@admin.register(Relationship)
class RelationshipAdmin(ReadOnlyAdmin):
    """All links, past and present."""

    when_empty = gettext_lazy(
        "A master pays for or manages its members through relationships. Link two accounts first."
    )
    first_step = (
        gettext_lazy("Link two accounts"),
        "admin:finance_mgmt_relationship_link",
        "finance_mgmt.link",
    )
    list_display = (
        "id",
        "master_account",
        "member_account",
        "agreed_mode",
        "state_badge",
        "from_instant",
        "until_instant",
        "powers",
    )
    list_select_related = ("master", "member")
    list_filter = (
        ("mode", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("master", AutocompleteSelectFilter),
    )
    search_fields = ("master__number", "master__name", "member__number", "member__name")
    search_help_text = gettext_lazy("Number or name of the master or the member")
    ordering = ("-id",)

    master_account = columns.account("master", gettext_lazy("master"))
    member_account = columns.account("member", gettext_lazy("member"))
    state_badge = columns.state("state", gettext_lazy("state"), STATE_TONES)
    from_instant = columns.instant("effective_from", gettext_lazy("in force from"))
    until_instant = columns.instant("effective_to", gettext_lazy("in force until"))

    @admin.display(description=gettext_lazy("mode"), ordering="mode")
    def agreed_mode(self, row: Relationship) -> Any:
        """What is agreed."""
        return mode_badge(Mode(row.mode))

    def fill(self, rows: list[Relationship]) -> None:
        """How many powers are in force in each."""
        counted = Grant.objects.filter(
            queries.in_force(now(), "granted"), relationship__in=[row.pk for row in rows]
        )
        counts = dict(counted.values_list("relationship").annotate(powers=Count("pk")))
        for row in rows:
            row.powers_in_force = counts.get(row.pk, 0)

    @admin.display(description=gettext_lazy("grants in force"))
    def powers(self, row: Relationship) -> Any:
        """A number that leads to the grants."""
        return display.list_link(Grant, row.powers_in_force, relationship__id__exact=row.pk)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With both ends, whose numbers name the row."""
        ends_and_decisions = ("master", "member", "decision", "upgrade_decision", "end_decision")
        return super().get_queryset(request).select_related(*ends_and_decisions)

    def own_urls(self) -> list[URLPattern]:
        """The wizard, what is planned, and every command."""
        return linking.urls(self) + planned.urls(self) + command_pages.urls(self, pages())

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button of the wizard."""
        return {"list_commands": linking.button(request)}

    def commands(self, request: HttpRequest, row: Relationship) -> Sequence[Command]:
        """What its state allows and this person may."""
        found = command_pages.buttons(request, row, pages())
        return [*found, *provided("RELATIONSHIP_LINKS", request, row)]

    def badges(self, row: Relationship) -> Sequence[Any]:
        """State and mode."""
        return [display.state_badge(row, "state", STATE_TONES), mode_badge(Mode(row.mode))]

    def panels(self, request: HttpRequest, row: Relationship) -> Sequence[Panel]:
        """Both ends and the dates, then every grant there ever was."""
        return [_ends_and_dates(row), _grants(row)]


def _ends_and_dates(row: Relationship) -> Panel:
    return Facts(
        title=_("Relationship"),
        facts=[
            Fact(_("master"), display.account(row.master)),
            Fact(_("member"), display.account(row.member)),
            Fact(_("in force from"), display.instant(row.effective_from), rule="C3"),
            Fact(
                _("trusteeship from"),
                display.instant(row.trusteeship_from),
                _("The first period that starts at this instant or later is the master's.")
                if row.trusteeship_from
                else "",
                rule="C1",
            ),
            Fact(_("in force until"), display.instant(row.effective_to), rule="C1"),
            *_more(row),
            Fact(_("decision"), display.decision(row.decision), rule="Z8"),
            *_later_decisions(row),
        ],
    )


def _later_decisions(row: Relationship) -> list[Fact]:
    """Who asked for the upgrade and for the end, also of those that are still planned."""
    named = (
        (_("decision to upgrade"), row.upgrade_decision),
        (_("decision to end"), row.end_decision),
    )
    return [
        Fact(
            name,
            display.link(found),
            _("By %(who)s.") % {"who": trail_words.actor(found.by)},
            "Z8",
        )
        for name, found in named
        if found
    ]


def _more(row: Relationship) -> list[Fact]:
    """What only some relationships have."""
    found = []
    if row.expires_at:
        found.append(Fact(_("invitation expires at"), display.instant(row.expires_at), rule="L5"))
    if row.proposed_grants:
        proposed = ", ".join(str(Power(code).label) for code in row.proposed_grants)
        found.append(Fact(_("proposed grants"), proposed, _("What consent is asked for."), "L5"))
    if row.moved_from_id:
        found.append(Fact(_("moved from"), display.link(row.moved_from), rule="L8"))
    if row.unified_settlement_from:
        since = display.instant(row.unified_settlement_from)
        why = _("The master's cash may pay the member's bills.")
        found.append(Fact(_("unified settlement since"), since, why, "S2"))
    return found


def _grants(row: Relationship) -> Panel:
    return Table(
        title=_("Grants"),
        columns=[
            Column(_("permission")),
            Column(_("held by")),
            Column(_("granted from")),
            Column(_("granted until")),
        ],
        rows=[
            [
                display.link(grant, grant.get_permission_display()),
                grant.get_held_by_display(),
                display.instant(grant.granted_from),
                display.instant(grant.granted_until),
            ]
            for grant in row.grants.order_by("-granted_from", "id")
        ],
        empty=_("No single powers were granted. In trusteeship none are needed (Z5)."),
    )
