"""Thresholds of warnings: who is told when; set for one account or for many at once (W1, W5)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from finance_mgmt import queries as ground
from finance_mgmt.admin import columns, display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.command_forms import AccountField, AmountField, CommandForm
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.panels import Column, Panel, Table
from finance_mgmt.clock import now
from finance_mgmt.enums import Mode
from finance_mgmt.models import Account
from finance_mgmt.money import plain
from finance_mgmt.services.previews import Preview

from ..enums import ThresholdKind
from ..models import Threshold
from ..services import warnings

ADDRESS = "billing_threshold_set"
MOST_AMOUNTS = 10
SHOWN = 50


class AmountsField(forms.Field):
    """Some amounts, apart by spaces or semicolons; empty: none."""

    def __init__(self, **options: Any) -> None:
        attributes = {"autocomplete": "off", "class": "bo-input-amount"}
        super().__init__(
            required=False, widget=UnfoldAdminTextInputWidget(attrs=attributes), **options
        )

    def to_python(self, value: Any) -> list[Decimal]:
        """Each once, in order."""
        one = AmountField(required=False)
        words = str(value or "").replace(";", " ").split()
        amounts = {amount for word in words if (amount := one.to_python(word)) is not None}
        if len(amounts) > MOST_AMOUNTS:
            raise ValidationError(_("Give at most %(count)s.") % {"count": MOST_AMOUNTS})
        return sorted(amounts)


class ThresholdForm(CommandForm):
    """The whole list of each kind."""

    warn_below = AmountsField(
        label=gettext_lazy("Warn when funds fall below"),
        help_text=gettext_lazy("Amounts apart by spaces, such as 1000.00 100.00. Empty: never."),
    )
    warn_spend = AmountsField(
        label=gettext_lazy("Warn when a month's spending passes"),
        help_text=gettext_lazy("Amounts apart by spaces. Empty: never."),
    )

    @property
    def asked(self) -> list[tuple[Any, Any]]:
        """As people read it."""
        shown = (
            (self.fields[name].label, self.cleaned_data.get(name))
            for name in ("warn_below", "warn_spend")
        )
        return [(label, _amounts(found or ())) for label, found in shown]


class SetThresholds(CommandPage):
    """The thresholds of one account."""

    name, icon, needs = "thresholds", "notification_important", "finance_mgmt.set_thresholds"
    label = gettext_lazy("Thresholds")
    form_class = ThresholdForm
    service = warnings.set_thresholds
    done = gettext_lazy("The thresholds are set.")
    intro = gettext_lazy(
        "Each is told once when it is crossed, and again after recovery or in a new month (W3). In"
        " trusteeship nothing is told to the member: set the master's (W2)."
    )

    def initial(self, request: HttpRequest, row: Account) -> dict[str, Any]:
        """As they are."""
        found = _present([row])[row.pk]
        return {
            "warn_below": " ".join(plain(one, 2) for one in found[ThresholdKind.LOW_FUNDS]),
            "warn_spend": " ".join(plain(one, 2) for one in found[ThresholdKind.SPENDING]),
        }

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account and both lists."""
        return {"account": row, **_given(given)}

    def parties(self, row: Account, given: dict[str, Any]) -> list[int]:
        """The account."""
        return [row.pk]

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """Was and will be."""
        return [_changes(list(found.accounts.values()), given)]


class BulkForm(ThresholdForm):
    """Whose."""

    accounts = forms.ModelMultipleChoiceField(
        Account.objects.all(),
        required=False,
        label=gettext_lazy("Accounts"),
        widget=AutocompleteSelectMultiple(Threshold._meta.get_field("account"), admin.site),
    )
    master = AccountField(
        "master",
        required=False,
        label=gettext_lazy("All members of"),
        help_text=gettext_lazy("The present members in management: in trusteeship W2 stands."),
    )
    field_order = ("accounts", "master", "warn_below", "warn_spend")

    def clean(self) -> dict[str, Any]:
        """At least one account."""
        given = super().clean() or self.cleaned_data
        if not self.errors and not chosen(given):
            raise ValidationError(_("Choose at least one account."))
        return given

    @property
    def asked(self) -> list[tuple[Any, Any]]:
        """Whose, then what."""
        numbers = ", ".join(one.number for one in chosen(self.cleaned_data)[:SHOWN])
        return [(_("Accounts"), numbers), *super().asked]


