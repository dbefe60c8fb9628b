"""Files of a bill: at once where it is small, else a worker makes it and its page tells how far."""

import tempfile
import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.base import Command
from finance_mgmt.admin.panels import Column, Panel, Table
from finance_mgmt.admin.run_panels import STATE_TONES, UNFINISHED, progress_part
from finance_mgmt.clock import now
from finance_mgmt.enums import RunState
from finance_mgmt.models import Run
from finance_mgmt.tasks import poke

from ..models import Bill
from ..services import exports
from ..services.exports import Form

LABELS = {
    Form.FOCUS: (gettext_lazy("FOCUS file"), "cloud_download"),
    Form.XLSX: (gettext_lazy("Spreadsheet"), "table_view"),
    Form.CSV: (gettext_lazy("CSV"), "csv"),
}
LAST_FILES = 5


def may_take(request: HttpRequest) -> bool:
    """A file has the bill and all its lines."""
    return request.user.has_perms(["billing.view_bill", "billing.view_charge"])


def commands(request: HttpRequest, bill: Bill) -> list[Command]:
    """A button for each kind of file."""
    if not may_take(request):
        return []
    return [
        Command(
            label,
            reverse("admin:billing_bill_file", args=[bill.pk, form]),
            icon,
            is_post=not exports.is_small(bill),
        )
        for form, (label, icon) in LABELS.items()
    ]


def panels(request: HttpRequest, bill: Bill) -> list[Panel]:
    """What workers made or are making; nothing for bills whose files are made at once."""
    if exports.is_small(bill) or not may_take(request):
        return []
    found = exports.asked_for(bill, LAST_FILES)
    busy = [run for run in found if run.state in UNFINISHED]
    made = [run for run in found if run.state not in UNFINISHED]
    shown: list[Panel] = [progress_part(run, title=_label(run)) for run in busy]
    if made:
        rows = [_cells(bill, run) for run in made]
        headings = (_("file"), _("state"), _("asked for by"), _("made at"), "")
        shown.append(
            Table(
                title=_("Files"),
                anchor="files",
                note=_("Kept for a week; a bill never changes, so ask again."),
                columns=[Column(heading) for heading in headings],
                rows=rows,
            )
        )
    return shown


def file(request: HttpRequest, pk: int, form: str) -> Any:
    """Send the file, or have it made."""
    bill, kind = _asked(request, pk, form)
    if exports.is_small(bill):
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return _sent(bill, kind)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    with transaction.atomic():
        run = exports.ask(
            bill=bill,
            form=kind,
            language=get_language() or "en",
            key=f"file {uuid.uuid4()}",
            by=request.user.get_username(),
            at=now(),
        )
        transaction.on_commit(lambda: poke(run))
    messages.success(request, _("A worker makes the file now."))
    return redirect(f"{display.page_of(Bill, pk)}#files")


def made(request: HttpRequest, pk: int, run: int) -> Any:
    """Send what a worker made."""
    if not may_take(request):
        raise PermissionDenied
    found = get_object_or_404(Run, pk=run, kind="export", key__startswith=f"export {pk} ")
    bill = get_object_or_404(Bill.objects.select_related("payer"), pk=pk)
    form = Form(found.facts["form"])
    path = exports.path_of(found, form)
    if found.state != RunState.DONE or not path.exists():
        raise Http404
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=exports.file_name(bill, form),
        content_type=exports.MEDIA_TYPES[form],
    )


def _asked(request: HttpRequest, pk: int, form: str) -> tuple[Bill, Form]:
    if not may_take(request):
        raise PermissionDenied
    if form not in list(Form):
        raise Http404
    return get_object_or_404(Bill.objects.select_related("payer"), pk=pk), Form(form)


def _sent(bill: Bill, form: Form) -> HttpResponse | FileResponse | StreamingHttpResponse:
    name, media_type = exports.file_name(bill, form), exports.MEDIA_TYPES[form]
    if form == Form.XLSX:
        book = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
        exports.write(bill, form, book)
        book.seek(0)
        return FileResponse(book, as_attachment=True, filename=name, content_type=media_type)
    answer = StreamingHttpResponse(_bytes(bill, form), content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _bytes(bill: Bill, form: Form) -> Iterator[bytes]:
    return (piece.encode() for piece in exports.text(bill, form))


def _label(run: Run) -> Any:
    return LABELS[Form(run.facts["form"])][0]


def _cells(bill: Bill, run: Run) -> list[Any]:
    url = reverse("admin:billing_bill_made_file", args=[bill.pk, run.pk])
    is_there = exports.path_of(run, Form(run.facts["form"])).exists()
    link = format_html('<a class="bo-link" href="{}">{}</a>', url, _("Download"))
    is_done = run.state == RunState.DONE
    return [
        display.link(run, _label(run)),
        display.state_badge(run, "state", STATE_TONES),
        run.by,
        display.instant(run.finished_at),
        (link if is_there else _("removed, ask again")) if is_done else "",
    ]
