"""The schedules of the jobs (django-celery-beat), in the look of the rest.

Its form has a script inside the page, which our policy of scripts refuses: ours says in a file of
its own (static/js/schedules.js) what the chosen times of the clock mean.
"""

from typing import Any

from cron_descriptor import FormatException, MissingFieldException, Options, WrongArgumentException
from cron_descriptor import get_description as describe
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from . import columns

for model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(model)

UNREADABLE = (FormatException, MissingFieldException, WrongArgumentException)


class TaskChoice(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """The registered tasks as a select."""


class TaskForm(beat.PeriodicTaskForm):
    """The form of a job, with Unfold's widgets."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskChoice()


def said(times: CrontabSchedule | None) -> str:
    """Times of the clock in words of the reader's language: "At 04:00 UTC"."""
    if times is None:
        return ""
    options = Options()
    options.locale_code = "zh_CN" if (get_language() or "").startswith("zh") else "en_US"
    options.use_24hour_time_format = True
    parts = (times.minute, times.hour, times.day_of_month, times.month_of_year, times.day_of_week)
    try:
        return f"{describe(' '.join(parts), options)} ({times.timezone})"
    except UNREADABLE:
        return str(times)


def _shown(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("last_instant" if name == "last_run_at" else name for name in fields)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(beat.PeriodicTaskAdmin, ModelAdmin):
    """When which job runs."""

    form = TaskForm
    show_full_result_count = False
    change_form_template = "admin/periodic_task.html"
    date_hierarchy = None
    list_display = ("job", "enabled", "times", "last_instant")
    list_filter = ("enabled",)
    readonly_fields = ("last_instant", "crontab_translation")
    fieldsets = tuple(
        (title, options | {"fields": _shown(options["fields"])})
        for title, options in beat.PeriodicTaskAdmin.fieldsets
    )

    last_instant = columns.instant("last_run_at", gettext_lazy("last look"))

    @admin.display(description=gettext_lazy("job"), ordering="name")
    def job(self, row: PeriodicTask) -> Any:
        """What it does, in words."""
        known = settings.JOBS.get(row.task)
        return known["name"] if known else row.name

    @admin.display(description=gettext_lazy("schedule"))
    def times(self, row: PeriodicTask) -> str:
        """Every so often, or at which times."""
        return said(row.crontab) if row.crontab else str(row.scheduler)

    @admin.display(description=gettext_lazy("in words"))
    def crontab_translation(self, row: PeriodicTask) -> Any:
        """The times of the clock; the script says those that are chosen."""
        return format_html("<span data-times>{}</span>", said(row.crontab) or "–")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """With every choice in words."""
        words = {times.pk: said(times) for times in CrontabSchedule.objects.all()}
        context = (extra_context or {}) | {"times_in_words": words}
        return ModelAdmin.changeform_view(self, request, object_id, form_url, context)


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(beat.IntervalScheduleAdmin, ModelAdmin):
    """Every so often."""


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(beat.CrontabScheduleAdmin, ModelAdmin):
    """At times of the clock."""


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(beat.ClockedScheduleAdmin, ModelAdmin):
    """Once."""
