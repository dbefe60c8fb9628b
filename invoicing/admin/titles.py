"""Invoice titles: to whom invoices are made out, in versions (I3, I6)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from finance_mgmt.admin import columns, command_pages, display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.command_forms import CommandForm
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table, notice
from finance_mgmt.clock import now
from finance_mgmt.models import Account
from finance_mgmt.services.previews import Preview

from ..enums import TitleKind
from ..models import InvoiceTitle
from ..queries.titles import titles_of
from ..services import titles

STATED = (
    "title",
    "tax_number",
    "address",
    "postcode",
    "city",
    "phone",
    "bank_name",
    "bank_account",
)


def text_field(label: Any, length: int, help_text: Any = "", **options: Any) -> forms.CharField:
    """A line of text, not required unless said."""
    return forms.CharField(
        label=label,
        max_length=length,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget(),
        **{"required": False, **options},
    )


class TitleForm(CommandForm):
    """All that a title states."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=TitleKind.choices,
        widget=UnfoldAdminSelectWidget(),
        help_text=gettext_lazy(
            "A special Chinese VAT invoice also states address, telephone and bank."
        ),
    )
    title = text_field(gettext_lazy("Title"), 200, gettext_lazy("The legal name."), required=True)
    tax_number = text_field(
        gettext_lazy("Tax number"),
        50,
        gettext_lazy("China: 18 characters. EU: the VAT id with its country, as DE136695976."),
    )
    country = text_field(
        gettext_lazy("Country"), 2, gettext_lazy("Two letters; its tax rates count.")
    )
    address = text_field(gettext_lazy("Address"), 300)
    postcode = text_field(gettext_lazy("Postcode"), 20)
    city = text_field(gettext_lazy("City"), 100)
    phone = text_field(gettext_lazy("Telephone"), 50)
    bank_name = text_field(gettext_lazy("Bank"), 200)
    bank_account = text_field(gettext_lazy("Bank account"), 50)
    email = forms.EmailField(
        label=gettext_lazy("Billing e-mail"),
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        help_text=gettext_lazy("Told when an invoice is issued."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget()
    )


class SetTitle(CommandPage):
    """A new version."""

    name, icon, needs = "set-title", "badge", "invoicing.set_title"
    label = gettext_lazy("Set the invoice title")
    form_class = TitleForm
    service = titles.set_title
    done = gettext_lazy("The title is set.")
    intro = gettext_lazy("A change is a new version: invoices that were issued keep theirs (I6).")

    def initial(self, request: Any, row: Account) -> dict[str, Any]:
        """The version in force, else the legal name."""
        found = titles_of([row.pk])[row.pk]
        return {name: getattr(found, name) for name in TitleForm.base_fields if name != "key"}

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account, and what it states."""
        said = {name: value for name, value in given.items() if name != "key"}
        return {"account": row, **said, "kind": TitleKind(given["kind"])}

    def parties(self, row: Account, given: dict[str, Any]) -> set[int]:
        """The account."""
        return {row.pk}

    def panels(self, row: Account, at: Any) -> Sequence[Panel]:
        """Whether it is locked."""
        if not titles.is_locked(row, at):
            return []
        text = _(
            "Forbid invoicing is in force: name and tax number must stay equal at both ends (I3)."
        )
        return [notice(_("Locked"), text, tone="warn", icon="lock")]

    def shown(self, found: Preview, given: dict[str, Any], at: Any) -> list[Panel]:
        """Nothing but what was filled in changes."""
        return []


@admin.register(InvoiceTitle)
class InvoiceTitleAdmin(ReadOnlyAdmin):
    """Versions; each account has one current."""

    when_empty = gettext_lazy(
        "A title says to whom invoices are made out. Set one on the page of an account."
    )
    first_step = (
        gettext_lazy("Accounts"),
        "admin:finance_mgmt_account_changelist",
        "finance_mgmt.view_account",
    )
    list_display = ("title", "account_shown", "kind", "tax_number", "current", "set_instant")
    list_select_related = ("account",)
    list_filter = (("kind", ChoicesDropdownFilter), ("is_current", BooleanRadioFilter))
    search_fields = ("title", "tax_number", "account__number", "account__name")
    search_help_text = gettext_lazy("Title, tax number or account")
    ordering = ("-id",)

    account_shown = columns.account("account", gettext_lazy("account"))
    set_instant = columns.instant("set_at", gettext_lazy("set at"))

    @admin.display(description=gettext_lazy("current"), ordering="is_current")
    def current(self, row: InvoiceTitle) -> Any:
        """Whether new invoices carry it."""
        return display.badge(_("current"), "good") if row.is_current else display.NOTHING

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With whose it is."""
        return super().get_queryset(request).select_related("account", "decision")

    def commands(self, request: HttpRequest, row: InvoiceTitle) -> Sequence[Command]:
        """A new version of it."""
        return button(request, row.account)

    def panels(self, request: HttpRequest, row: InvoiceTitle) -> Sequence[Panel]:
        """What it states."""
        names = (*STATED, "country", "email")
        facts = [Fact(self.opts.get_field(one).verbose_name, getattr(row, one)) for one in names]
        return [
            Facts(
                title=row.get_kind_display(),
                facts=[
                    Fact(_("account"), display.account(row.account)),
                    *(fact for fact in facts if fact.value),
                    Fact(_("language"), row.get_language_display()),
                    Fact(_("current"), _("Yes") if row.is_current else _("No"), rule="I6"),
                    Fact(_("set at"), display.instant(row.set_at)),
                    Fact(_("decision"), display.decision(row.decision), rule="Z8"),
                ],
            ),
            _versions(row.account),
        ]


def button(request: HttpRequest, account: Account) -> list[Command]:
    """The way to a new version, for who may."""
    if not request.user.has_perm(SetTitle.needs):
        return []
    url = command_pages.url(account, SetTitle.name)
    return [Command(SetTitle.label, url, SetTitle.icon, is_primary=True)]


def account_panels(request: HttpRequest, account: Account) -> list[Panel]:
    """On the page of an account: its title, for who may see titles."""
    if not request.user.has_perm("invoicing.view_invoicetitle"):
        return []
    found = titles_of([account.pk])[account.pk]
    url = command_pages.url(account, SetTitle.name)
    may = request.user.has_perm(SetTitle.needs)
    locked = _("locked") if titles.is_locked(account, now()) else ""
    return [
        Facts(
            title=_("Invoice title"),
            anchor="invoice-title",
            facts=[
                Fact(_("title"), found.title, locked, rule="I3", url=url if may else ""),
                Fact(_("kind"), TitleKind(found.kind).label),
                Fact(_("tax number"), found.tax_number or display.NOTHING),
                Fact(_("billing e-mail"), found.email or display.NOTHING),
            ],
        )
    ]


def _versions(account: Account) -> Panel:
    rows = InvoiceTitle.objects.filter(account=account).order_by("-id")
    return Table(
        title=_("Versions"),
        columns=[Column(_("set at")), Column(_("title")), Column(_("tax number")), Column("")],
        rows=[
            [
                display.instant(one.set_at),
                display.link(one),
                one.tax_number or display.NOTHING,
                display.badge(_("current"), "good") if one.is_current else "",
            ]
            for one in rows[:50]
        ],
    )
