"""Runs: background work, step by step, and the button that tries failed steps again."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from ..clock import now
from ..enums import RunState
from ..models import Run, RunStep
from ..services import runs
from ..tasks import poke
from . import columns, display, run_panels, trail_words
from .base import Command, ReadOnlyAdmin
from .panels import Column, Link, Panel, Table
from .run_panels import KIND_NAMES, STATE_TONES

LAST_RUNS = 6


def failed_count(limit: int) -> int:
    """How many runs wait for somebody, counted up to a limit: the sidebar's badge."""
    return Run.objects.filter(state=RunState.FAILED).order_by()[:limit].count()


class KindFilter(DropdownFilter):
    """By what the run does."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """All known kinds."""
        return list(KIND_NAMES.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """That kind only."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """What the workers do, did, and could not do."""

    when_empty = gettext_lazy(
        "No work was asked for yet. Import a file or start closing: each is a run."
    )
    first_step = (
        gettext_lazy("Closing"),
        "admin:billing_closedthrough_changelist",
        "billing.view_closedthrough",
    )
    list_display = (
        "run_name",
        "state_badge",
        "progress",
        "expected",
        "done",
        "skipped",
        "failed",
        "started_instant",
        "took",
        "actor",
    )
    list_filter = (("state", ChoicesDropdownFilter), KindFilter)
    ordering = ("-id",)

    state_badge = columns.state("state", gettext_lazy("state"), STATE_TONES)
    started_instant = columns.instant("started_at", gettext_lazy("started"))

    @admin.display(description=gettext_lazy("run"), ordering="id")
    def run_name(self, row: Run) -> Any:
        """Kind and number."""
        return run_panels.name(row)

    @admin.display(description=gettext_lazy("by"))
    def actor(self, row: Run) -> Any:
        """A person, or a job in words."""
        return trail_words.actor(row.by)

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, row: Run) -> Any:
        """How far it is."""
        return run_panels.run_progress(row)

    def fill(self, rows: list[Run]) -> None:
        """How many steps of each run of the page stand how, in one query."""
        steps = RunStep.objects.filter(run__in=rows).order_by()
        counted = steps.values_list("run", "state").annotate(steps=Count("pk"))
        for row in rows:
            row.counts = {state: count for run, state, count in counted if run == row.pk}

    @admin.display(description=gettext_lazy("expected"))
    def expected(self, row: Run) -> Any:
        """How many steps it has."""
        return display.count(sum(row.counts.values()))

    @admin.display(description=gettext_lazy("done"))
    def done(self, row: Run) -> Any:
        """How many steps are done."""
        return display.count(row.counts.get(RunState.DONE, 0))

    @admin.display(description=gettext_lazy("skipped"))
    def skipped(self, row: Run) -> Any:
        """How many wait for an account that is parked."""
        return display.count(row.counts.get(RunState.SKIPPED, 0))

    @admin.display(description=gettext_lazy("failed"))
    def failed(self, row: Run) -> Any:
        """How many wait for somebody."""
        return display.count(row.counts.get(RunState.FAILED, 0))

    @admin.display(description=gettext_lazy("took"))
    def took(self, row: Run) -> Any:
        """From start to finish."""
        return display.took(row.started_at, row.finished_at)

    def own_urls(self) -> list[URLPattern]:
        """The progress as JSON, and the second try."""
        return [
            self.own_url("<int:pk>/progress/", self.progress_view, "finance_mgmt_run_progress"),
            self.own_url("<int:pk>/retry/", self.retry_view, "finance_mgmt_run_retry"),
        ]

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """What static/js/progress.js asks for every two seconds."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = get_object_or_404(Run, pk=pk)
        return JsonResponse(run_panels.progress_facts(run))

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put the failed steps back into the queue and have them worked on."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("finance_mgmt.change_run"):
            raise PermissionDenied
        run = get_object_or_404(Run, pk=pk)
        with transaction.atomic():
            runs.retry(run, by=request.user.get_username(), at=now())
            transaction.on_commit(lambda: poke(run))
        messages.success(request, _("The failed steps are queued again."))
        return redirect(display.page_of(Run, pk))

    def called(self, row: Run) -> str:
        """Kind and number."""
        return f"{capfirst(run_panels.kind_name(row))} {row.pk}"

    def heading(self, row: Run) -> Any:
        """Kind and number."""
        return run_panels.name(row)

    def badges(self, row: Run) -> Sequence[Any]:
        """The state."""
        return [display.state_badge(row, "state", STATE_TONES)]

    def commands(self, request: HttpRequest, row: Run) -> Sequence[Command]:
        """Trying again, where something failed."""
        if row.state != RunState.FAILED or not request.user.has_perm("finance_mgmt.change_run"):
            return []
        url = reverse("admin:finance_mgmt_run_retry", args=[row.pk])
        return [Command(_("Try failed steps again"), url, "replay", is_post=True, is_primary=True)]

    def panels(self, request: HttpRequest, row: Run) -> Sequence[Panel]:
        """How far it is, then every step."""
        self.fill([row])
        return [
            run_panels.progress_part(row),
            run_panels.tiles(row),
            *run_panels.steps(request, row),
            run_panels.about(row),
        ]


def dashboard_panels(request: HttpRequest) -> list[Panel]:
    """The last runs, on the first page."""
    if not request.user.has_perm("finance_mgmt.view_run"):
        return []
    last = Run.objects.order_by("-id")[:LAST_RUNS]
    rows = [
        [
            display.link(run, run_panels.name(run)),
            display.state_badge(run, "state", STATE_TONES),
            run_panels.run_progress(run),
            display.instant(run.started_at or run.asked_at),
        ]
        for run in last
    ]
    if not rows:
        return []
    return [
        Table(
            title=_("Last runs"),
            columns=[
                Column(_("run")),
                Column(_("state")),
                Column(_("progress")),
                Column(_("started")),
            ],
            rows=rows,
            more=Link(_("All runs"), display.list_of(Run)),
        )
    ]
