"""Approvals: what somebody asked for, and the second person who decides (Z7)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from ..clock import now
from ..enums import ApprovalState
from ..models import Account, Approval, Relationship
from ..services import rehearsals
from . import approval_commands, columns, command_pages, display
from .base import Command, ReadOnlyAdmin
from .panels import Column, Fact, Facts, Panel, Table, notice
from .preview_panels import currencies, figures_panel, panels, reasons_part

STATE_TONES = {
    ApprovalState.WAITING: "warn",
    ApprovalState.APPROVED: "good",
    ApprovalState.REJECTED: "bad",
    ApprovalState.WITHDRAWN: "quiet",
    ApprovalState.EXPIRED: "quiet",
    ApprovalState.FAILED: "bad",
}


def waiting_count(limit: int) -> int:
    """How many requests wait, counted up to a limit: the sidebar's badge."""
    waiting = Approval.objects.filter(state=ApprovalState.WAITING, expires_at__gt=now())
    return waiting[:limit].count()


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Requests that wait for a second person, and what became of the others."""

    when_empty = gettext_lazy(
        "Nothing waits for a second person. Requests come here once the policy asks for "
        "four eyes above an amount."
    )
    first_step = (
        gettext_lazy("Policy"),
        "admin:finance_mgmt_storedpolicy_changelist",
        "finance_mgmt.view_storedpolicy",
    )
    list_display = (
        "asked_command",
        "about",
        "row_amount",
        "state_badge",
        "asked_by",
        "asked_instant",
        "expiry_instant",
        "decided_by",
    )
    list_display_links = ("asked_command",)
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("=asked_by", "=decided_by", "^verb", "=key")
    search_help_text = gettext_lazy("Who asked or decided, or the start of the command")
    ordering = ("-id",)

    row_amount = columns.amount("amount", gettext_lazy("amount"), currency="")
    state_badge = columns.state("state", gettext_lazy("state"), STATE_TONES)
    asked_instant = columns.instant("asked_at", gettext_lazy("asked at"))
    expiry_instant = columns.instant("expires_at", gettext_lazy("expires at"))

    @admin.display(description=gettext_lazy("command"), ordering="verb")
    def asked_command(self, row: Approval) -> Any:
        """In words."""
        return row.command

    @admin.display(description=gettext_lazy("about"))
    def about(self, row: Approval) -> Any:
        """The first facts, enough to recognise it."""
        told = {k: v for k, v in row.arguments.items() if k in ABOUT}
        return " · ".join(str(value) for value in told.values()) or display.NOTHING

    def own_urls(self) -> list[URLPattern]:
        """Approve, reject, withdraw."""
        return command_pages.urls(self, approval_commands.PAGES)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the member that is asked."""
        return super().get_queryset(request).select_related("consent_of")

    def heading(self, row: Approval) -> Any:
        """The command in words."""
        return row.command

    def badges(self, row: Approval) -> Sequence[Any]:
        """The state; expired once its time is over, whether the job has said so or not."""
        if row.state == ApprovalState.WAITING and row.expires_at <= now():
            return [display.badge(ApprovalState.EXPIRED.label, "quiet")]
        return [display.state_badge(row, "state", STATE_TONES)]

    def commands(self, request: HttpRequest, row: Approval) -> Sequence[Command]:
        """What this person may decide now."""
        return command_pages.buttons(request, row, approval_commands.PAGES)

    def panels(self, request: HttpRequest, row: Approval) -> Sequence[Panel]:
        """What was asked, by whom; what the asker saw; what it would do now."""
        shown: list[Panel] = [*_hint(request, row), _asked(row), _arguments(row)]
        if approval_commands.is_open(row):
            shown += _now(request, row)
        elif stored := _stored(row):
            shown.append(stored)
        return shown


ABOUT = ("master", "member", "account", "order", "relationship")


def _hint(request: HttpRequest, row: Approval) -> list[Panel]:
    if not approval_commands.is_open(row):
        return []
    if reason := approval_commands.why_not(request.user, row):
        return [notice(reason, "", tone="warn", icon="front_hand")]
    return []


def _asked(row: Approval) -> Panel:
    return Facts(
        title=_("Who and when"),
        width="half",
        facts=[
            Fact(_("asked by"), row.asked_by),
            Fact(_("asked at"), display.instant(row.asked_at)),
            *_waits_for(row),
            Fact(_("expires at"), display.instant(row.expires_at), rule="Z7"),
            Fact(_("decided by"), row.decided_by or display.NOTHING),
            Fact(_("decided at"), display.instant(row.decided_at)),
            Fact(_("comment"), row.comment or display.NOTHING),
        ],
    )


def _waits_for(row: Approval) -> list[Fact]:
    """The member, where it is its consent that is asked for."""
    if row.consent_of is None:
        return []
    why = _("It answers through the API; or whoever may approve notes its answer here.")
    return [Fact(_("consent of"), display.account(row.consent_of), why, "L5")]


def _arguments(row: Approval) -> Panel:
    facts = [Fact(_("command"), row.command)]
    facts += [
        Fact(ARGUMENT_NAMES.get(name, name.replace("_", " ")), _argument(name, value))
        for name, value in row.arguments.items()
        if value not in ("", None)
    ]
    if row.amount is not None:
        facts.append(Fact(_("amount that decides"), display.amount(row.amount), rule="Z7"))
    return Facts(title=_("What was asked"), width="half", facts=facts)


ARGUMENT_NAMES = {
    "account": gettext_lazy("account"),
    "master": gettext_lazy("master"),
    "member": gettext_lazy("member"),
    "amount": gettext_lazy("amount"),
    "limit": gettext_lazy("credit limit"),
    "reason": gettext_lazy("reason"),
    "moves": gettext_lazy("amounts"),
    "order": gettext_lazy("order"),
    "relationship": gettext_lazy("relationship"),
    "is_on": gettext_lazy("switched on"),
    "has_acknowledged": gettext_lazy("notice acknowledged"),
    "effective_at": gettext_lazy("takes effect"),
}


def _argument(name: str, value: Any) -> Any:
    if name in ("account", "master", "member"):
        return display.account(Account.objects.filter(number=value).first()) or value
    if name == "relationship":
        link = Relationship.objects.select_related("master", "member").filter(pk=value).first()
        return display.link(link)
    if name in ("amount", "limit"):
        return display.amount(Decimal(value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Mapping):
        pairs = sorted(value.items())
        return format_html_join("", '<span class="bo-line">{} {}</span>', pairs)
    return value


def _stored(row: Approval) -> Panel | None:
    changes = row.preview.get("would", {}).get("changes", {})
    known = Account.objects.filter(Q(number__in=list(changes))).in_bulk()
    return figures_panel(changes, currencies(known))


def _now(request: HttpRequest, row: Approval) -> list[Panel]:
    at = now()
    found = rehearsals.rehearse(approval=row, by=f"not {row.asked_by}", at=at)
    if found.refusal:
        return [reasons_part(found.refusal)]
    head = Table(
        title=_("What it would do now"),
        note=_("Asked again at this moment; it may differ from what the asker saw."),
        columns=[Column("")],
        rows=[],
        empty=_("Every rule allows it."),
    )
    return [head, *panels(found, at)]
