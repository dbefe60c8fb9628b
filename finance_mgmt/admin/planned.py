"""What is planned: future-dated links and changes, and invitations that wait (L5, L9)."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..clock import now
from ..enums import Mode, RelationshipState
from ..models import Relationship
from . import display, trail_words
from .base import ReadOnlyAdmin
from .panels import Column, Table, paged

ADDRESS = "finance_mgmt_relationship_planned"


def urls(model_admin: ReadOnlyAdmin) -> list[URLPattern]:
    """The address of the page."""

    def view(request: HttpRequest) -> HttpResponse:
        if not model_admin.has_view_permission(request):
            raise PermissionDenied
        context = {
            "heading": _("Planned changes and open invitations"),
            "title": _("Planned changes"),
            "panels": [_table(request)],
        }
        return model_admin.page(request, None, context)

    return [model_admin.own_url("planned/", view, ADDRESS)]


def waiting(at: datetime) -> QuerySet[Relationship]:
    """All that waits, the next first; of a move, the relationship that ends."""
    is_move = Q(state=RelationshipState.SCHEDULED, moved_from__isnull=False)
    states = (
        RelationshipState.INVITED,
        RelationshipState.SCHEDULED,
        RelationshipState.CHANGE_PENDING,
    )
    rows = Relationship.objects.filter(state__in=states).exclude(is_move)
    rows = rows.exclude(state=RelationshipState.INVITED, expires_at__lte=at)
    when = Case(
        When(state=RelationshipState.INVITED, then=F("expires_at")),
        When(state=RelationshipState.SCHEDULED, then=F("effective_from")),
        When(effective_to__isnull=False, then=F("effective_to")),
        default=F("trusteeship_from"),
    )
    related = rows.select_related("master", "member", "decision").prefetch_related(
        "moved_to__master"
    )
    return related.annotate(when=when).order_by("when", "id")


def _table(request: HttpRequest) -> Table:
    at = now()
    rows, pager = paged(request, waiting(at), "planned")
    return Table(
        note=_("Rules are asked again when it takes effect; what fails is cancelled (L9)."),
        anchor="planned",
        columns=[
            Column(_("when")),
            Column(_("in")),
            Column(_("what")),
            Column(_("master")),
            Column(_("member")),
            Column(_("asked by")),
        ],
        rows=[
            [
                display.instant(row.when),
                _days_until(row.when, at),
                display.link(row, _what(row)),
                display.account(row.master),
                display.account(row.member),
                trail_words.actor(row.decision.by),
            ]
            for row in rows
        ],
        pager=pager,
        empty=_("Nothing is planned, and no invitation waits."),
    )


def _days_until(when: datetime, at: datetime) -> str:
    days = max((when - at).days, 0)
    if not days:
        return _("less than a day")
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def _what(row: Relationship) -> Any:
    if row.state == RelationshipState.INVITED:
        return display.badge(_("invitation expires"), "warn")
    if row.state == RelationshipState.SCHEDULED:
        name = _("%(mode)s begins") % {"mode": Mode(row.mode).label}
        return display.badge(name, "busy")
    if row.effective_to is None:
        return display.badge(_("upgrade to trusteeship"), "trust")
    moves = [new for new in row.moved_to.all() if new.state == RelationshipState.SCHEDULED]
    if moves:
        return display.badge(_("move to %(master)s") % {"master": moves[0].master.number}, "manage")
    return display.badge(_("relationship ends"), "bad")
