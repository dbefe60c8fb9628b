"""Coupons: price cuts, and which order used each."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter

from finance_mgmt.admin import columns, display, new_rows
from finance_mgmt.admin.base import ReadOnlyAdmin
from finance_mgmt.admin.panels import Fact, Facts, Panel
from finance_mgmt.clock import now

from ..models import Coupon, Order
from . import coupon_commands
from .vouchers import listed


class UseFilter(DropdownFilter):
    """What became of it."""

    title = gettext_lazy("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """To be used, used, or too late."""
        return [("open", _("not used")), ("used", _("used")), ("expired", _("expired unused"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those of one state at this instant, or all."""
        unused, expired = Q(order=None), Q(expires_at__lte=now())
        wanted = {"open": unused & ~expired, "used": ~unused, "expired": unused & expired}
        return queryset.filter(wanted[self.value()]) if self.value() in wanted else queryset


@admin.register(Coupon)
class CouponAdmin(ReadOnlyAdmin):
    """Which cut what of whose order, and which still may (V5)."""

    when_empty = gettext_lazy(
        "No price cuts are given out. Issue a coupon here, or through the API."
    )
    first_step = (
        gettext_lazy("Issue a coupon"),
        "admin:billing_coupon_issue",
        "finance_mgmt.issue_voucher",
    )
    list_display = (
        "code",
        "owner_account",
        "cut_amount",
        "used_by",
        "from_instant",
        "expiry_instant",
    )
    list_filter = (UseFilter, ("owner", AutocompleteSelectFilter))
    search_fields = ("code", "owner__number", "owner__name")
    search_help_text = gettext_lazy("Code or owner")
    ordering = ("-id",)

    owner_account = columns.account("owner", gettext_lazy("owner"))
    cut_amount = columns.amount("amount", gettext_lazy("amount"), currency="owner__currency")
    from_instant = columns.instant("valid_from", gettext_lazy("valid from"))
    expiry_instant = columns.instant("expires_at", gettext_lazy("expires at"))

    @admin.display(description=gettext_lazy("used by order"), ordering="order__number")
    def used_by(self, row: Coupon) -> Any:
        """The one order that it cut."""
        return display.link(_order(row))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With the owner, whose currency it has, and the order that used it."""
        return super().get_queryset(request).select_related("owner", "order", "decision")

    def own_urls(self) -> list[URLPattern]:
        """Issuing one."""
        return new_rows.urls(self, coupon_commands.OF_LIST)

    def list_context(self, request: HttpRequest) -> dict[str, Any]:
        """The button that issues one."""
        return {"list_commands": new_rows.buttons(request, coupon_commands.OF_LIST)}

    def badges(self, row: Coupon) -> Sequence[Any]:
        """What became of it."""
        if _order(row):
            return [display.badge(_("used"), "good")]
        if row.expires_at and row.expires_at <= now():
            return [display.badge(_("expired unused"), "quiet")]
        return [display.badge(_("not used"), "busy")]

    def panels(self, request: HttpRequest, row: Coupon) -> Sequence[Panel]:
        """What it is for, and what it cut."""
        return [_about(row), _use(row)]


def _order(row: Coupon) -> Order | None:
    return getattr(row, "order", None)


def _about(row: Coupon) -> Panel:
    currency = row.owner.currency
    return Facts(
        title=_("Coupon"),
        width="half",
        facts=[
            Fact(_("owner"), display.account(row.owner), rule="V5"),
            Fact(_("amount"), display.amount(row.amount, currency)),
            Fact(_("products"), listed(row.products.all())),
            Fact(_("product families"), listed(row.families.all())),
            Fact(_("minimum spend"), display.amount(row.minimum_spend, currency), rule="K4"),
            Fact(_("valid from"), display.instant(row.valid_from)),
            Fact(_("expires at"), display.instant(row.expires_at)),
            Fact(_("decision"), display.decision(row.decision), rule="Z8"),
        ],
    )


def _use(row: Coupon) -> Panel:
    order = _order(row)
    cut = display.amount(order.coupon_amount, row.owner.currency) if order else display.NOTHING
    return Facts(
        title=_("What it cut"),
        width="half",
        facts=[
            Fact(_("order"), display.link(order), rule="V5"),
            Fact(_("amount"), cut, _("Never more than the order costs."), rule="K4"),
            Fact(_("paid at"), display.instant(order.paid_at) if order else display.NOTHING),
        ],
    )
