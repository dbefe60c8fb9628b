"""An account as of any instant: who paid, with what, at whose prices, and what it had (F10)."""

from collections.abc import Sequence
from datetime import datetime

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSplitDateTimeWidget

from .. import queries
from ..clock import now
from ..models import Account
from ..queries import past
from ..rules.terms import Terms
from . import account_panels, display, funds
from .base import Command, ReadOnlyAdmin
from .panels import Panel, notice

ADDRESS = "finance_mgmt_account_as_of"


class InstantForm(forms.Form):
    """Which instant."""

    at = forms.SplitDateTimeField(
        label=gettext_lazy("As of"),
        help_text=gettext_lazy(
            "Any instant since the account was opened, in the billing time zone: who paid, with"
            " what, at whose prices, and what the account had (C1, F10)."
        ),
        widget=UnfoldAdminSplitDateTimeWidget(),
    )


def urls(model_admin: ReadOnlyAdmin) -> list[URLPattern]:
    """The address of the page."""

    def view(request: HttpRequest, pk: int) -> HttpResponse:
        account = get_object_or_404(Account, pk=pk)
        needed = ["finance_mgmt.view_account", "finance_mgmt.view_movement"]
        if not request.user.has_perms(needed):
            raise PermissionDenied
        return _page(request, model_admin, account)

    return [model_admin.own_url("<int:pk>/as-of/", view, ADDRESS)]


def button(request: HttpRequest, account: Account) -> Sequence[Command]:
    """The way there."""
    if not request.user.has_perm("finance_mgmt.view_movement"):
        return []
    return [
        Command(
            _("As of ..."), reverse(f"admin:{ADDRESS}", args=[account.pk]), "history", is_page=True
        )
    ]


def _page(request: HttpRequest, model_admin: ReadOnlyAdmin, account: Account) -> HttpResponse:
    asked = {name: request.GET[name] for name in ("at_0", "at_1") if name in request.GET}
    form = InstantForm(asked or None, initial={"at": now()})
    panels: list[Panel] = []
    if asked and form.is_valid():
        panels = _panels(account, form.cleaned_data["at"])
    title = _("As of")
    context = {
        "heading": format_html(
            '{} <span class="bo-number">{} {}</span>', title, account.number, account.name
        ),
        "title": title,
        "form": form,
        "commands": [Command(_("Account"), display.page_of(Account, account.pk), "apartment")],
        "panels": panels,
    }
    return model_admin.page(request, account, context, "admin/finance_mgmt/as_of.html")


def _panels(account: Account, at: datetime) -> list[Panel]:
    terms = queries.terms(account.pk, at)
    ids = {terms.payer, terms.discounts_of, terms.vouchers_of, terms.bill_on, account.pk}
    ids |= {terms.flagged_discounts_of, terms.invoice_title_of, terms.invoice_issued_by}
    ids |= {terms.funds_that_decide, *terms.commitments_of, *terms.settled_by, *terms.warnings_to}
    ids |= {of for of, _kind in terms.money}
    names = Account.objects.in_bulk(list(ids))
    figures = past.figures_at([account.pk], at)[account.pk]
    said = account_panels.terms_at(account, terms, names)
    return [
        _who_paid(account, terms, names, at),
        account_panels.top(account, figures),
        said,
        funds.panel(account, figures),
    ]


def _who_paid(account: Account, terms: Terms, names: dict[int, Account], at: datetime) -> Panel:
    payer = names[terms.payer]
    said = {"payer": payer.number, "account": account.number, "at": display.instant(at)}
    title = format_html(_("{payer} pays for {account} as of {at}."), **said)
    if account.opened_at > at:
        text = _("The account was not open yet.")
        return notice(title, text, tone="warn", icon="history")
    text = _(
        "That is so for each charge period that starts at this instant (C1), and for orders"
        " paid at it (C2)."
    )
    return notice(title, text, tone="good", icon="payments")
