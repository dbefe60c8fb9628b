"""Runs: background work, step by step, and the button that tries failed steps again."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from ..enums import RunState
from ..models import Run, RunStep
from ..services import runs
from ..tasks import poke
from . import columns, display
from .base import Command, ReadOnlyAdmin
from .panels import Column, Fact, Facts, Link, Panel, Part, Table, paged

STATE_TONES = {
    RunState.QUEUED: "quiet",
    RunState.RUNNING: "busy",
    RunState.DONE: "good",
    RunState.FAILED: "bad",
}
KIND_NAMES = {
    "import": gettext_lazy("import of usage"),
    "close": gettext_lazy("close of cycles"),
    "bill": gettext_lazy("issue of bills"),
}
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)
LAST_RUNS = 6


def failed_count(limit: int) -> int:
    """How many runs wait for somebody, counted up to a limit: the sidebar's badge."""
    return Run.objects.filter(state=RunState.FAILED).order_by()[:limit].count()


def kind_name(run: Run) -> Any:
    """What the run does, in words."""
    return KIND_NAMES.get(run.kind, run.kind)


def run_progress(run: Run) -> Any:
    """A bar in the color of the state."""
    return display.progress(run.done_units, run.total_units, tone=STATE_TONES[RunState(run.state)])


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

    list_display = ("run_name", "state_badge", "progress", "started_instant", "took", "by")
    list_filter = (("state", ChoicesDropdownFilter), KindFilter)
    ordering = ("-id",)

    state_badge = columns.state("state", gettext_lazy("state"), STATE_TONES)
    started_instant = columns.instant("started_at", gettext_lazy("started"))

    @admin.display(description=gettext_lazy("run"), ordering="id")
    def run_name(self, row: Run) -> Any:
        """Kind and number."""
        return _name(row)

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, row: Run) -> Any:
        """How far it is."""
        return run_progress(row)

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
        return JsonResponse(progress_facts(run))

    def retry_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put the failed steps back into the queue and have them worked on."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm("finance_mgmt.change_run"):
            raise PermissionDenied
        run = get_object_or_404(Run, pk=pk)
        with transaction.atomic():
            runs.retry(run, by=request.user.get_username())
            transaction.on_commit(lambda: poke(run))
        messages.success(request, _("The failed steps are queued again."))
        return redirect(display.page_of(Run, pk))

    def heading(self, row: Run) -> Any:
        """Kind and number."""
        return _name(row)

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
        return [progress_part(row), *_steps(request, row), _about(row)]


def _name(run: Run) -> Any:
    name = capfirst(kind_name(run))
    return format_html('{} <span class="bo-number">{}</span>', name, run.pk)


def progress_facts(run: Run) -> dict[str, Any]:
    """The state of a run and of its steps, for a page that watches it.

    `version` changes whenever a step's state or the run's does: then the page is read again.
    """
    counts = dict(run.steps.values_list("state").annotate(steps=Count("pk")).order_by("state"))
    return {
        "state": run.state,
        "label": str(run.get_state_display()),
        "is_finished": run.state not in UNFINISHED,
        "percent": display.progress_percent(run.done_units, run.total_units),
        "text": f"{run.done_units:,} / {run.total_units:,}" if run.total_units else "",
        "version": f"{run.state} {sorted(counts.items())}",
    }


def progress_part(run: Run, *, title: Any = "") -> Panel:
    """The bar that keeps itself up to date while the run is not finished."""
    return Part(
        title=title,
        name="admin/parts/progress.html",
        context={
            "run": run,
            "facts": progress_facts(run),
            "bar": run_progress(run),
            "watch_url": reverse("admin:finance_mgmt_run_progress", args=[run.pk]),
        },
    )


def _about(run: Run) -> Panel:
    return Facts(
        title=_("About the run"),
        facts=[
            Fact(_("asked for by"), run.by),
            Fact(_("asked at"), display.instant(run.asked_at)),
            Fact(_("started at"), display.instant(run.started_at)),
            Fact(_("finished at"), display.instant(run.finished_at)),
            Fact(_("took"), display.took(run.started_at, run.finished_at)),
            Fact(_("key"), run.key, rule="F11"),
            Fact(_("facts"), display.facts(run.facts)),
        ],
    )


def _steps(request: HttpRequest, run: Run) -> list[Panel]:
    order = Q(state=RunState.FAILED)
    steps, pager = paged(request, run.steps.order_by("number"), "steps")
    failed = list(run.steps.filter(order).order_by("number")[:5])
    found: list[Panel] = []
    if failed:
        found.append(_errors(failed))
    table = Table(
        title=_("Steps"),
        anchor="steps",
        columns=[
            Column(_("step"), True),
            Column(_("state")),
            Column(_("scope")),
            Column(_("attempts"), True),
            Column(_("worker")),
            Column(_("heartbeat")),
            Column(_("lease until")),
            Column(_("finished at")),
            Column(_("result")),
        ],
        rows=[_step_cells(step) for step in steps],
        pager=pager,
        empty=_("This run has no steps."),
    )
    return [*found, table]


def _errors(failed: list[RunStep]) -> Panel:
    note = ngettext("%(count)s step shown.", "%(count)s steps shown.", len(failed))
    return Part(
        title=_("What failed"),
        note=note % {"count": len(failed)},
        name="admin/parts/errors.html",
        context={"steps": failed},
    )


def _step_cells(step: RunStep) -> list[Any]:
    return [
        step.number,
        display.state_badge(step, "state", STATE_TONES),
        display.facts(_short(step.scope)),
        step.attempts,
        format_html('<span class="bo-worker">{}</span>', step.claimed_by),
        display.instant(step.heartbeat_at),
        display.instant(step.lease_until),
        display.instant(step.finished_at),
        display.facts(_short(step.result)),
    ]


def _short(found: dict[str, Any]) -> dict[str, Any]:
    """Long lists as their length: a step may hold hundreds of accounts."""
    return {
        name: _("%(count)s in all") % {"count": len(value)} if isinstance(value, list) else value
        for name, value in found.items()
    }


def dashboard_panels(request: HttpRequest) -> list[Panel]:
    """The last runs, on the first page."""
    if not request.user.has_perm("finance_mgmt.view_run"):
        return []
    last = Run.objects.order_by("-id")[:LAST_RUNS]
    rows = [
        [
            display.link(run, _name(run)),
            display.state_badge(run, "state", STATE_TONES),
            run_progress(run),
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
