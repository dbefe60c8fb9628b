"""Who sells: the particulars on invoices, in versions of which each begins at an instant (I6)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt.admin import columns, display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.panels import Fact, Facts, Panel
from finance_mgmt.clock import now

from ..models import SellerProfile
from ..queries.sellers import seller_at
from . import seller_notice, seller_panels
from .seller_command import SetSeller


@admin.register(SellerProfile)
class SellerProfileAdmin(ReadOnlyAdmin):
    """Versions; new invoices name the one in force."""

    when_empty = gettext_lazy(
        "Invoices can't be made into files before it is said who sells. Set the seller first."
    )
    list_display = ("legal_name", "tax_number", "country", "standing", "from_instant")
    list_before_template = "admin/parts/list_notices.html"
    search_fields = ("legal_name", "tax_number")
    search_help_text = gettext_lazy("Legal name or tax number")
    ordering = ("-effective_from",)

    from_instant = columns.instant("effective_from", gettext_lazy("in force from"))

    def fill(self, rows: list[SellerProfile]) -> None:
        """Which one is in force, once for all."""
        at = now()
        current = seller_at(at)
        for row in rows:
            row.standing = _standing(row, current, at)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("now"))
    def standing(self, row: Any) -> Any:
        """Whether it is in force."""
        return row.standing

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the decision."""
        return super().get_queryset(request).select_related("decision")

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """With the button that leads to new ones, and a notice while there are none."""
        return {"list_commands": _button(request), **seller_notice.shown(request)}

    def own_urls(self) -> list[URLPattern]:
        """The page that sets it."""
        return [self.own_url("set/", self.set_view, "invoicing_sellerprofile_set")]

    def set_view(self, request: HttpRequest) -> Any:
        """New particulars."""
        return SetSeller().answer(request, self, None)

    def badges(self, row: SellerProfile) -> Sequence[Any]:
        """Whether it is in force."""
        at = now()
        return [_standing(row, seller_at(at), at)]

    def commands(self, request: HttpRequest, row: SellerProfile) -> Sequence[Command]:
        """New particulars."""
        return _button(request)

    def panels(self, request: HttpRequest, row: SellerProfile) -> Sequence[Panel]:
        """What it states, and all versions."""
        facts = [Fact(label, value) for label, value in seller_panels.said(row)]
        return [
            Facts(
                title=_("What invoices state of the seller"),
                facts=[
                    *facts,
                    Fact(_("in force from"), display.instant(row.effective_from), rule="I6"),
                    Fact(_("decision"), display.decision(row.decision), rule="Z8"),
                ],
            ),
            *seller_panels.unstated(row),
            seller_panels.versions(),
        ]


def _button(request: HttpRequest) -> list[Command]:
    if not request.user.has_perm(SetSeller.needs):
        return []
    return [Command(SetSeller.label, seller_notice.set_url(), SetSeller.icon, is_primary=True)]


def _standing(row: SellerProfile, current: SellerProfile | None, at: datetime) -> Any:
    if row == current:
        return display.badge(_("in force"), "good")
    if row.effective_from > at:
        return display.badge(_("to come"), "busy")
    return display.badge(_("replaced"), "quiet")
