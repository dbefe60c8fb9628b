"""What-ifs: asking, watching the run, the answer, and its files."""

import csv
import io
import json
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Charge
from finance_mgmt import queries
from finance_mgmt.admin import columns, display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin, show_refusal
from finance_mgmt.admin.panels import Fact, Facts, Panel, notice
from finance_mgmt.admin.run_panels import progress_part, run_progress
from finance_mgmt.clock import now
from finance_mgmt.enums import RunState
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Account, Relationship
from finance_mgmt.tasks import poke

from ..models import WhatIf
from ..replay import sheets
from ..replay.question import Question
from ..services import what_ifs
from . import answers
from .questions import KINDS, QuestionForm

ASK = "simulation_whatif_ask"
FILES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def button(request: HttpRequest, row: Account) -> Sequence[Command]:
    """The way to a question about an account (settings.ACCOUNT_LINKS)."""
    if not request.user.has_perm("simulation.add_whatif"):
        return []
    url = reverse(f"admin:{ASK}") + f"?account={row.pk}"
    return [Command(_("What if?"), url, "alt_route", is_page=True)]


def button_of_link(request: HttpRequest, row: Relationship) -> Sequence[Command]:
    """The way to a question about a relationship (settings.RELATIONSHIP_LINKS)."""
    return button(request, row.member)


@admin.register(WhatIf)
class WhatIfAdmin(ReadOnlyAdmin):
    """Questions and their answers."""

    when_empty = gettext_lazy(
        "Ask what months would have cost under other links, discounts or limits. Nothing "
        "is changed by asking."
    )
    first_step = (gettext_lazy("What if?"), "admin:simulation_whatif_ask", "simulation.add_whatif")
    list_display = ("name", "account", "change", "months", "progress", "asked_instant", "by")
    list_select_related = ("account", "run")
    search_fields = ("account__number", "by")
    search_help_text = gettext_lazy("Number of the account, or who asked")
    ordering = ("-id",)

    asked_instant = columns.instant("asked_at", gettext_lazy("asked at"))

    @admin.display(description=gettext_lazy("question"), ordering="id")
    def name(self, row: WhatIf) -> Any:
        """Its number."""
        kind = _("What-if")
        return f"{kind} {row.pk}"

    @admin.display(description=gettext_lazy("change"))
    def change(self, row: WhatIf) -> Any:
        """In words."""
        return said(row)

    @admin.display(description=gettext_lazy("months"))
    def months(self, row: WhatIf) -> str:
        """From when, how many."""
        return months(row)

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, row: WhatIf) -> Any:
        """How far its run is."""
        return run_progress(row.run)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the account and the run."""
        return super().get_queryset(request).select_related("account", "run")

    def own_urls(self) -> list[URLPattern]:
        """Asking, and the files of an answer."""
        return [
            self.own_url("ask/", self.ask_view, ASK),
            self.own_url("<int:pk>/file/<str:kind>/", self.file_view, "simulation_whatif_file"),
        ]

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """With the button to ask."""
        if not request.user.has_perm("simulation.add_whatif"):
            return {}
        url = reverse(f"admin:{ASK}")
        return {"list_commands": [Command(_("Ask what if"), url, "alt_route", is_primary=True)]}

    def heading(self, row: WhatIf) -> Any:
        """What was asked."""
        return format_html('{} <span class="bo-number">{}</span>', capfirst(said(row)), months(row))

    def commands(self, request: HttpRequest, row: WhatIf) -> Sequence[Command]:
        """The files, and another question."""
        found = []
        if row.answer is not None:
            for kind in FILES:
                url = reverse("admin:simulation_whatif_file", args=[row.pk, kind])
                found.append(Command(kind.upper(), url, "download"))
        return [*found, *button(request, row.account)]

    def panels(self, request: HttpRequest, row: WhatIf) -> Sequence[Panel]:
        """The progress, then the answer."""
        if row.run.state == RunState.FAILED:
            error = row.run.steps.exclude(error="").values_list("error", flat=True).first() or ""
            last = error.strip().splitlines()[-1:] or [""]
            return [
                notice(_("It could not be answered."), last[0], tone="bad", icon="error"),
                _about(row),
            ]
        if row.answer is None or row.run.state != RunState.DONE:
            return [progress_part(row.run, title=_("Replaying the history")), _about(row)]
        return [*answers.panels(row), _about(row)]

    def file_view(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """The answer as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(WhatIf, pk=pk)
        if kind not in FILES or row.answer is None:
            raise Http404
        content = _content(row, kind)
        answer = HttpResponse(content, content_type=FILES[kind])
        answer["Content-Disposition"] = f'attachment; filename="what-if-{row.pk}.{kind}"'
        return answer

    def ask_view(self, request: HttpRequest) -> HttpResponse:
        """The form; then the run."""
        if not request.user.has_perm("simulation.add_whatif"):
            raise PermissionDenied
        if request.method == "POST":
            form = QuestionForm(request.POST)
            if form.is_valid() and (asked := _ask(request, form)):
                return redirect(display.page_of(WhatIf, asked.pk))
        else:
            form = QuestionForm(initial=_initial(request))
        title = _("What if?")
        context = {"heading": title, "title": title, "form": form}
        return self.page(request, None, context, "admin/simulation/ask.html")


