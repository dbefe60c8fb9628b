"""How far the books are closed, and the button that lets the jobs begin."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.panels import Fact, Facts, Panel, notice
from finance_mgmt.clock import now

from ..models import ClosedThrough
from ..services import cycles
from . import custom_close

LIST = "admin:billing_closedthrough_changelist"


def current() -> ClosedThrough:
    """The one row; where there is none yet, nothing was closed."""
    return ClosedThrough.objects.first() or ClosedThrough()


def not_started_notice() -> list[Panel]:
    """Said wherever somebody may wonder why nothing is charged."""
    if current().started_at is not None:
        return []
    text = _("Load history first; then start closing, and the jobs charge what is due.")
    return [notice(_("Cycles are not closed yet."), text, tone="warn", icon="lock_open")]


@admin.register(ClosedThrough)
class ClosedThroughAdmin(ReadOnlyAdmin):
    """One row. Its list is its page."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Where the books stand."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        horizon = current()
        context = {
            "heading": self.heading(horizon),
            "commands": self.commands(request, horizon),
            "panels": self.panels(request, horizon),
        }
        return self.page(request, None, context)

    def own_urls(self) -> list[URLPattern]:
        """The start, and closing by hand."""

        def close_view(request: HttpRequest) -> HttpResponse:
            return custom_close.CLOSE.answer(request, self, None)

        return [
            self.own_url("start/", self.start_view, "billing_closedthrough_start"),
            self.own_url("close/", close_view, custom_close.ADDRESS),
        ]

    def start_view(self, request: HttpRequest) -> HttpResponse:
        """Let the scheduled jobs close cycles from now on."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("billing.change_closedthrough"):
            raise PermissionDenied
        by, at = request.user.get_username(), now()
        cycles.start_closing(key="start closing", by=by, at=at)
        messages.success(request, _("The jobs close cycles from now on."))
        return redirect(reverse(LIST))

    def heading(self, row: ClosedThrough) -> Any:
        """There is only one."""
        return _("Closing of cycles")

    def commands(self, request: HttpRequest, row: ClosedThrough) -> Sequence[Command]:
        """Starting, once; then closing by hand."""
        page = custom_close.CLOSE
        if page.is_offered_to(request, row):
            address = reverse(f"admin:{custom_close.ADDRESS}")
            return [Command(page.label, address, page.icon, is_primary=True)]
        if row.started_at or not request.user.has_perm("billing.change_closedthrough"):
            return []
        url = reverse("admin:billing_closedthrough_start")
        return [Command(_("Start closing"), url, "play_arrow", is_post=True, is_primary=True)]

    def panels(self, request: HttpRequest, row: ClosedThrough) -> Sequence[Panel]:
        """How far cycles are closed and months billed."""
        facts = Facts(
            facts=[
                Fact(
                    _("closing started at"),
                    display.instant(row.started_at),
                    _("Nothing is closed before, so that history can be loaded first."),
                    "C4",
                ),
                Fact(
                    _("closed through"),
                    display.instant(row.instant),
                    _("What arrives for a cycle before this instant is late."),
                    "C4",
                ),
                Fact(_("billed through month"), display.month(row.billed_month), rule="B5"),
            ]
        )
        return [*not_started_notice(), facts]
