"""The close as one statement: due usage -> rated charges -> what each payer owes for whom.

Reads the records of a window and of some owners, groups them (B1), finds the payer and whose
discounts count at the start of each charge period (C1), the price of that instant (P1) and the
best discount (D1), and inserts the charges. Returns the sums by payer and owner.
"""

from finance_mgmt.rules.terms_in_sql import DISCOUNTS_OF, IN_TRUSTEESHIP, JOIN_STANDING, PAYER

# A record that stands alone (late, adjustment, credit) is its own group and keeps its id.
DUE = """
    SELECT owner_id, product_id, resource, period_start, period_end, kind, is_late,
        CASE WHEN is_late OR kind <> 'usage' THEN id END AS record_id,
        sum(quantity) AS quantity,
        sum(quantity) FILTER (WHERE given_amount IS NULL) AS priced_quantity,
        coalesce(sum(given_amount), 0) AS given_amount,
        CASE WHEN is_late OR kind <> 'usage' THEN reason ELSE '' END AS reason,
        max(due_at) AS due_at
    FROM billing_usagerecord
    WHERE due_at > %(after)s AND due_at <= %(through)s AND owner_id = ANY(%(owners)s)
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 12
"""

# The list price in force at the start of the charge period (P1, C1).
JOIN_PRICE = """
LEFT JOIN LATERAL (
    SELECT unit_price, tiers FROM billing_price
    WHERE product_id = due.product_id AND effective_from <= due.period_start
    ORDER BY effective_from DESC LIMIT 1
) price ON due.priced_quantity IS NOT NULL
"""

# A late record goes to the payer's open month: not before its arrival, not on an issued bill (C4).
BILLING_MONTH = """
CASE WHEN placed.is_late THEN greatest(
    date_trunc('month', (placed.due_at - %(delay)s) AT TIME ZONE %(zone)s)::date,
    (SELECT (max(month) + interval '1 month')::date FROM billing_bill
     WHERE payer_id = placed.payer_id)
) ELSE
    date_trunc('month', (placed.period_end - interval '1 microsecond') AT TIME ZONE %(zone)s)::date
END
"""

# By how little is left to pay; a correction (negative) gets the discount its usage got (D1).
BEST_DISCOUNT = """
LEFT JOIN LATERAL (
    SELECT found.id, found.payable FROM (
        SELECT id, round(coalesce(placed.list_amount * rate, placed.quantity * fixed_price), 18)
            AS payable
        FROM billing_discount
        WHERE owner_id = placed.discounts_of
            AND (product_id IS NULL OR product_id = placed.product_id)
            AND (family_id IS NULL OR family_id = placed.family_id)
            AND (valid_from IS NULL OR valid_from <= placed.period_start)
            AND (valid_until IS NULL OR valid_until > placed.period_start)
            AND (fixed_price IS NULL OR placed.priced_quantity = placed.quantity)
    ) found
    WHERE abs(found.payable) < abs(placed.list_amount)
    ORDER BY abs(found.payable), found.id LIMIT 1
) best ON placed.kind = 'usage'
"""

# Usage that may be covered, paid by vouchers or priced in steps is walked one by one instead.
IS_WALKED = """
due.kind = 'usage' AND (
    due.owner_id = ANY(%(walked_owners)s) OR due.product_id = ANY(%(stepped_products)s)
)
"""

