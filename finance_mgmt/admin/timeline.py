"""The timeline of an account: money, links, powers, decisions, bills, suspensions in one list."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, URLPattern, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..clock import now
from ..models import Account
from ..queries import timeline
from . import display, trail_words
from .base import Command, ReadOnlyAdmin
from .panels import Part

ADDRESS = "finance_mgmt_account_timeline"


def urls(model_admin: ReadOnlyAdmin) -> list[URLPattern]:
    """The address of the page."""

    def view(request: HttpRequest, pk: int) -> HttpResponse:
        account = get_object_or_404(Account, pk=pk)
        needed = ["finance_mgmt.view_account", "finance_mgmt.view_movement"]
        if not request.user.has_perms(needed):
            raise PermissionDenied
        return _page(request, model_admin, account)

    return [model_admin.own_url("<int:pk>/timeline/", view, ADDRESS)]


def button(request: HttpRequest, account: Account) -> Sequence[Command]:
    """The way there."""
    if not request.user.has_perm("finance_mgmt.view_movement"):
        return []
    return [
        Command(
            _("Timeline"), reverse(f"admin:{ADDRESS}", args=[account.pk]), "timeline", is_page=True
        )
    ]


def _page(request: HttpRequest, model_admin: ReadOnlyAdmin, account: Account) -> HttpResponse:
    before = request.GET.get("before", "")
    try:
        events, has_more = timeline.events(account.pk, now(), before=before)
    except ValueError as wrong:
        raise Http404 from wrong
    shown = {
        "events": [_shown(event, account) for event in events],
        "later": f"?before={events[-1].cursor}".replace("+", "%2B") if has_more else "",
        "is_first": not before,
    }
    context = {
        "heading": format_html(
            '{} <span class="bo-number">{} {}</span>', _("Timeline"), account.number, account.name
        ),
        "title": _("Timeline"),
        "commands": [Command(_("Account"), display.page_of(Account, account.pk), "apartment")],
        "panels": [Part(name="admin/finance_mgmt/timeline.html", context=shown)],
    }
    return model_admin.page(request, account, context, "admin/finance_mgmt/timeline_page.html")


def _shown(event: timeline.Event, account: Account) -> dict[str, Any]:
    words = dict(event.source.words.choices) if event.source.words else {}
    what = words.get(event.what, "")
    is_money = event.source.model == "finance_mgmt.movement"
    title = what if is_money and what else event.source.title
    return {
        "at": display.instant(event.at),
        "icon": event.source.icon,
        "tone": event.source.tone,
        "title": capfirst(title),
        "url": _address(event),
        "what": "" if is_money else what,
        "other": event.other,
        "amount": display.amount(event.amount, event.currency or account.currency)
        if event.amount is not None
        else "",
        "by": trail_words.actor(event.by),
        "decision": reverse("admin:finance_mgmt_decision_change", args=[event.decision])
        if event.decision
        else "",
    }


def _address(event: timeline.Event) -> str:
    name = event.source.model.replace(".", "_")
    try:
        return reverse(f"admin:{name}_change", args=[event.pk])
    except NoReverseMatch:  # a kind that has no page of its own
        return ""
