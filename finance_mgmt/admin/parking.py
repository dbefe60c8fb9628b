"""Parked accounts: who is left out of what and why, and letting them take part again."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget

from ..models import Account, Parking
from ..queries.parking import open_parkings
from ..services import parking
from ..tasks import poke
from . import columns, command_pages, display, trail_words
from .base import Command, ReadOnlyAdmin
from .command_forms import CommandForm
from .command_pages import CommandPage
from .panels import Column, Fact, Facts, Link, Panel, Table

SHOWN = 5
LONGEST = 160


class ParkForm(CommandForm):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Shown wherever somebody may wonder why nothing is billed."),
    )


class Park(CommandPage):
    """Leave one account out, instead of stopping all."""

    name, icon, needs = "park", "pause_circle", "finance_mgmt.run_jobs"
    label = gettext_lazy("Park")
    form_class = ParkForm
    service = parking.park
    done = gettext_lazy("The account is parked. All others go on.")
    intro = gettext_lazy(
        "Its usage is stored, but not closed, billed or settled by the jobs until it is released."
        " Its whole group waits with it: what members and master share is counted in order."
    )

    def is_offered(self, row: Account) -> bool:
        """Where it is not parked by hand already."""
        return not Parking.objects.filter(account=row, released_at__isnull=True).exists()

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account and why."""
        return {"account": row, "reason": given["reason"]}

    def parties(self, row: Account, given: dict[str, Any]) -> list[int]:
        """The account."""
        return [row.pk]


class Release(CommandPage):
    """Let it take part again."""

    name, icon, needs = "release", "play_circle", "finance_mgmt.run_jobs"
    label = gettext_lazy("Release")
    is_primary = True
    service = parking.release
    done = gettext_lazy("The account takes part again. What was left out is queued, oldest first.")
    intro = gettext_lazy(
        "Mend the cause first: what fails again is parked again. Accounts that were parked by the"
        " same step are released, too."
    )

    def is_offered(self, row: Any) -> bool:
        """While it is parked."""
        account = self._account(row)
        return open_parkings().filter(account=account).exists()

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """The account."""
        return {"account": self._account(row)}

    def parties(self, row: Any, given: dict[str, Any]) -> list[int]:
        """The account."""
        return [self._account(row).pk]

    def carry_out(self, row: Any, given: dict[str, Any], said: dict[str, Any]) -> Any:
        """Release, then have the workers look."""
        runs = super().carry_out(row, given, said)

        def look() -> None:
            for run in runs:
                poke(run)

        transaction.on_commit(look)
        return runs

    def _account(self, row: Any) -> Account:
        return row if isinstance(row, Account) else row.account


OF_ACCOUNTS: list[CommandPage] = [Park(), Release()]
OF_PARKINGS: list[CommandPage] = [Release()]


class OpenFilter(DropdownFilter):
    """Still parked, or released."""

    title = gettext_lazy("now")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Both."""
        return [("parked", _("parked")), ("released", _("released"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those only."""
        known = {"parked": True, "released": False}
        if self.value() not in known:
            return queryset
        return queryset.filter(released_at__isnull=known[self.value()])


@admin.register(Parking)
class ParkingAdmin(ReadOnlyAdmin):
    """Who is left out of what, and why."""

    when_empty = gettext_lazy(
        "Nothing is parked: the jobs do everybody. An account that can't be closed or "
        "billed waits here."
    )
    list_display = ("account_link", "job", "reason_line", "tries", "parked_instant", "now_badge")
    list_filter = (OpenFilter, ("job", ChoicesDropdownFilter))
    list_select_related = ("account", "step__run")
    search_fields = ("account__number", "account__name", "reason")
    ordering = ("-id",)

    account_link = columns.account("account", gettext_lazy("account"))
    parked_instant = columns.instant("parked_at", gettext_lazy("parked at"))

    @admin.display(description=gettext_lazy("reason"))
    def reason_line(self, row: Parking) -> Any:
        """Its beginning; the page has it all."""
        return display.link(row, reason(row))

    @admin.display(description=gettext_lazy("now"))
    def now_badge(self, row: Parking) -> Any:
        """Parked, released, or still being tried."""
        return _badge(row)

    def own_urls(self) -> list[URLPattern]:
        """Releasing."""
        return command_pages.urls(self, OF_PARKINGS)

    def heading(self, row: Parking) -> Any:
        """Who."""
        return _("%(account)s is left out") % {"account": row.account.number}

    def badges(self, row: Parking) -> Sequence[Any]:
        """The state."""
        return [_badge(row)]

    def commands(self, request: HttpRequest, row: Parking) -> Sequence[Command]:
        """Releasing."""
        return command_pages.buttons(request, row, OF_PARKINGS)

    def panels(self, request: HttpRequest, row: Parking) -> Sequence[Panel]:
        """Why, since when, and which step failed."""
        step = row.step
        return [
            Facts(
                facts=[
                    Fact(_("account"), display.account(row.account)),
                    Fact(_("left out of"), row.get_job_display()),
                    Fact(_("reason"), row.reason),
                    Fact(_("tries"), row.tries),
                    Fact(
                        _("failed step"), display.link(step.run, step) if step else display.NOTHING
                    ),
                    Fact(_("parked at"), display.instant(row.parked_at)),
                    Fact(_("by"), trail_words.actor(row.by)),
                    Fact(_("released at"), display.instant(row.released_at)),
                    Fact(_("released by"), row.released_by or display.NOTHING),
                ]
            )
        ]


def reason(row: Parking) -> str:
    """The first line, shortened."""
    first = (row.reason.splitlines() or [""])[0]
    return first if len(first) <= LONGEST else f"{first[: LONGEST - 1]}…"


def parked_panels(request: HttpRequest) -> list[Panel]:
    """Who is parked, for the first page; nothing where nobody is."""
    if not request.user.has_perm("finance_mgmt.view_parking"):
        return []
    rows = open_parkings().select_related("account").order_by("-id")
    shown = list(rows[:SHOWN])
    if not shown:
        return []
    return [
        Table(
            title=_("Parked accounts"),
            note=_("Left out with a reason; all others go on."),
            columns=[
                Column(_("account")),
                Column(_("left out of")),
                Column(_("reason")),
                Column(_("since")),
            ],
            rows=[
                [
                    display.account(row.account),
                    row.get_job_display(),
                    display.link(row, reason(row)),
                    display.instant(row.parked_at),
                ]
                for row in shown
            ],
            more=Link(_("All parked accounts"), display.list_of(Parking, now="parked")),
        )
    ]


def _badge(row: Parking) -> Any:
    if row.released_at:
        return display.badge(_("released"), "good")
    return display.badge(_("parked"), "bad") if row.parked_at else display.badge(_("tried"), "warn")
