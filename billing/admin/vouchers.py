"""Vouchers: promotional money and what it paid."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from finance_mgmt.admin import columns, command_pages, display, new_rows
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table, paged
from finance_mgmt.models import Account

from ..models import Voucher
from . import voucher_commands


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    """Who has how much left, for what, until when (V1)."""

    when_empty = gettext_lazy(
        "No promotional money is given out. Issue a voucher here, or through the API."
    )
    first_step = (
        gettext_lazy("Issue a voucher"),
        "admin:billing_voucher_issue",
        "finance_mgmt.issue_voucher",
    )
    list_display = (
        "code",
        "owner_account",
        "face_amount",
        "remaining_amount",
        "share",
        "from_instant",
        "expiry_instant",
    )
    list_select_related = ("owner",)
    list_filter = (("owner", AutocompleteSelectFilter), ("share", ChoicesDropdownFilter))
    search_fields = ("code", "owner__number", "owner__name")
    search_help_text = gettext_lazy("Code or owner")
    ordering = ("-id",)

    owner_account = columns.account("owner", gettext_lazy("owner"))
    face_amount = columns.amount(
        "face_value", gettext_lazy("face value"), currency="owner__currency"
    )
    remaining_amount = columns.amount(
        "remaining", gettext_lazy("remaining"), currency="owner__currency"
    )
    from_instant = columns.instant("valid_from", gettext_lazy("valid from"))
    expiry_instant = columns.instant("expires_at", gettext_lazy("expires at"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the owner, whose currency it has."""
        return super().get_queryset(request).select_related("owner", "decision")

    def own_urls(self) -> list[URLPattern]:
        """Issuing one, and sharing one."""
        issuing = new_rows.urls(self, voucher_commands.OF_LIST)
        return issuing + command_pages.urls(self, voucher_commands.OF_VOUCHER)

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button that issues one."""
        return {"list_commands": new_rows.buttons(request, voucher_commands.OF_LIST)}

    def commands(self, request: HttpRequest, row: Voucher) -> Sequence[Command]:
        """Sharing it."""
        return command_pages.buttons(request, row, voucher_commands.OF_VOUCHER)

    def panels(self, request: HttpRequest, row: Voucher) -> Sequence[Panel]:
        """The voucher, since when who else may use it, and every draw."""
        return [_about(row), _sharings(row), _draws(request, row)]


def _about(row: Voucher) -> Panel:
    currency = row.owner.currency
    return Facts(
        title=_("Voucher"),
        facts=[
            Fact(_("owner"), display.account(row.owner)),
            Fact(_("face value"), display.amount(row.face_value, currency)),
            Fact(_("remaining"), display.amount(row.remaining, currency), rule="V1"),
            Fact(_("products"), listed(row.products.all())),
            Fact(_("product families"), listed(row.families.all())),
            Fact(_("minimum spend"), display.amount(row.minimum_spend, currency), rule="K4"),
            Fact(_("share scope"), row.get_share_display(), rule="V3"),
            Fact(_("listed members"), listed(row.members.all())),
            Fact(_("valid from"), display.instant(row.valid_from), rule="C1"),
            Fact(
                _("expires at"),
                display.instant(row.expires_at),
                _("Expiry ends its use, not what remains."),
                rule="V1",
            ),
            Fact(_("decision"), display.decision(row.decision), rule="Z8"),
        ],
    )


def listed(rows: Any) -> Any:
    """Links to the rows of a scope, or nothing."""
    found = format_html_join(", ", "{}", ((display.link(row),) for row in rows))
    return found or display.NOTHING


def _sharings(row: Voucher) -> Panel:
    sharings = row.sharings.select_related("decision")
    named = Account.objects.in_bulk({pk for one in sharings for pk in one.members})
    return Table(
        title=_("Sharing"),
        anchor="sharing",
        columns=[
            Column(_("since")),
            Column(_("share scope")),
            Column(_("listed members")),
            Column(_("decision")),
        ],
        rows=[
            [
                display.instant(one.since),
                one.get_share_display(),
                listed([named[pk] for pk in one.members]),
                display.decision(one.decision),
            ]
            for one in sharings
        ],
        note=_("A cycle goes by what held when it started, an order by what held at its payment."),
        empty=display.NOTHING,
    )


def _draws(request: HttpRequest, row: Voucher) -> Panel:
    related = row.draws.select_related("charge__owner", "charge__payer").order_by("-id")
    draws, pager = paged(request, related, "draws")
    return Table(
        title=_("What it paid"),
        anchor="draws",
        columns=[
            Column(_("charge")),
            Column(_("owner")),
            Column(_("payer")),
            Column(_("charge period")),
            Column(_("amount"), True),
        ],
        rows=[
            [
                display.link(draw.charge),
                display.account(draw.charge.owner),
                display.account(draw.charge.payer),
                display.span(draw.charge.period_start, draw.charge.period_end),
                display.amount(draw.amount, draw.charge.currency),
            ]
            for draw in draws
        ],
        pager=pager,
        empty=_("It has paid nothing yet."),
    )
