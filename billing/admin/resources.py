"""Resources: what accounts run, and whether it serves (R1-R3)."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
)

from finance_mgmt.admin import columns, display
from finance_mgmt.admin.base import ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table, paged
from finance_mgmt.clock import now

from ..enums import ResourceStatus
from ..models import Resource
from ..queries.nearing import DAYS, nearing
from .orders import STATUS_TONES as ORDER_TONES

STATUS_TONES = {
    ResourceStatus.RUNNING: "good",
    ResourceStatus.SUSPENDED: "bad",
    ResourceStatus.RELEASED: "quiet",
}


class StopsFilter(DropdownFilter):
    """What the funds that decide will soon stop, at the pace of the last closed days (R3, W1)."""

    title = gettext_lazy("stops")
    parameter_name = "stops"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One choice."""
        return [("soon", _("within %(count)s days at this pace") % {"count": DAYS})]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Those that stop soon."""
        return queryset.filter(pk__in=nearing(now())) if self.value() == "soon" else queryset


@admin.register(Resource)
class ResourceAdmin(ReadOnlyAdmin):
    """All resources. Orders and services start them, funds suspend and resume them."""

    when_empty = gettext_lazy(
        "Resources are started by orders and by services through the API. Place an order first."
    )
    first_step = (gettext_lazy("Orders"), "admin:billing_order_changelist", "billing.view_order")
    is_large = True
    list_display = ("code", "owner_account", "product", "kind", "status_badge", "until")
    list_select_related = ("account", "product")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        StopsFilter,
        ("account", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    search_fields = ("=code", "=account__number")
    search_help_text = gettext_lazy("Whole code, or number of the account")
    ordering = ("-id",)
    sortable_by = ()

    owner_account = columns.account("account", gettext_lazy("owner"))
    status_badge = columns.state("status", gettext_lazy("status"), STATUS_TONES)
    until = columns.instant("paid_until", gettext_lazy("paid until"))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With whose it is."""
        return super().get_queryset(request).select_related("account", "product")

    def heading(self, row: Resource) -> Any:
        """Its code."""
        return row.code

    def badges(self, row: Resource) -> Sequence[Any]:
        """Status and kind."""
        return [
            display.state_badge(row, "status", STATUS_TONES),
            display.badge(row.get_kind_display(), "quiet"),
        ]

    def panels(self, request: HttpRequest, row: Resource) -> Sequence[Panel]:
        """The resource, and its orders."""
        return [_about(row), _orders(request, row)]


def _about(row: Resource) -> Panel:
    return Facts(
        title=_("Resource"),
        facts=[
            Fact(_("owner"), display.account(row.account)),
            Fact(_("product"), display.link(row.product)),
            Fact(_("started at"), display.instant(row.started_at)),
            Fact(_("paid until"), display.instant(row.paid_until), rule="R1"),
            Fact(_("released at"), display.instant(row.released_at), rule="R1"),
        ],
    )


def _orders(request: HttpRequest, row: Resource) -> Panel:
    orders, pager = paged(request, row.orders.order_by("-id"), "orders")
    return Table(
        title=_("Orders"),
        anchor="orders",
        columns=[
            Column(_("order")),
            Column(_("kind")),
            Column(_("status")),
            Column(_("paid at")),
            Column(_("payable"), True),
        ],
        rows=[
            [
                display.link(one),
                one.get_kind_display(),
                display.state_badge(one, "status", ORDER_TONES),
                display.instant(one.paid_at),
                display.amount(one.payable_amount, row.account.currency),
            ]
            for one in orders
        ],
        pager=pager,
        empty=_("Metered: it has no orders."),
    )
