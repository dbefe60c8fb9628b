"""What a charge was made of and paid by: usage records, commitments, vouchers."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Column, Link, Panel, Table

from ..enums import ChargeKind
from ..models import Charge, UsageRecord

MOST_RECORDS = 50

# What rules/vouchers.py says of a voucher that could not pay, in plain words.
REFUSALS = {
    "not_shared_with_the_owner": gettext_lazy("not shared with the owner (V3)"),
    "not_valid_yet": gettext_lazy("not valid yet at the start of the period (C1)"),
    "expired": gettext_lazy("expired at the start of the period (V1)"),
    "other_products": gettext_lazy("for other products"),
    "below_minimum_spend": gettext_lazy("below its minimum spend (K4)"),
    "used_up": gettext_lazy("nothing left on it"),
    "nothing_left_to_pay": gettext_lazy("nothing left to pay"),
}


def coverage(charge: Charge) -> list[Panel]:
    """Which commitments covered how much of it."""
    rows = list(charge.coverage.select_related("commitment__owner").order_by("id"))
    if not rows:
        return []
    unit = charge.product.unit if charge.product else ""
    return [
        Table(
            title=_("Covered by commitments"),
            note=_("Own first, then what the master shares (K1)."),
            columns=[
                Column(_("commitment")),
                Column(_("kind")),
                Column(_("owner")),
                Column(_("quantity"), True),
                Column(_("amount"), True),
            ],
            rows=[
                [
                    row.commitment.code,
                    row.commitment.get_kind_display(),
                    display.account(row.commitment.owner),
                    display.quantity(row.quantity, unit),
                    display.amount(row.amount, charge.currency),
                ]
                for row in rows
            ],
        )
    ]


def vouchers(charge: Charge) -> list[Panel]:
    """Each voucher that was tried: what it paid, or why it could not."""
    draws = {
        draw.voucher.code: draw
        for draw in charge.voucher_draws.select_related("voucher__owner").order_by("id")
    }
    tried = (charge.explanation or {}).get("vouchers", [])
    found = [_tried_cells(charge, one, draws.pop(one["voucher"], None)) for one in tried]
    found += [_drawn_cells(charge, draw) for draw in draws.values()]
    if not found:
        return []
    return [
        Table(
            title=_("Vouchers"),
            note=_("Earliest expiry first (V2)."),
            columns=[Column(_("voucher")), Column(_("owner")), Column(_("paid"), True), Column("")],
            rows=found,
        )
    ]


def _tried_cells(charge: Charge, tried: dict[str, str], draw: Any) -> list[Any]:
    if draw:
        return _drawn_cells(charge, draw)
    why = REFUSALS.get(tried["refused"], tried["refused"].replace("_", " "))
    paid = display.amount(Decimal(tried["paid"]), charge.currency)
    return [tried["voucher"], display.NOTHING, paid, why]


def _drawn_cells(charge: Charge, draw: Any) -> list[Any]:
    paid = display.amount(draw.amount, charge.currency)
    return [display.link(draw.voucher), display.account(draw.voucher.owner), paid, ""]


def usage(charge: Charge) -> Panel:
    """The records it was made of: found by what they share, not by a mark (B2)."""
    records = list(_records(charge)[: MOST_RECORDS + 1])
    more = None
    if len(records) > MOST_RECORDS:
        url = display.list_of(
            UsageRecord,
            owner=charge.owner_id,
            product=charge.product_id,
            period_start=charge.period_start.isoformat(),
        )
        more = Link(_("All usage records"), url)
    return Table(
        title=_("Usage records"),
        note=_("Same owner, product, resource and charge period."),
        columns=[
            Column(_("record")),
            Column(_("usage")),
            Column(_("received at")),
            Column(_("quantity"), True),
            Column(_("amount given by the source"), True),
        ],
        rows=[
            [
                display.link(record, record.key),
                display.span(record.starts_at, record.ends_at),
                display.instant(record.received_at),
                display.quantity(record.quantity, charge.product.unit if charge.product else ""),
                display.amount(record.given_amount, charge.currency),
            ]
            for record in records[:MOST_RECORDS]
        ],
        more=more,
        empty=_("It was not made from usage."),
    )


def _records(charge: Charge) -> Any:
    if charge.record_id:
        return UsageRecord.objects.filter(pk=charge.record_id)
    if charge.kind != ChargeKind.USAGE:
        return UsageRecord.objects.none()
    return UsageRecord.objects.filter(
        owner=charge.owner_id,
        due_at__gte=charge.period_end,  # lets the index on (owner, due_at) find them
        product=charge.product_id,
        resource=charge.resource,
        period_start=charge.period_start,
        is_late=False,
        kind="usage",
    ).order_by("starts_at", "id")
