"""Verified identities: legal persons that were proven."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import Account, Identity
from . import columns, display, new_rows
from .account_commands import OF_IDENTITIES
from .base import ReadOnlyAdmin
from .panels import Column, Fact, Facts, Panel, Table, paged


@admin.register(Identity)
class IdentityAdmin(ReadOnlyAdmin):
    """Accounts with the same identity share one row here (L2, L5)."""

    when_empty = gettext_lazy(
        "An identity is proven to you once and then shared by all accounts of that legal "
        "person. Verify one here, or through the API."
    )
    first_step = (
        gettext_lazy("Verify an identity"),
        "admin:finance_mgmt_identity_verify",
        "finance_mgmt.verify_identity",
    )
    list_display = ("legal_name", "registration_number", "verified_instant", "account_count")
    search_fields = ("legal_name", "registration_number")
    search_help_text = gettext_lazy("Legal name or registration number")
    ordering = ("legal_name", "id")

    verified_instant = columns.instant("verified_at", gettext_lazy("verified at"))

    def own_urls(self) -> list[URLPattern]:
        """Verifying one."""
        return new_rows.urls(self, OF_IDENTITIES)

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button that verifies one."""
        return {"list_commands": new_rows.buttons(request, OF_IDENTITIES)}

    def fill(self, rows: list[Identity]) -> None:
        """How many accounts each has."""
        owned = Account.objects.filter(identity__in=[row.pk for row in rows])
        counts = dict(owned.values_list("identity").annotate(accounts=Count("pk")))
        for row in rows:
            row.accounts_here = counts.get(row.pk, 0)

    @admin.display(description=gettext_lazy("accounts"))
    def account_count(self, row: Identity) -> Any:
        """A number that leads to the accounts."""
        return display.list_link(Account, row.accounts_here, q=row.legal_name)

    def panels(self, request: HttpRequest, row: Identity) -> Sequence[Panel]:
        """The legal person and its accounts."""
        accounts, pager = paged(request, row.accounts.order_by("number"), "accounts")
        return [
            Facts(
                title=_("Legal person"),
                facts=[
                    Fact(_("legal name"), row.legal_name),
                    Fact(_("registration number"), row.registration_number),
                    Fact(_("verified at"), display.instant(row.verified_at)),
                ],
            ),
            Table(
                title=_("Accounts"),
                anchor="accounts",
                columns=[Column(_("account")), Column(_("channel")), Column(_("opened at"))],
                rows=[
                    [
                        display.account(account),
                        account.get_channel_display(),
                        display.instant(account.opened_at),
                    ]
                    for account in accounts
                ],
                pager=pager,
                empty=_("No account has this identity."),
            ),
        ]
