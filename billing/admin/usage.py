"""Usage records: what was reported, as it came."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)

from finance_mgmt.admin import columns, display
from finance_mgmt.admin.base import ReadOnlyAdmin
from finance_mgmt.admin.panels import Fact, Facts, Panel

from ..models import Charge, UsageRecord
from . import lookup


@admin.register(UsageRecord)
class UsageRecordAdmin(ReadOnlyAdmin):
    """Metered usage. Never changed; a correction is another record (B2)."""

    when_empty = gettext_lazy(
        "Nothing was metered yet. Import a file, or report usage through the API (POST /usage)."
    )
    first_step = (
        gettext_lazy("Import a file"),
        "admin:billing_usageimport_upload",
        "billing.add_usageimport",
    )
    is_large = True
    list_fullwidth = True
    list_display = (
        "key",
        "kind",
        "owner_account",
        "product_link",
        "resource",
        "starts_instant",
        "quantity_amount",
        "late",
        "received_instant",
    )
    list_select_related = ("owner", "product", "source")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("is_late", BooleanRadioFilter),
        ("source", RelatedDropdownFilter),
        ("owner", AutocompleteSelectFilter),
    )
    search_fields = ("resource",)
    search_help_text = gettext_lazy("An account, a whole record key, or a whole resource")
    ordering = ("-id",)
    sortable_by = ()

    owner_account = columns.account("owner", gettext_lazy("owner"))
    product_link = columns.link("product", gettext_lazy("product"))
    starts_instant = columns.instant("starts_at", gettext_lazy("starts at"))
    received_instant = columns.instant("received_at", gettext_lazy("received at"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By keys and prefixes that an index serves."""
        return lookup.usage(queryset, search_term), False

    @admin.display(description=gettext_lazy("quantity"))
    def quantity_amount(self, row: UsageRecord) -> Any:
        """With the product's unit."""
        return display.quantity(row.quantity, row.product.unit)

    @admin.display(description=gettext_lazy("late"))
    def late(self, row: UsageRecord) -> Any:
        """Reported after its cycle was closed (C4)."""
        return display.badge(_("late"), "warn") if row.is_late else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what names the row."""
        found = super().get_queryset(request)
        return found.select_related("owner", "product", "source", "voucher")

    def badges(self, row: UsageRecord) -> Sequence[Any]:
        """Kind and lateness."""
        found = [display.badge(row.get_kind_display(), "quiet")]
        return [*found, display.badge(_("late"), "warn")] if row.is_late else found

    def panels(self, request: HttpRequest, row: UsageRecord) -> Sequence[Panel]:
        """What was reported, into which period it fell, and the charge it became."""
        return [_reported(row), _period(row)]


def _reported(row: UsageRecord) -> Panel:
    return Facts(
        title=_("Reported"),
        width="half",
        facts=[
            Fact(_("owner"), display.account(row.owner)),
            Fact(_("product"), display.link(row.product)),
            Fact(_("resource"), row.resource or display.NOTHING),
            Fact(_("quantity"), display.quantity(row.quantity, row.product.unit)),
            Fact(
                _("amount given by the source"),
                display.amount(row.given_amount, row.owner.currency),
            ),
            Fact(_("voucher"), display.link(row.voucher)),
            Fact(_("reason"), row.reason or display.NOTHING),
            Fact(_("usage"), display.span(row.starts_at, row.ends_at)),
            Fact(_("usage source"), display.link(row.source)),
            Fact(_("record key"), row.key, rule="B2"),
        ],
    )


def _period(row: UsageRecord) -> Panel:
    charge = charge_of(row)
    waiting = _("None yet: it is charged when its cycle is closed.")
    return Facts(
        title=_("Charged"),
        width="half",
        facts=[
            Fact(_("charge period"), display.span(row.period_start, row.period_end), rule="C4"),
            Fact(_("received at"), display.instant(row.received_at)),
            Fact(_("due at"), display.instant(row.due_at), rule="C4"),
            Fact(_("charge"), display.link(charge) if charge else waiting, rule="B1"),
        ],
    )


def charge_of(record: UsageRecord) -> Charge | None:
    """The one charge of a record (B2): its own, or that of its period; None: not closed yet."""
    own = Q(record=record)
    of_period = Q(
        record=None,
        owner=record.owner_id,
        product=record.product_id,
        resource=record.resource,
        period_start=record.period_start,
    )
    found = Charge.objects.filter(own).first()
    if found or record.is_late:
        return found
    return Charge.objects.filter(of_period).first()
