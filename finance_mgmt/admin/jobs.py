"""Jobs: when each looked last and looks next, what is due, what holds it, and looking now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_celery_beat.models import PeriodicTask

from ..clock import now
from ..models import Job
from ..rules.jobs import JobStanding, stands
from ..services import verification
from ..tasks import look_now, poke
from . import display, written_words
from .base import Command, ReadOnlyAdmin
from .panels import Column, Fact, Facts, Link, Panel, Part, Table

MAY_RUN = "finance_mgmt.run_jobs"
STANDINGS = {
    JobStanding.OFF: (gettext_lazy("switched off"), "warn"),
    JobStanding.FAILED: (gettext_lazy("failed"), "bad"),
    JobStanding.WAITING: (gettext_lazy("never looked"), "warn"),
    JobStanding.LATE: (gettext_lazy("late"), "bad"),
    JobStanding.ON_TIME: (gettext_lazy("on time"), "good"),
}


@dataclass(frozen=True)
class Shown:
    """One job with its schedule."""

    task: str
    schedule: PeriodicTask | None
    job: Job
    next_look: datetime | None
    standing: JobStanding
    at: datetime

    @property
    def name(self) -> Any:
        """What it does, in words."""
        return settings.JOBS[self.task]["name"] if self.task in settings.JOBS else self.task

    @property
    def due(self) -> int | None:
        """How much it would find now; None: it does not say."""
        path = settings.JOBS[self.task].get("due")
        return import_string(path)(self.at) if path else None

    @property
    def held(self) -> list[str]:
        """What holds it back, where something is due."""
        path = settings.JOBS[self.task].get("held")
        return import_string(path)(self.at) if path else []


def shown_jobs(at: datetime) -> list[Shown]:
    """Every job of settings.JOBS, in its order, in two queries."""
    related = ("interval", "crontab", "solar", "clocked")
    rows = PeriodicTask.objects.filter(task__in=settings.JOBS).select_related(*related)
    schedules = {row.task: row for row in rows.order_by("-id")}
    known = {job.task: job for job in Job.objects.filter(task__in=settings.JOBS)}
    return [
        _shown(task, schedules.get(task), known.get(task) or Job(task=task), at)
        for task in settings.JOBS
    ]


def _shown(task: str, schedule: PeriodicTask | None, job: Job, at: datetime) -> Shown:
    is_on = schedule is not None and schedule.enabled
    next_look = None
    if schedule and is_on and job.started_at:
        next_look = at + schedule.schedule.remaining_estimate(job.started_at)
    standing = stands(is_on=is_on, failures=job.failures, next_look=next_look, at=at)
    return Shown(task, schedule, job, next_look, standing, at)


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """The list is one page: all jobs and how they stand."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """All jobs."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            "heading": _("Jobs"),
            "commands": self._list_commands(request),
            "panels": [_table(request, shown_jobs(now()))],
        }
        return self.page(request, None, context)

    def own_urls(self) -> list[URLPattern]:
        """Looking now."""
        return [
            self.own_url("look/<str:task>/", self.look_view, "finance_mgmt_job_look"),
            self.own_url("verify/", self.verify_view, "finance_mgmt_job_verify"),
        ]

    def look_view(self, request: HttpRequest, task: str) -> HttpResponse:
        """Have the workers look at once."""
        _refuse_to_others(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if task not in settings.JOBS:
            raise Http404
        if look_now(task):
            messages.success(request, _("The workers were asked to look now."))
        else:
            messages.warning(request, _("The broker is away. The job looks when it is back."))
        return redirect(display.list_of(Job))

    def verify_view(self, request: HttpRequest) -> HttpResponse:
        """Recompute the books, without waiting for the night."""
        _refuse_to_others(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        by, at = request.user.get_username(), now()
        run = verification.verify_now(key=at.isoformat(), by=by, at=at)
        poke(run)
        return redirect(display.page_of(type(run), run.pk))

    def _list_commands(self, request: HttpRequest) -> list[Command]:
        found = []
        if request.user.has_perm(MAY_RUN):
            url = reverse("admin:finance_mgmt_job_verify")
            found.append(Command(_("Recompute the books now"), url, "fact_check", is_post=True))
        if request.user.has_perm("django_celery_beat.view_periodictask"):
            url = display.list_of(PeriodicTask)
            found.append(Command(_("Edit the schedule"), url, "schedule"))
        return found

    def heading(self, row: Job) -> Any:
        """As the schedule calls it."""
        return _one(row).name

    def badges(self, row: Job) -> Sequence[Any]:
        """How it stands."""
        return [_badge(_one(row).standing)]

    def commands(self, request: HttpRequest, row: Job) -> Sequence[Command]:
        """Looking now."""
        if row.task not in settings.JOBS or not request.user.has_perm(MAY_RUN):
            return []
        return [_look(row.task)]

    def panels(self, request: HttpRequest, row: Job) -> Sequence[Panel]:
        """When it looked, what it did, and why it failed."""
        shown = _one(row)
        facts = [
            Fact(_("task"), row.task),
            Fact(_("schedule"), _schedule(shown)),
            Fact(_("last look"), display.instant(row.started_at)),
            Fact(_("next look"), display.instant(shown.next_look)),
            Fact(_("last did"), written_words.deed(row.did) or display.NOTHING),
            Fact(_("did it at"), display.instant(row.did_at)),
            Fact(_("failed at"), display.instant(row.failed_at)),
            Fact(_("failures since it last ended well"), row.failures),
        ]
        return [*_error(row), Facts(facts=facts)]


def late_or_failed(at: datetime) -> list[Shown]:
    """The jobs that somebody has to look at."""
    wrong = (JobStanding.FAILED, JobStanding.LATE)
    return [shown for shown in shown_jobs(at) if shown.standing in wrong]


def _one(row: Job) -> Shown:
    at = now()
    schedule = PeriodicTask.objects.filter(task=row.task).order_by("id").first()
    if row.task in settings.JOBS:
        return _shown(row.task, schedule, row, at)
    return Shown(row.task, schedule, row, None, JobStanding.OFF, at)


def _refuse_to_others(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY_RUN):
        raise PermissionDenied


def _look(task: str) -> Command:
    url = reverse("admin:finance_mgmt_job_look", args=[task])
    return Command(_("Look now"), url, "play_arrow", is_post=True)


def _table(request: HttpRequest, jobs: list[Shown]) -> Table:
    may_run = request.user.has_perm(MAY_RUN)
    return Table(
        note=_("Each asks what is due. Late, twice or in any order: the same is done once."),
        columns=[
            Column(_("job")),
            Column(_("stands")),
            Column(_("last look")),
            Column(_("next look")),
            Column(_("due now"), True),
            Column(_("last did")),
            *([Column("")] if may_run else []),
        ],
        rows=[
            [
                _name(shown),
                _badge(shown.standing),
                display.instant(shown.job.started_at),
                _next(shown),
                _due(shown),
                _did(shown.job),
                *([_button(request, shown)] if may_run else []),
            ]
            for shown in jobs
        ],
    )


def _name(shown: Shown) -> Any:
    name = display.link(shown.job, shown.name) if shown.job.pk else shown.name
    return format_html('{}<span class="bo-below">{}</span>', name, _schedule(shown))


def _schedule(shown: Shown) -> Any:
    if shown.schedule is None:
        return _("not scheduled")
    said = shown.schedule.schedule
    every = getattr(said, "run_every", None)
    if every is None:
        return str(said)
    seconds = int(every.total_seconds())
    if seconds % 3600 == 0:
        return _("every %(count)s h") % {"count": seconds // 3600}
    if seconds % 60:
        return _("every %(count)s s") % {"count": seconds}
    return _("every %(count)s min") % {"count": seconds // 60}


def _next(shown: Shown) -> Any:
    if shown.next_look is None:
        return display.NOTHING
    return display.instant(max(shown.next_look, shown.at))


def _due(shown: Shown) -> Any:
    due = shown.due
    if not due:
        return display.count(due)
    held = format_html('<span class="bo-below">{}</span>', " ".join(shown.held))
    return format_html("{}{}", display.count(due), held if shown.held else "")


def _did(job: Job) -> Any:
    if not job.did:
        return display.NOTHING
    did = written_words.deed(job.did)
    return format_html('{}<span class="bo-below">{}</span>', did, display.instant(job.did_at))


def _badge(standing: JobStanding) -> Any:
    label, tone = STANDINGS[standing]
    return display.badge(label, tone)


def _button(request: HttpRequest, shown: Shown) -> Any:
    return render_to_string("admin/parts/look_now.html", {"command": _look(shown.task)}, request)


def _error(row: Job) -> list[Panel]:
    if not row.failures:
        return []
    context = {"attempts": row.failures, "text": row.error}
    return [Part(title=_("Why it failed"), name="admin/parts/job_error.html", context=context)]


def link_to_jobs() -> Link:
    """The page of jobs."""
    return Link(_("All jobs"), display.list_of(Job))