class SetInBulk(SetThresholds):
    """The thresholds of many accounts."""

    name = "bulk"
    label = gettext_lazy("Set thresholds in bulk")
    form_class = BulkForm
    service = warnings.set_thresholds_of

    def initial(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Accounts from the address."""
        wanted = [one for one in request.GET.getlist("account") if one.isdecimal()]
        return {"accounts": wanted}

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """All accounts and both lists."""
        return {"accounts": chosen(given), **_given(given)}

    def parties(self, row: Any, given: dict[str, Any]) -> list[int]:
        """All of them."""
        return [account.pk for account in chosen(given)]

    def after(self, row: Any, result: Any) -> str:
        """The list."""
        return display.list_of(Threshold)

    def back(self, row: Any) -> str:
        """The list."""
        return display.list_of(Threshold)


BULK = SetInBulk()


@admin.register(Threshold)
class ThresholdAdmin(ReadOnlyAdmin):
    """Who is told when."""

    when_empty = gettext_lazy(
        "Nobody is warned of anything. Set thresholds on the page of an account."
    )
    first_step = (
        gettext_lazy("Accounts"),
        "admin:finance_mgmt_account_changelist",
        "finance_mgmt.view_account",
    )
    list_display = ("account_link", "kind", "threshold_amount", "state")
    list_filter = (("kind", ChoicesDropdownFilter),)
    list_select_related = ("account",)
    search_fields = ("account__number", "account__name")
    ordering = ("account__number", "kind", "amount")

    account_link = columns.account("account", gettext_lazy("account"))
    threshold_amount = columns.amount(
        "amount", gettext_lazy("amount"), currency="account__currency"
    )

    @admin.display(description=gettext_lazy("now"))
    def state(self, row: Threshold) -> Any:
        """Crossed, or armed."""
        if row.crossed_month is None:
            return display.badge(_("armed"), "good")
        return display.badge(_("crossed"), "warn")

    def own_urls(self) -> list[URLPattern]:
        """Setting many at once."""

        def view(request: HttpRequest) -> HttpResponse:
            return BULK.answer(request, self, None)

        return [self.own_url("set/", view, ADDRESS)]

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button."""
        if not BULK.may(request, None):
            return {}
        address = reverse(f"admin:{ADDRESS}")
        return {"list_commands": [Command(BULK.label, address, BULK.icon, is_primary=True)]}


def chosen(given: dict[str, Any]) -> list[Account]:
    """The accounts named, and the members of the master named."""
    ids = {account.pk for account in given.get("accounts") or ()}
    if master := given.get("master"):
        ids |= set(ground.members_of(master.pk, now()).get(Mode.MANAGEMENT, ()))
    return list(Account.objects.filter(pk__in=ids).order_by("number"))


def _given(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("warn_below", "warn_spend")}


def _present(accounts: Sequence[Account]) -> dict[int, dict[str, list[Decimal]]]:
    found: dict[int, dict[str, list[Decimal]]] = {
        account.pk: {kind: [] for kind in ThresholdKind} for account in accounts
    }
    for row in Threshold.objects.filter(account__in=accounts).order_by("amount"):
        found[row.account_id][row.kind].append(row.amount)
    return found


def _changes(accounts: Sequence[Account], given: dict[str, Any]) -> Table:
    present = _present(accounts[:SHOWN])
    wanted = {
        ThresholdKind.LOW_FUNDS: given["warn_below"],
        ThresholdKind.SPENDING: given["warn_spend"],
    }
    return Table(
        columns=[
            Column(_("account")),
            Column(_("kind")),
            Column(_("was"), True),
            Column(_("will be"), True),
        ],
        rows=[
            [
                display.account(account),
                kind.label,
                _amounts(present[account.pk][kind]),
                _amounts(amounts),
            ]
            for account in sorted(accounts[:SHOWN], key=lambda one: one.number)
            for kind, amounts in wanted.items()
        ],
    )


def _amounts(amounts: Sequence[Decimal]) -> Any:
    if not amounts:
        return display.NOTHING
    return format_html_join(", ", "{}", [(display.amount(one),) for one in amounts])
