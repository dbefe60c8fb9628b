"""Prepaid orders: what was bought, what it cost, who paid, what went back (O1-O4)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from finance_mgmt.admin import columns, command_pages, display, new_rows, trail_words
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table

from ..enums import OrderStatus
from ..models import Order
from . import order_commands

STATUS_TONES = {
    OrderStatus.PENDING: "warn",
    OrderStatus.PAID: "good",
    OrderStatus.REFUNDED: "quiet",
    OrderStatus.PARTLY_REFUNDED: "busy",
    OrderStatus.CANCELLED: "quiet",
}


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """All orders, the newest first."""

    when_empty = gettext_lazy(
        "Place one here, or let orders come through the API (POST /orders). They need an account "
        "with funds and a product."
    )
    first_step = (
        gettext_lazy("Place an order"),
        "admin:billing_order_place",
        "finance_mgmt.place_order",
    )
    list_display = (
        "number",
        "owner_account",
        "kind",
        "product",
        "status_badge",
        "listed_amount",
        "paid_amount",
        "payer_account",
        "placed_instant",
    )
    list_select_related = ("owner", "payer", "product")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("owner", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    search_fields = ("=number", "=owner__number", "=payer__number", "=resource_code")
    search_help_text = gettext_lazy("Whole number of the order or an account, or a resource")
    ordering = ("-id",)

    owner_account = columns.account("owner", gettext_lazy("owner"))
    payer_account = columns.account("payer", gettext_lazy("payer"))
    status_badge = columns.state("status", gettext_lazy("status"), STATUS_TONES)
    listed_amount = columns.amount("list_amount", gettext_lazy("list"), currency="owner__currency")
    placed_instant = columns.instant("placed_at", gettext_lazy("placed at"))

    @admin.display(description=gettext_lazy("payable"), ordering="payable_amount")
    def paid_amount(self, row: Order) -> Any:
        """What was paid; before, only an overridden price is known."""
        return display.amount(_payable(row), row.owner.currency)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With whose it is, and what for."""
        return super().get_queryset(request).select_related("owner", "payer", "product", "decision")

    def own_urls(self) -> list[URLPattern]:
        """Its commands, and placing one."""
        placing = new_rows.urls(self, order_commands.OF_LIST)
        return placing + command_pages.urls(self, order_commands.PAGES)

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button that places one."""
        return {"list_commands": new_rows.buttons(request, order_commands.OF_LIST)}

    def commands(self, request: HttpRequest, row: Order) -> Sequence[Command]:
        """What its state allows and this person may."""
        return command_pages.buttons(request, row, order_commands.PAGES)

    def heading(self, row: Order) -> Any:
        """Number and owner."""
        said = '{} <span class="bo-number">{} {}</span>'
        return format_html(said, row.number, row.owner.number, row.owner.name)

    def badges(self, row: Order) -> Sequence[Any]:
        """Status and kind."""
        return [
            display.state_badge(row, "status", STATUS_TONES),
            display.badge(row.get_kind_display(), "quiet"),
        ]

    def panels(self, request: HttpRequest, row: Order) -> Sequence[Panel]:
        """How the price came about, what it is for, and what went back."""
        return [_price(row), _about(row), _refunds(row)]


def _payable(row: Order) -> Decimal | None:
    """None where the instant of payment decides it (C2)."""
    return row.payable_amount if row.paid_at else row.override_amount


def _price(row: Order) -> Panel:
    def show(value: Any) -> Any:
        return display.amount(value, row.owner.currency)

    def decided(value: Decimal) -> Any:
        return show(value if row.paid_at else None)

    rows = [
        [_("list"), show(row.list_amount), "K4"],
        [_("− discount"), decided(-row.discount_amount), "D1"],
        [_("− coupon"), decided(-row.coupon_amount), "V5"],
        [_("− vouchers"), decided(-row.voucher_amount), "V2"],
        [format_html("<strong>{}</strong>", _("payable")), show(_payable(row)), "K4"],
        [_("from cash"), decided(row.from_cash), "O2"],
        [_("from credit"), decided(row.from_credit), "O2"],
    ]
    if row.override_amount is not None:
        rows.insert(1, [_("price overridden to"), show(row.override_amount), "O3"])
    return Table(
        title=_("Price"),
        note="" if row.paid_at else _("Decided when it is paid (C2)."),
        width="half",
        is_exact=True,
        columns=[Column(_("part")), Column(_("amount"), True), Column(_("rule"))],
        rows=[[label, amount, display.rule(rule)] for label, amount, rule in rows],
    )


def _about(row: Order) -> Panel:
    covers = (
        display.span(row.covers_from, row.covers_until)
        if row.covers_from and row.covers_until
        else display.NOTHING
    )
    return Facts(
        title=_("About the order"),
        width="half",
        facts=[
            Fact(_("owner"), display.account(row.owner)),
            Fact(_("payer"), display.account(row.payer), rule="C2"),
            Fact(_("product"), display.link(row.product)),
            Fact(_("resource"), row.resource_code),
            Fact(_("months"), row.months),
            Fact(_("placed at"), display.instant(row.placed_at)),
            Fact(_("paid at"), display.instant(row.paid_at)),
            Fact(_("covers"), covers),
            Fact(_("decided by relationship"), display.link(row.relationship), rule="C2"),
            Fact(_("decided by discount"), display.link(row.discount), rule="D1"),
            Fact(_("coupon"), display.link(row.coupon), rule="V5"),
            Fact(_("decision"), display.decision(row.decision), rule="Z8"),
        ],
    )


def _refunds(row: Order) -> Panel:
    def show(value: Any) -> Any:
        return display.amount(value, row.owner.currency)

    return Table(
        title=_("Refunds"),
        anchor="refunds",
        columns=[
            Column(_("at")),
            Column(_("amount"), True),
            Column(_("to credit"), True),
            Column(_("to cash"), True),
            Column(_("charge")),
            Column(_("decision")),
        ],
        rows=[
            [
                display.instant(one.at),
                show(one.amount),
                show(one.to_credit),
                show(one.to_cash),
                display.link(one.charge),
                display.link(one.decision, trail_words.actor(one.decision.by)),
            ]
            for one in row.refunds.select_related("charge", "decision").order_by("id")
        ],
        empty=_("Nothing was given back."),
    )
