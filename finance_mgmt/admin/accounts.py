"""Accounts: where each stands, what it has, and why."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from .. import queries
from ..clock import now
from ..enums import Channel, Mode
from ..models import Account, Relationship
from ..rules.terms import Standing, decide
from . import (
    account_commands,
    account_panels,
    account_users,
    as_of,
    columns,
    command_pages,
    display,
    funds,
    linking,
    money_commands,
    new_rows,
    notice_commands,
    parking,
    timeline,
)
from .base import Command, ReadOnlyAdmin
from .panels import Panel, provided
from .relationships import mode_badge


class RoleFilter(DropdownFilter):
    """Who manages or pays for whom, today."""

    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The roles an account may have."""
        return [
            ("master", _("master")),
            ("member", _("member")),
            ("trusteeship", _("member in trusteeship")),
            ("management", _("member in management")),
            ("alone", _("alone")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Accounts in that role at this instant."""
        role = self.value()
        if not role:
            return queryset
        at = now()
        linked = Relationship.objects.filter(queries.in_force(at))
        as_master = Exists(linked.filter(master=OuterRef("pk")))
        as_member = Exists(linked.filter(member=OuterRef("pk")))
        in_trusteeship = linked.filter(mode=Mode.TRUSTEESHIP, trusteeship_from__lte=at)
        in_trust = Exists(in_trusteeship.filter(member=OuterRef("pk")))
        wanted = {
            "master": as_master,
            "member": as_member,
            "trusteeship": in_trust,
            "management": as_member & ~in_trust,
            "alone": ~as_master & ~as_member,
        }
        return queryset.filter(wanted[role]) if role in wanted else queryset


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """All customers. Everything is looked at here; services change it."""

    when_empty = gettext_lazy(
        "Open accounts here or through the API, or load the demo: python3 dev.py demo."
    )
    first_step = (
        gettext_lazy("Open an account"),
        "admin:finance_mgmt_account_open",
        "finance_mgmt.open_account",
    )
    list_display = (
        "number",
        "name",
        "legal_name",
        "role",
        "available_amount",
        "limit_amount",
        "states",
    )
    list_display_links = ("number", "name")
    list_select_related = ("identity", "funds")
    list_filter = (
        RoleFilter,
        ("channel", ChoicesDropdownFilter),
        ("identity", admin.EmptyFieldListFilter),
    )
    search_fields = ("number", "name", "identity__legal_name")
    search_help_text = gettext_lazy("Number, name or legal name")
    ordering = ("number",)

    limit_amount = columns.amount("funds__credit_limit", gettext_lazy("credit limit"))

    def fill(self, rows: list[Account]) -> None:
        """Terms, figures and members of all rows of the page, in four queries."""
        at = now()
        ids = [row.pk for row in rows]
        stands = queries.standings(ids, at)
        masters = Account.objects.in_bulk(
            [stand.master for stand in stands.values() if stand.master]
        )
        counts = dict(
            Relationship.objects.filter(queries.in_force(at), master_id__in=ids)
            .values_list("master")
            .annotate(members=Count("pk"))
        )
        for row in rows:
            row.standing = stands[row.pk]
            row.master = masters.get(row.standing.master)
            row.member_count = counts.get(row.pk, 0)
            row.figures = queries.figures(row.funds, decide(row.standing))

    @admin.display(description=gettext_lazy("verified identity"), ordering="identity__legal_name")
    def legal_name(self, row: Account) -> Any:
        """Who it is proven to be."""
        return display.link(row.identity, row.identity.legal_name) if row.identity else None

    @admin.display(description=gettext_lazy("role"))
    def role(self, row: Account) -> Any:
        """Master of N, member of X, or alone."""
        return _role(row.standing, row.master, row.member_count)

    @admin.display(description=gettext_lazy("available"))
    def available_amount(self, row: Account) -> Any:
        """F3. Not sortable: it follows from the terms of each."""
        return display.amount(row.figures.available, row.currency)

    @admin.display(description=gettext_lazy("state"))
    def states(self, row: Account) -> Any:
        """What deserves a look."""
        return (
            format_html("{}" * len(found), *found) if (found := _states(row)) else display.NOTHING
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the funds, which every account has."""
        return super().get_queryset(request).select_related("identity", "funds", "decision")

    def heading(self, row: Account) -> Any:
        """Name before number: people know the name."""
        return format_html('{} <span class="bo-number">{}</span>', row.name, row.number)

    def own_urls(self) -> list[URLPattern]:
        """Every command about its money and people, its timeline, and its past."""
        opening = new_rows.urls(self, account_commands.OF_LIST)
        commands = command_pages.urls(self, _pages())
        return [*opening, *commands, *timeline.urls(self), *as_of.urls(self)]

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button that opens one."""
        return {"list_commands": new_rows.buttons(request, account_commands.OF_LIST)}

    def commands(self, request: HttpRequest, row: Account) -> Sequence[Command]:
        """What this person may do with it."""
        links = linking.button(request, row)
        pages = command_pages.buttons(request, row, _pages())
        past = [*timeline.button(request, row), *as_of.button(request, row)]
        return [*links, *pages, *past, *provided("ACCOUNT_LINKS", request, row)]

    def badges(self, row: Account) -> Sequence[Any]:
        """The role and what deserves a look."""
        self.fill([row])
        role = _role(row.standing, row.master, row.member_count)
        is_parked = parking.open_parkings().filter(account=row).exists()
        return [role, *_states(row), *([display.badge(_("parked"), "bad")] if is_parked else [])]

    def panels(self, request: HttpRequest, row: Account) -> Sequence[Panel]:
        """Figures, terms, funds, links, movements; then what other floors know."""
        at = now()
        names = {pk.pk: pk for pk in (row, row.master) if pk}
        return [
            account_panels.top(row, row.figures),
            account_panels.terms_today(row, decide(row.standing), names),
            funds.panel(row, row.figures),
            *self._links(request, row, at),
            account_panels.movements(row),
            *provided("ACCOUNT_PANELS", request, row),
            *account_users.panel(request, row),
            account_panels.about(row),
        ]

    def _links(self, request: HttpRequest, row: Account, at: datetime) -> list[Panel]:
        found = (
            account_panels.members(request, row, at),
            account_panels.masters(row, at),
            account_panels.grants(row, at),
        )
        return [panel for panel in found if panel]


def _pages() -> list[command_pages.CommandPage]:
    """All commands, with those of upper floors (settings.ACCOUNT_COMMANDS)."""
    added = [import_string(path)() for path in settings.ACCOUNT_COMMANDS]
    own = [
        *money_commands.PAGES,
        *account_commands.OF_ACCOUNTS,
        *notice_commands.OF_ACCOUNTS,
        account_users.Appoint(),
    ]
    return [*own, *added, *parking.OF_ACCOUNTS]


def _role(standing: Standing, master: Account | None, members: int) -> Any:
    if members:
        text = ngettext("master of %(count)s", "master of %(count)s", members)
        return display.badge(text % {"count": members}, "info")
    if master:
        badge = mode_badge(standing.mode or Mode.MANAGEMENT)
        said = '<span class="bo-together">{} {} {}</span>'
        return format_html(said, badge, _("of"), display.number(master))
    return display.badge(_("alone"), "quiet")


def _states(row: Account) -> list[Any]:
    terms = decide(row.standing)
    found = []
    if row.figures.available < 0:
        found.append(display.badge(_("arrears"), "bad"))
    if row.figures.overshoot:
        found.append(display.badge(_("over the limit"), "bad"))
    if terms.is_own_credit_dormant and row.figures.credit_limit:
        found.append(display.badge(_("own credit dormant"), "warn"))
    if row.identity is None:
        found.append(display.badge(_("not verified"), "warn"))
    if row.channel == Channel.RESELLER:
        found.append(display.badge(_("reseller"), "quiet"))
    return found
