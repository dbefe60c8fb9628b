"""Files of lists: made while one waits where they are small, else by a worker ("Your files")."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from ..clock import now
from ..enums import RunState
from ..models import Run
from ..services import list_files
from ..services.list_files import Asked, Form
from ..tasks import poke
from . import display, exporting, site_pages
from .panels import Column, Panel, Part, Table, notice
from .run_panels import STATE_TONES, UNFINISHED, progress_facts, run_progress

LABELS = {
    Form.XLSX: (gettext_lazy("Spreadsheet (XLSX)"), "table_view"),
    Form.CSV: (gettext_lazy("Text (CSV)"), "csv"),
}
NOT_FILTERS = ("p", "e", "all", "_popup", "_to_field", "_facets")
LONGEST_FILTER = 2_000
LAST = 50
WAITING = "files_waiting"  # in the session: what to tell this person of when it is ready


def filter_of(query: QueryDict) -> str:
    """The filters, search and order of a list, without its page."""
    kept = query.copy()
    for name in NOT_FILTERS:
        kept.pop(name, None)
    return kept.urlencode()


def make(request: HttpRequest, model_admin: Any, form: str) -> Any:
    """Send the rows of a list as a file, or have it made."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if form not in list(Form):
        raise Http404
    chosen, of = filter_of(request.GET), model_admin.opts.label_lower
    try:
        found = exporting.listed(model_admin, request)
    except IncorrectLookupParameters:
        return redirect(display.list_of(model_admin.model))
    if not found.is_longer_than(settings.LIST_ROWS_AT_ONCE):
        return _sent(found, Form(form), of)
    if len(chosen) > LONGEST_FILTER:
        messages.error(request, _("This filter is too long for a large file. Choose less."))
        return redirect(f"{display.list_of(model_admin.model)}?{chosen}")
    return _asked(request, of, chosen, Form(form))


def _sent(found: exporting.Listed, form: Form, of: str) -> HttpResponse:
    body = list_files.content(found.sheet(), form)
    answer = HttpResponse(body, content_type=list_files.MEDIA_TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="{_name(of, form)}"'
    return answer


def _asked(request: HttpRequest, of: str, chosen: str, form: Form) -> HttpResponse:
    with transaction.atomic():
        run = list_files.ask(
            asked=Asked(of, chosen, form, request.user.pk, get_language() or "en"),
            key=str(uuid.uuid4()),
            by=request.user.get_username(),
            at=now(),
        )
        transaction.on_commit(lambda: poke(run))
    request.session[WAITING] = sorted({*request.session.get(WAITING, []), run.pk})
    messages.success(
        request, _("There are many rows: a worker makes the file. You can go on working.")
    )
    return redirect("admin:files")


def tell_ready(request: HttpRequest) -> dict[str, Any]:
    """For UNFOLD["GLOBAL_CALLBACK"]: on the next page after a file is made, say so, once."""
    waiting = getattr(request, "session", {}).get(WAITING)
    if not waiting or not request.user.is_authenticated:
        return {}
    made = list_files.asked_for(request.user.pk).filter(pk__in=waiting)
    for run in made.exclude(state__in=UNFINISHED):
        if run.state == RunState.DONE:
            link = format_html('<a href="{}">{}</a>', _url("file", run), _("Download"))
            said = format_html("{} {}", _("Your file is ready: %s.") % name_of(run), link)
            messages.success(request, said)
        else:
            messages.error(request, _("Your file could not be made: %s.") % name_of(run))
        waiting = [pk for pk in waiting if pk != run.pk]
    request.session[WAITING] = waiting
    return {}


def page(request: HttpRequest) -> HttpResponse:
    """What was made, or is being made, for this person."""
    at = now()
    runs = list(list_files.asked_for(request.user.pk)[:LAST])
    busy = [_progress(run) for run in runs if run.state in UNFINISHED]
    rows = [_cells(run, at) for run in runs if run.state not in UNFINISHED]
    headings = (_("list"), _("filter"), _("format"), _("state"), _("made at"), "")
    table = Table(
        title=_("Made files"),
        note=_("Kept for 7 days, for you alone. Every list has a button that exports its rows."),
        columns=[Column(heading) for heading in headings],
        rows=rows,
        empty=_("None yet. Large lists are written by a worker, and their files come here."),
    )
    return site_pages.answer(request, _("Your files"), [*busy, table])


def progress(request: HttpRequest, run: int) -> HttpResponse:
    """How far a file is, for the page that watches it."""
    return JsonResponse(progress_facts(_own(request, run)))


def file(request: HttpRequest, run: int) -> Any:
    """Send what a worker made, to who asked for it and may still see the list."""
    found = _own(request, run)
    model_admin = site_pages.admin_of(found.facts["list"])
    if model_admin is None or not model_admin.has_view_permission(request):
        raise PermissionDenied
    if not list_files.is_there(found, now()):
        said = _("This file is not there any more. Export the list again.")
        part = notice(_("Removed"), said, tone="warn", icon="hourglass_disabled")
        return site_pages.answer(request, _("Your files"), [part], status=410)
    form = Form(found.facts["form"])
    return FileResponse(
        list_files.path_of(found).open("rb"),
        as_attachment=True,
        filename=_name(found.facts["list"], form),
        content_type=list_files.MEDIA_TYPES[form],
    )


def name_of(run: Run) -> Any:
    """Of which list it is."""
    model_admin = site_pages.admin_of(run.facts["list"])
    return capfirst(model_admin.opts.verbose_name_plural if model_admin else run.facts["list"])


def _own(request: HttpRequest, run: int) -> Run:
    return get_object_or_404(list_files.asked_for(request.user.pk), pk=run)


def _name(of: str, form: Form) -> str:
    return f"{of.partition('.')[2]}-{now():%Y-%m-%d}.{form}"


def _url(name: str, run: Run) -> str:
    return reverse(f"admin:{name}", args=[run.pk])


def _progress(run: Run) -> Panel:
    return Part(
        title=name_of(run),
        name="admin/parts/progress.html",
        context={
            "run": run,
            "facts": progress_facts(run),
            "bar": run_progress(run),
            "watch_url": _url("file_progress", run),
        },
    )


def _cells(run: Run, at: Any) -> list[Any]:
    link = format_html('<a class="bo-link" href="{}">{}</a>', _url("file", run), _("Download"))
    gone = _("removed, export again") if run.state == RunState.DONE else ""
    model_admin = site_pages.admin_of(run.facts["list"])
    address = display.list_of(model_admin.model) if model_admin else ""
    chosen = run.facts["filter"]
    again = format_html('<a class="bo-link" href="{}?{}">{}</a>', address, chosen, chosen)
    return [
        name_of(run),
        again if chosen else _("all rows"),
        LABELS[Form(run.facts["form"])][0],
        display.state_badge(run, "state", STATE_TONES),
        display.instant(run.finished_at),
        link if list_files.is_there(run, at) else gone,
    ]
