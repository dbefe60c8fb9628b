"""What somebody has to look at, on top of the first page: broken books, parked accounts, jobs."""

from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from ..clock import now
from ..services.verification import broken_books
from . import display, jobs
from .panels import Panel, notice
from .parking import parked_panels


def dashboard_panels(request: HttpRequest) -> list[Panel]:
    """For settings.DASHBOARD_PANELS; nothing where all is well."""
    return [*_books(request), *_jobs(request), *parked_panels(request)]


def _books(request: HttpRequest) -> list[Panel]:
    run = broken_books() if request.user.has_perm("finance_mgmt.view_run") else None
    if run is None:
        return []
    text = format_html(
        "{} {}",
        _("A figure does not follow from its facts. Money goes on; find the cause first."),
        display.link(run, _("What is wrong")),
    )
    return [notice(_("The books are wrong."), text, tone="bad", icon="crisis_alert")]


def _jobs(request: HttpRequest) -> list[Panel]:
    if not request.user.has_perm("finance_mgmt.view_job"):
        return []
    wrong = jobs.late_or_failed(now())
    if not wrong:
        return []
    names: Any = format_html_join(", ", "{}", [(_named(shown),) for shown in wrong])
    title = _("Jobs are late or failed.")
    return [notice(title, names, tone="warn", icon="running_with_errors")]


def _named(shown: jobs.Shown) -> Any:
    return display.link(shown.job, shown.name) if shown.job.pk else shown.name
