"""The hash of what a bill says, for sets of bills: for the issue, and to check it later (B2)."""

# Says the same for the same lines, whenever and however often they are made: no ids, no clock.
LINES = """
SELECT charge.payer_id, charge.billing_month, sha256(convert_to(concat_ws('|',
    charge.kind, owner.number, coalesce(product.code, ''), charge.resource,
    extract(epoch FROM charge.period_start), extract(epoch FROM charge.period_end),
    charge.quantity, charge.list_amount, charge.covered_amount, charge.discount_amount,
    charge.voucher_amount, charge.payable_amount, charge.reason,
    coalesce(record.key, paid.number, '')
), 'UTF8')) AS line
FROM billing_charge charge
JOIN finance_mgmt_account owner ON owner.id = charge.owner_id
LEFT JOIN billing_product product ON product.id = charge.product_id
LEFT JOIN billing_usagerecord record ON record.id = charge.record_id
LEFT JOIN billing_order paid ON paid.id = charge.order_id
"""

HASH = "encode(sha256(string_agg(line, ''::bytea ORDER BY line)), 'hex')"
