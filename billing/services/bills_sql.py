"""Reads that make bills: sums by payer and owner, and the hash of what a bill says."""

from ..rules.hashes_in_sql import HASH, LINES

# What each payer owes for whom in the month, and in the months carried into it: what was not
# drawn yet (usage, adjustments), and what orders and refunds moved when they were made.
SUMS = """
SELECT payer_id, owner_id, billing_month, count(*),
    coalesce(sum(payable_amount) FILTER (WHERE kind IN ('usage', 'adjustment')), 0),
    coalesce(sum(payable_amount) FILTER (WHERE kind IN ('order', 'refund')), 0)
FROM billing_charge WHERE payer_id = ANY(%(payers)s) AND billing_month = ANY(%(months)s)
GROUP BY payer_id, owner_id, billing_month ORDER BY payer_id, owner_id, billing_month
"""

# What the month's orders took from cash and credit, less what its refunds gave back; and how much
# of that went back to credit that an earlier bill had outstanding (O4).
MOVED = """
SELECT charge.payer_id,
    sum(CASE WHEN charge.kind = 'order' THEN paid.from_cash ELSE -back.to_cash END),
    sum(CASE WHEN charge.kind = 'order' THEN paid.from_credit ELSE -back.to_credit END),
    coalesce(sum(settled.amount), 0)
FROM billing_charge charge
JOIN billing_order paid ON paid.id = charge.order_id
LEFT JOIN billing_refund back ON back.charge_id = charge.id
LEFT JOIN billing_settlement settled
    ON settled.decision_id = back.decision_id AND settled.kind = 'refund'
WHERE charge.payer_id = ANY(%(payers)s) AND charge.billing_month = %(month)s
GROUP BY charge.payer_id
"""

HASHES = f"""
SELECT payer_id, {HASH} FROM (
    {LINES}
    WHERE charge.payer_id = ANY(%(payers)s) AND charge.billing_month = %(month)s
) lines GROUP BY payer_id
"""
