"""Reads that make bills: sums by payer and owner, and the hash of what a bill says."""

# What each payer owes for whom in the month, and in the months carried into it.
SUMS = """
SELECT payer_id, owner_id, billing_month, count(*), sum(payable_amount)
FROM billing_charge WHERE payer_id = ANY(%(payers)s) AND billing_month = ANY(%(months)s)
GROUP BY payer_id, owner_id, billing_month ORDER BY payer_id, owner_id, billing_month
"""

# Says the same for the same lines, whenever and however often they are made: no ids, no clock.
HASHES = """
SELECT payer_id, encode(sha256(string_agg(line, ''::bytea ORDER BY line)), 'hex') FROM (
    SELECT charge.payer_id, sha256(convert_to(concat_ws('|',
        charge.kind, owner.number, product.code, charge.resource,
        extract(epoch FROM charge.period_start), extract(epoch FROM charge.period_end),
        charge.quantity, charge.list_amount, charge.covered_amount, charge.discount_amount,
        charge.voucher_amount, charge.payable_amount, charge.reason, record.key
    ), 'UTF8')) AS line
    FROM billing_charge charge
    JOIN finance_mgmt_account owner ON owner.id = charge.owner_id
    JOIN billing_product product ON product.id = charge.product_id
    LEFT JOIN billing_usagerecord record ON record.id = charge.record_id
    WHERE charge.payer_id = ANY(%(payers)s) AND charge.billing_month = %(month)s
) lines GROUP BY payer_id
"""
