"""The parts of a run's page: its bar, how its steps stand, what failed and why."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..enums import RunState
from ..models import Parking, Run, RunStep
from . import display, trail_words
from .panels import Column, Fact, Facts, Panel, Part, Table, Tiles, paged

STATE_TONES = {
    RunState.QUEUED: "quiet",
    RunState.RUNNING: "busy",
    RunState.DONE: "good",
    RunState.FAILED: "bad",
    RunState.SKIPPED: "warn",
}
KIND_NAMES = {
    "import": gettext_lazy("import of usage"),
    "close": gettext_lazy("close of cycles"),
    "bill": gettext_lazy("issue of bills"),
    "export": gettext_lazy("file of a bill"),
    "list": gettext_lazy("file of a list"),
    "verify": gettext_lazy("check of the books"),
    "what_if": gettext_lazy("what-if"),
}
UNFINISHED = (RunState.QUEUED, RunState.RUNNING)


def kind_name(run: Run) -> Any:
    """What the run does, in words."""
    return KIND_NAMES.get(run.kind, run.kind)


def run_progress(run: Run) -> Any:
    """A bar in the color of the state."""
    return display.progress(run.done_units, run.total_units, tone=STATE_TONES[RunState(run.state)])


def name(run: Run) -> Any:
    """Kind and number."""
    kind = capfirst(kind_name(run))
    return format_html('{} <span class="bo-number">{}</span>', kind, run.pk)


def tiles(run: Run) -> Panel:
    """How many of its steps stand how."""
    failed, skipped = (run.counts.get(state, 0) for state in (RunState.FAILED, RunState.SKIPPED))
    return Tiles(
        facts=[
            Fact(_("expected"), display.count(sum(run.counts.values())), _("steps in all")),
            Fact(_("done"), display.count(run.counts.get(RunState.DONE, 0))),
            Fact(
                _("skipped"),
                display.count(skipped),
                _("wait for a parked account") if skipped else "",
                tone="warn" if skipped else "",
                url=display.list_of(Parking, now="parked") if skipped else "",
            ),
            Fact(
                _("failed"),
                display.count(failed),
                _("wait for somebody") if failed else "",
                tone="bad" if failed else "",
            ),
        ]
    )


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


def about(run: Run) -> Panel:
    """Who asked, and when."""
    return Facts(
        title=_("About the run"),
        facts=[
            Fact(_("asked for by"), trail_words.actor(run.by)),
            Fact(_("asked at"), display.instant(run.asked_at)),
            Fact(_("started at"), display.instant(run.started_at)),
            Fact(_("finished at"), display.instant(run.finished_at)),
            Fact(_("took"), display.took(run.started_at, run.finished_at)),
            Fact(_("key"), run.key, rule="F11"),
            Fact(_("facts"), display.facts(run.facts)),
        ],
    )


def steps(request: HttpRequest, run: Run) -> list[Panel]:
    """What failed, then every step."""
    shown, pager = paged(request, run.steps.order_by("number"), "steps")
    failed = list(run.steps.filter(state=RunState.FAILED).order_by("number")[:5])
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
        rows=[_step_cells(step) for step in shown],
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
        step.error if step.state == RunState.SKIPPED else display.facts(_short(step.result)),
    ]


def _short(found: dict[str, Any]) -> dict[str, Any]:
    """Long lists as their length: a step may hold hundreds of accounts."""
    return {
        name: _("%(count)s in all") % {"count": len(value)} if isinstance(value, list) else value
        for name, value in found.items()
    }