CLOSE = f"""
WITH due AS ({DUE}), placed AS (
    SELECT due.*, product.family_id, price.unit_price, link.id AS relationship_id,
        {PAYER} AS payer_id, {DISCOUNTS_OF} AS discounts_of,
        CASE WHEN due.kind = 'credit' THEN 0 ELSE round(
            due.given_amount
            + CASE WHEN due.priced_quantity IS NULL THEN 0
                   ELSE due.priced_quantity * price.unit_price END, 18)
        END AS list_amount
    FROM due JOIN billing_product product ON product.id = due.product_id
    {JOIN_STANDING}
    {JOIN_PRICE}
    WHERE NOT ({IS_WALKED})
), written AS (
    INSERT INTO billing_charge (
        kind, owner_id, payer_id, product_id, resource, period_start, period_end, billing_month,
        quantity, unit_price, list_amount, covered_amount, discount_amount, voucher_amount,
        payable_amount, currency, relationship_id, discount_id, record_id, is_late, reason, step_id
    )
    SELECT CASE WHEN placed.kind = 'usage' THEN 'usage' ELSE 'adjustment' END,
        placed.owner_id, placed.payer_id, placed.product_id, placed.resource,
        placed.period_start, placed.period_end, {BILLING_MONTH},
        placed.quantity, placed.unit_price, placed.list_amount, 0,
        CASE WHEN best.id IS NULL THEN 0 ELSE placed.list_amount - best.payable END,
        CASE WHEN placed.kind = 'credit' THEN -placed.given_amount ELSE 0 END,
        CASE WHEN placed.kind = 'credit' THEN placed.given_amount
             ELSE coalesce(best.payable, placed.list_amount) END,
        payer.currency, placed.relationship_id, best.id, placed.record_id, placed.is_late,
        placed.reason, %(step)s
    FROM placed JOIN finance_mgmt_account payer ON payer.id = placed.payer_id
    {BEST_DISCOUNT}
    RETURNING payer_id, owner_id, currency, payable_amount
)
SELECT payer_id, owner_id, currency, count(*), sum(payable_amount) FROM written
GROUP BY payer_id, owner_id, currency ORDER BY payer_id, owner_id
"""

# The groups to walk, in the order they draw: as their cycles ended, the payer's own first, then
# members by start of relationship, number, product, resource (K3).
WALKED = f"""
WITH due AS ({DUE}), placed AS (
    SELECT due.*, product.code AS product_code, product.family_id, price.unit_price, price.tiers,
        link.id AS relationship_id, link.effective_from, product.keeps_own_discount,
        {PAYER} AS payer_id, {DISCOUNTS_OF} AS discounts_of, {IN_TRUSTEESHIP} AS in_trusteeship
    FROM due JOIN billing_product product ON product.id = due.product_id
    {JOIN_STANDING}
    {JOIN_PRICE}
    WHERE {IS_WALKED}
)
SELECT placed.owner_id, placed.payer_id, placed.discounts_of, placed.relationship_id,
    placed.in_trusteeship, placed.keeps_own_discount, placed.product_id, placed.product_code,
    placed.family_id, placed.resource, placed.period_start, placed.period_end,
    {BILLING_MONTH} AS billing_month, placed.quantity, placed.priced_quantity,
    placed.given_amount, placed.unit_price, placed.tiers, placed.record_id, placed.is_late,
    placed.reason, payer.currency
FROM placed
JOIN finance_mgmt_account payer ON payer.id = placed.payer_id
JOIN finance_mgmt_account owner ON owner.id = placed.owner_id
ORDER BY placed.due_at, placed.payer_id <> placed.owner_id, placed.effective_from, owner.number,
    placed.product_code, placed.resource, placed.period_start, placed.record_id
"""

# Which products would be closed at no price at all: asked only after the close was refused.
WITHOUT_PRICE = f"""
WITH due AS ({DUE})
SELECT DISTINCT product.code FROM due JOIN billing_product product ON product.id = due.product_id
{JOIN_PRICE}
WHERE due.priced_quantity IS NOT NULL AND price.unit_price IS NULL ORDER BY product.code
"""

# Credits of the step's charges: which voucher pays which charge how much. Says what credits are
# charged as: where nobody has counted the rows yet, each charge would look through all records.
CREDITS = """
SELECT charge.id, record.voucher_id, charge.voucher_amount
FROM billing_charge charge JOIN billing_usagerecord record ON record.id = charge.record_id
WHERE charge.step_id = %s AND charge.kind = 'adjustment' AND charge.record_id IS NOT NULL
    AND record.kind = 'credit' ORDER BY charge.id
"""

# Of charges with our own price: the units whose amount came with them, which no step counts (P1).
GIVEN_IN_PRICED = """
SELECT charge.owner_id, charge.product_id, charge.billing_month, sum(given.quantity)
FROM (
    SELECT owner_id, product_id, resource, period_start, sum(quantity) AS quantity
    FROM billing_usagerecord
    WHERE owner_id = ANY(%s) AND product_id = ANY(%s) AND due_at >= %s
        AND kind = 'usage' AND NOT is_late AND given_amount IS NOT NULL
    GROUP BY 1, 2, 3, 4
) given JOIN billing_charge charge USING (owner_id, product_id, resource, period_start)
WHERE charge.kind = 'usage' AND charge.record_id IS NULL AND charge.unit_price IS NOT NULL
GROUP BY 1, 2, 3
"""
