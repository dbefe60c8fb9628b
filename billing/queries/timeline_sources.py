"""What of this floor stands on an account's timeline (finance_mgmt.queries.timeline_sources)."""

from django.utils.translation import gettext_lazy as _

from finance_mgmt.queries.timeline_sources import Source

from ..enums import BillStatus, OrderKind, SettlementKind

_ORDERS = """
SELECT ordered.{at} AS at, ordered.id, ordered.kind::text AS what,
    {amount} AS amount, owner.currency::text AS currency,
    CASE WHEN ordered.owner_id = %(account)s THEN nullif(payer.number, owner.number)
        ELSE owner.number END::text AS other,
    {by} AS by, ordered.decision_id
FROM billing_order ordered
JOIN billing_account_of_order owner ON owner.id = ordered.owner_id
LEFT JOIN finance_mgmt_account payer ON payer.id = ordered.payer_id
JOIN finance_mgmt_decision decision ON decision.id = ordered.decision_id
WHERE (ordered.owner_id = %(account)s OR ordered.payer_id = %(account)s)
    AND ordered.{at} IS NOT NULL
""".replace("billing_account_of_order", "finance_mgmt_account")

_BILLS = """
SELECT bill.issued_at AS at, bill.id, bill.status::text AS what, bill.total AS amount,
    bill.currency::text AS currency, NULL::text AS other, decision.by::text AS by,
    bill.decision_id
FROM billing_bill bill JOIN finance_mgmt_decision decision ON decision.id = bill.decision_id
WHERE bill.payer_id = %(account)s
"""

_SETTLEMENTS = """
SELECT paid.at, bill.id, paid.kind::text AS what, paid.amount, bill.currency::text AS currency,
    nullif(giver.number, me.number)::text AS other, decision.by::text AS by, paid.decision_id
FROM billing_settlement paid
JOIN billing_bill bill ON bill.id = paid.bill_id
JOIN finance_mgmt_account giver ON giver.id = paid.paid_by_id
JOIN finance_mgmt_account me ON me.id = bill.payer_id
JOIN finance_mgmt_decision decision ON decision.id = paid.decision_id
WHERE bill.payer_id = %(account)s
"""

SOURCES = [
    Source(
        "placed",
        _("order placed"),
        "billing.order",
        OrderKind,
        "shopping_cart",
        "busy",
        _ORDERS.format(at="placed_at", amount="ordered.list_amount", by="decision.by::text"),
    ),
    Source(
        "paid",
        _("order paid"),
        "billing.order",
        OrderKind,
        "shopping_cart_checkout",
        "good",
        _ORDERS.format(at="paid_at", amount="ordered.payable_amount", by="''::text"),
    ),
    Source(
        "bill",
        _("bill issued"),
        "billing.bill",
        BillStatus,
        "request_quote",
        "busy",
        _BILLS,
    ),
    Source(
        "settled",
        _("bill settled"),
        "billing.bill",
        SettlementKind,
        "price_check",
        "good",
        _SETTLEMENTS,
    ),
]
