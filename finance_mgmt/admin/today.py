"""What needs somebody today: one line each, on top of the first page (settings.TODAY)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import ngettext

from ..clock import now
from ..enums import ApprovalState, DeliveryState, RelationshipState, RunState
from ..models import Approval, Delivery, Relationship, Run
from . import display
from .panels import Panel, Part

MOST = 1000  # counting further helps nobody
SOON = timedelta(days=3)


@dataclass(frozen=True)
class Todo:
    """One thing that waits: how many, in words, and where they are. `tone` is bad or warn."""

    count: int
    words: str
    url: str
    icon: str
    tone: str = "warn"

    @property
    def shown(self) -> str:
        """The number, cut off."""
        return f"{MOST}+" if self.count >= MOST else str(self.count)


def panels(request: HttpRequest) -> list[Panel]:
    """For settings.DASHBOARD_PANELS."""
    asked = [one for path in settings.TODAY for one in import_string(path)(request)]
    if not asked:
        return []  # nothing of this is for this person
    waiting = sorted((one for one in asked if one.count), key=lambda one: one.tone != "bad")
    return [Part(name="admin/parts/today.html", context={"todos": waiting})]


def counted(rows: Any) -> int:
    """How many rows, up to where it stops mattering."""
    return int(rows.order_by()[:MOST].count())


def todos(request: HttpRequest) -> Iterable[Todo]:
    """This floor's: approvals, failed runs, invitations, deliveries that were given up."""
    at, user = now(), request.user
    if user.has_perm("finance_mgmt.approve"):
        waiting = Approval.objects.filter(state=ApprovalState.WAITING, expires_at__gt=at)
        count = counted(waiting.exclude(asked_by=user.get_username()))
        yield Todo(
            count,
            ngettext("request waits for your approval", "requests wait for your approval", count),
            display.list_of(Approval, state__exact=ApprovalState.WAITING),
            "approval_delegation",
        )
    if user.has_perm("finance_mgmt.view_run"):
        count = counted(Run.objects.filter(state=RunState.FAILED))
        yield Todo(
            count,
            ngettext("run failed", "runs failed", count),
            display.list_of(Run, state__exact=RunState.FAILED),
            "error",
            "bad",
        )
    if user.has_perm("finance_mgmt.view_relationship"):
        soon = Relationship.objects.filter(
            state=RelationshipState.INVITED, expires_at__gt=at, expires_at__lte=at + SOON
        )
        count = counted(soon)
        yield Todo(
            count,
            ngettext("invitation expires within 3 days", "invitations expire within 3 days", count),
            display.list_of(Relationship, state__exact=RelationshipState.INVITED),
            "mark_email_unread",
        )
    if user.has_perm("finance_mgmt.view_delivery"):
        count = counted(Delivery.objects.filter(state=DeliveryState.DEAD))
        yield Todo(
            count,
            ngettext("notice could not be delivered", "notices could not be delivered", count),
            display.list_of(Delivery, state__exact=DeliveryState.DEAD),
            "unsubscribe",
            "bad",
        )