def months(row: WhatIf) -> str:
    """The months looked at: 2024-09, or 2024-09 – 2024-11."""
    question = Question.restored(row.question)
    first, last = f"{question.first:%Y-%m}", f"{question.last:%Y-%m}"
    return first if first == last else f"{first} – {last}"


def said(row: WhatIf) -> str:
    """The change in words."""
    change = row.question["change"] or {"": {}}
    ((kind, keys),) = change.items()
    named = [str(value) for value in keys.values() if isinstance(value, str)]
    return f"{KINDS[kind]}: {', '.join(named)}" if named else str(KINDS[kind])


def _initial(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.get("account", "")
    account = asked if asked.isdecimal() else None
    charges = Charge.objects.filter(owner=account) if account else Charge.objects.none()
    last = charges.order_by("-billing_month").values_list("billing_month", flat=True).first()
    if last is None:
        zone = queries.policy().zone
        last = (now().astimezone(zone).replace(day=1) - timedelta(days=1)).date()
    return {
        "key": str(uuid.uuid4()),
        "account": account,
        "member": account,
        "owner": account,
        "first": f"{last:%Y-%m}",
        "months": 1,
        "change": request.GET.get("change", "end"),
    }


def _ask(request: HttpRequest, form: QuestionForm) -> WhatIf | None:
    person = request.user
    try:
        with transaction.atomic():
            asked = what_ifs.ask(
                question=form.question(),
                key=f"admin {person.pk} {form.cleaned_data['key']}",
                by=person.get_username(),
                at=now(),
            )
            transaction.on_commit(lambda: poke(asked.run))
    except FinanceError as refusal:
        show_refusal(form, refusal)
        return None
    return asked


def _content(row: WhatIf, kind: str) -> bytes:
    if kind == "xlsx":
        return sheets.workbook(row.answer)
    if kind == "json":
        told = {"question": row.question, **row.answer}
        return json.dumps(told, ensure_ascii=False, indent=1).encode()
    text = io.StringIO()
    csv.writer(text).writerows(sheets.rows(row.answer, "lines"))
    return text.getvalue().encode("utf-8-sig")


def _about(row: WhatIf) -> Panel:
    at = row.question["at"]
    return Facts(
        title=_("About the question"),
        facts=[
            Fact(_("change"), said(row)),
            Fact(_("account"), display.account(row.account)),
            Fact(_("months"), months(row)),
            Fact(_("change made at"), at or _("start of the first month")),
            Fact(_("asked by"), row.by),
            Fact(_("asked at"), display.instant(row.asked_at)),
            Fact(_("took"), display.took(row.run.started_at, row.run.finished_at)),
            Fact(_("run"), display.link(row.run)),
        ],
    )
