"""What a charge was made of: usage records."""

from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Column, Link, Panel, Table

from ..models import Charge, UsageRecord
from ..queries.explanations import records_of

MOST_RECORDS = 50


def usage(charge: Charge) -> Panel:
    """The records it was made of: found by what they share, not by a mark (B2)."""
    records = list(records_of(charge)[: MOST_RECORDS + 1])
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
