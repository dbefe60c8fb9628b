"""Who may act for an account: appointed on the account's page, dismissed on their own (Z6)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ..enums import Role
from ..models import Account, AccountUser
from ..services import people
from ..services.previews import Preview
from . import columns, command_pages, display
from .base import Command, ReadOnlyAdmin
from .command_forms import CommandForm
from .command_pages import CommandPage
from .panels import Column, Fact, Facts, Link, Panel, Table, notice

MAY = {
    Role.OWNER: gettext_lazy("Everything: relationships and powers, money, and looking."),
    Role.FINANCE: gettext_lazy("Money: pays, settles, transfers, orders. No relationships."),
    Role.VIEWER: gettext_lazy("Looks, changes nothing."),
}
SHOWN_ON_ACCOUNT = 20


class AppointForm(CommandForm):
    """Whom, and as what."""

    user = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=150,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Of somebody who can sign in. Administrators add people."),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=Role.choices,
        initial=Role.VIEWER,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy("A former role of this person for this account ends."),
    )

    def clean_user(self) -> User:
        """The person."""
        name = self.cleaned_data["user"]
        if (found := User._default_manager.filter(username=name).first()) is None:
            said = _("Nobody has this user name. Ask an administrator to add the person first.")
            raise forms.ValidationError(said, code="unknown_user")
        return found

    def clean_role(self) -> Role:
        """As the service wants it."""
        return Role(self.cleaned_data["role"])


class Appoint(CommandPage):
    """Let a person act for an account."""

    name, icon, needs = "appoint", "person_add", "finance_mgmt.appoint_user"
    label = gettext_lazy("Appoint a user")
    form_class = AppointForm
    service = people.appoint
    done = gettext_lazy("The person may act for this account now.")
    intro = gettext_lazy("They act for it through the API, with a token of their own (Z6).")

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account, the person and the role."""
        return {"account": row, "user": given["user"], "role": given["role"]}

    def parties(self, row: Account, given: dict[str, Any]) -> Collection[int]:
        """No money and no terms change."""
        return ()

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """What the person may do from now on."""
        role = given["role"]
        return [notice(role.label, MAY[role], tone="busy", icon="badge")]


class Dismiss(CommandPage):
    """End it."""

    name, icon, needs = "dismiss", "person_remove", "finance_mgmt.appoint_user"
    label = gettext_lazy("Dismiss")
    service = people.dismiss
    done = gettext_lazy("The person may not act for this account any more.")
    intro = gettext_lazy("At once: tokens of this person find the account's doors closed.")

    def is_offered(self, row: AccountUser) -> bool:
        """Once."""
        return row.dismissed_at is None

    def arguments(self, row: AccountUser, given: dict[str, Any]) -> dict[str, Any]:
        """The appointment."""
        return {"account_user": row}

    def parties(self, row: AccountUser, given: dict[str, Any]) -> Collection[int]:
        """No money and no terms change."""
        return ()


PAGES: list[CommandPage] = [Dismiss()]


class TodayFilter(DropdownFilter):
    """Those of today, or those of the past."""

    title = gettext_lazy("may act")
    parameter_name = "may"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Both."""
        return [("today", _("today")), ("dismissed", _("not any more"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """One of them, or all."""
        if self.value() not in ("today", "dismissed"):
            return queryset
        return queryset.filter(dismissed_at__isnull=self.value() == "today")


@admin.register(AccountUser)
class AccountUserAdmin(ReadOnlyAdmin):
    """Who acts or acted for which account."""

    when_empty = gettext_lazy(
        "Nobody may act for an account yet. Appoint somebody on the page of the account."
    )
    first_step = (
        gettext_lazy("Accounts"),
        "admin:finance_mgmt_account_changelist",
        "finance_mgmt.view_account",
    )
    list_display = ("person", "account_link", "role", "appointed_instant", "dismissed_instant")
    list_display_links = ("person",)
    list_select_related = ("user", "account")
    list_filter = (
        TodayFilter,
        ("role", ChoicesDropdownFilter),
        ("account", AutocompleteSelectFilter),
    )
    search_fields = ("user__username", "account__number")
    search_help_text = gettext_lazy("User name or number of the account")
    ordering = ("-id",)

    account_link = columns.account("account", gettext_lazy("account"))
    appointed_instant = columns.instant("appointed_at", gettext_lazy("appointed at"))
    dismissed_instant = columns.instant("dismissed_at", gettext_lazy("dismissed at"))

    @admin.display(description=gettext_lazy("user"), ordering="user__username")
    def person(self, row: AccountUser) -> Any:
        """By the name they sign in with."""
        return row.user.get_username()

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what names the row."""
        return super().get_queryset(request).select_related("user", "account", "decision")

    def own_urls(self) -> list[URLPattern]:
        """Dismissing."""
        return command_pages.urls(self, PAGES)

    def heading(self, row: AccountUser) -> Any:
        """The person."""
        return row.user.get_username()

    def badges(self, row: AccountUser) -> Sequence[Any]:
        """Whether it still holds."""
        is_past = row.dismissed_at is not None
        text = _("dismissed") if is_past else row.get_role_display()
        return [display.badge(text, "quiet" if is_past else "good")]

    def commands(self, request: HttpRequest, row: AccountUser) -> Sequence[Command]:
        """Dismissing, once."""
        return command_pages.buttons(request, row, PAGES)

    def panels(self, request: HttpRequest, row: AccountUser) -> Sequence[Panel]:
        """For whom, as what, since when, by whose decision."""
        return [
            Facts(
                title=_("Appointment"),
                facts=[
                    Fact(_("account"), display.account(row.account)),
                    Fact(_("role"), row.get_role_display(), MAY[Role(row.role)], "Z6"),
                    Fact(_("appointed at"), display.instant(row.appointed_at)),
                    Fact(_("dismissed at"), display.instant(row.dismissed_at)),
                    Fact(_("decision"), display.decision(row.decision), rule="Z8"),
                ],
            )
        ]


def panel(request: HttpRequest, account: Account) -> list[Panel]:
    """Who may act for the account today, for those who may look at people."""
    if not request.user.has_perm("finance_mgmt.view_accountuser"):
        return []
    held = AccountUser.objects.filter(account=account, dismissed_at__isnull=True)
    rows = list(held.select_related("user").order_by("user__username")[: SHOWN_ON_ACCOUNT + 1])
    url = display.list_of(AccountUser, account__id__exact=account.pk)
    return [
        Table(
            title=_("Users"),
            note=_("Who may act for the account through the API (Z6)."),
            anchor="users",
            width="half",
            columns=[Column(_("user")), Column(_("role")), Column(_("since"))],
            rows=[
                [
                    display.link(row, row.user.get_username()),
                    row.get_role_display(),
                    display.instant(row.appointed_at),
                ]
                for row in rows[:SHOWN_ON_ACCOUNT]
            ],
            empty=_("Nobody. Appoint somebody to let programs act for it."),
            more=Link(_("All users"), url) if len(rows) > SHOWN_ON_ACCOUNT else None,
        )
    ]
