"""Decisions: the trail of every command (Z8)."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Decision
from . import columns, display, trail_words
from .base import ReadOnlyAdmin
from .movements import MOVEMENT_COLUMNS, movement_cells
from .panels import Column, Fact, Facts, Panel, Table, paged

LONGEST = 24


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """Who decided what, when, with which facts. Written once, never changed."""

    is_large = True
    list_per_page = 100
    list_display = ("command", "what", "actor", "at_instant", "key")
    search_fields = ("=key", "=verb", "=by")
    search_help_text = gettext_lazy("Whole key, command or name of a person")
    ordering = ("-id",)
    sortable_by = ()

    at_instant = columns.instant("at", gettext_lazy("at"))

    @admin.display(description=gettext_lazy("command"))
    def command(self, row: Decision) -> Any:
        """In words, with the verb that it is searched by."""
        said = '<span class="bo-line">{}</span><span class="bo-below">{}</span>'
        return format_html(said, trail_words.said(row.verb), row.verb)

    @admin.display(description=gettext_lazy("facts"))
    def what(self, row: Decision) -> Any:
        """The first facts, enough to recognise the command."""
        return display.facts({name: _brief(row.facts[name]) for name in list(row.facts)[:3]})

    @admin.display(description=gettext_lazy("by"))
    def actor(self, row: Decision) -> Any:
        """A person, or a job in words with the name that it is searched by."""
        words = trail_words.actor(row.by)
        if words == row.by:
            return row.by
        said = '<span class="bo-line">{}</span><span class="bo-below">{}</span>'
        return format_html(said, words, row.by)

    def called(self, row: Decision) -> str:
        """In words, with the key."""
        return f"{trail_words.said(row.verb)} {row.key}"

    def heading(self, row: Decision) -> Any:
        """In words, with the key."""
        said = '{} <span class="bo-number">{}</span>'
        return format_html(said, trail_words.said(row.verb), row.key)

    def panels(self, request: HttpRequest, row: Decision) -> Sequence[Panel]:
        """The command, and what it moved."""
        related = row.movements.select_related("from_account", "to_account", "owner")
        movements, pager = paged(request, related.order_by("id"), "movements")
        return [
            Facts(
                title=_("Command"),
                width="half",
                facts=[
                    Fact(_("command"), trail_words.said(row.verb), row.verb),
                    Fact(_("by"), trail_words.actor(row.by)),
                    Fact(_("at"), display.instant(row.at)),
                    Fact(_("key"), row.key, rule="F11"),
                    Fact(_("request id"), row.request_id or display.NOTHING, rule="Z8"),
                ],
            ),
            Table(
                title=_("Facts"),
                width="half",
                columns=[Column(_("fact")), Column(_("value"))],
                rows=[
                    [trail_words.named(name), display.fact(name, value)]
                    for name, value in row.facts.items()
                ],
                empty=_("None."),
            ),
            Table(
                title=_("Movements"),
                anchor="movements",
                columns=MOVEMENT_COLUMNS,
                rows=[movement_cells(movement) for movement in movements],
                pager=pager,
                empty=_("It moved no money."),
            ),
        ]


def _brief(value: Any) -> Any:
    is_long = isinstance(value, str) and len(value) > LONGEST
    return f"{value[:LONGEST]}…" if is_long else value
