"""The close as one statement: due usage -> rated charges -> what each payer owes for whom.

Reads the records of a window and of some owners, groups them (B1), finds the payer and whose
discounts count at the start of each charge period (C1), the price of that instant (P1) and the
best discount (D1), and inserts the charges. Returns the sums by payer and owner.

Whatever many charges share is looked up once: prices by product and charge period, discounts by
owner and product. Each step is a join of whole sets, so that the time grows with the charges.
"""

from finance_mgmt.rules.terms_in_sql import DISCOUNTS_FROM, IN_TRUSTEESHIP, JOIN_STANDING, PAYER

# The groups of a step (rules/chunks.py) fit; with the usual 4 MB they would go through files.
# Compiling the statement (JIT) takes longer than doing it.
IN_MEMORY = "SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"

# Nobody knows beforehand how many groups there are. Where the planner guesses too few, it looks
# through all of one set for each row of another: never with many records. LEFT JOINs below are
# for the same reason: their guesses are not below the number of groups.
MANY = 5_000
BY_SETS = "SET LOCAL enable_nestloop = {0}; SET LOCAL enable_mergejoin = {0}"

IN_WINDOW = "due_at > %(after)s AND due_at <= %(through)s AND owner_id = ANY(%(owners)s)"
IS_ALONE = "(is_late OR kind <> 'usage')"

# Usage that may be covered, paid by vouchers or priced in steps is walked one by one instead.
IS_WALKED = """
(kind = 'usage' AND
    (owner_id = ANY(%(walked_owners)s) OR product_id = ANY(%(stepped_products)s)))
"""


def due(which: str, *, due_at: str = "NULL::timestamptz") -> str:
    """The groups to charge, those that `which` says, in the order of the main index of charges.

    What stands alone (late, adjustment, credit) is its own group and keeps its id. These are few,
    and the index `records_charged_alone` finds them. Only they have an instant `due_at`, unless
    groups are asked for theirs. A sum without FILTER would start, and end, for each group.
    """
    return f"""
    SELECT owner_id, product_id, resource, period_start, period_end, 'usage' AS kind,
        false AS is_late, NULL::bigint AS record_id,
        coalesce(priced_quantity + given_quantity, priced_quantity, given_quantity) AS quantity,
        priced_quantity, coalesce(given_amount, 0) AS given_amount, '' AS reason, due_at
    FROM (
        SELECT owner_id, product_id, resource, period_start, period_end, {due_at} AS due_at,
            sum(quantity) FILTER (WHERE given_amount IS NULL) AS priced_quantity,
            sum(quantity) FILTER (WHERE given_amount IS NOT NULL) AS given_quantity,
            sum(given_amount) FILTER (WHERE given_amount IS NOT NULL) AS given_amount
        FROM billing_usagerecord
        WHERE {IN_WINDOW} AND NOT {IS_ALONE} AND {which}
        GROUP BY owner_id, product_id, resource, period_start, period_end
    ) together
    UNION ALL
    SELECT owner_id, product_id, resource, period_start, period_end, kind, is_late, id, quantity,
        CASE WHEN given_amount IS NULL THEN quantity END, coalesce(given_amount, 0), reason, due_at
    FROM billing_usagerecord
    WHERE {IN_WINDOW} AND {IS_ALONE} AND {which}
    ORDER BY owner_id, product_id, period_start
"""


# Each product and charge period once, with the list price in force at its start (P1, C1).
PRICED = """
    SELECT slot.*, product.code, product.family_id, product.keeps_own_discount,
        price.unit_price, price.tiers,
        date_trunc('month', (slot.period_end - interval '1 microsecond') AT TIME ZONE %(zone)s)
            ::date AS billing_month
    FROM (SELECT DISTINCT product_id, period_start, period_end FROM due) slot
    JOIN billing_product product ON product.id = slot.product_id
    LEFT JOIN LATERAL (
        SELECT unit_price, tiers FROM billing_price
        WHERE product_id = slot.product_id AND effective_from <= slot.period_start
        ORDER BY effective_from DESC LIMIT 1
    ) price ON true
"""

DISCOUNTS_OF_PLACED = (
    "CASE WHEN priced.keeps_own_discount THEN due.owner_id ELSE standing.discounts_from END"
)

# Each owner and start of a charge period once: who pays, and whose discounts count (C1).
STANDING = f"""
    SELECT due.owner_id, due.period_start, link.id AS relationship_id, link.effective_from,
        {PAYER} AS payer_id, {DISCOUNTS_FROM} AS discounts_from, {IN_TRUSTEESHIP} AS in_trusteeship,
        payer.currency
    FROM (SELECT DISTINCT owner_id, period_start FROM due) due
    {JOIN_STANDING}
    JOIN finance_mgmt_account payer ON payer.id = {PAYER}
"""

PLACED = f"""
    SELECT due.*, priced.family_id, priced.code AS product_code, priced.keeps_own_discount,
        priced.billing_month,
        CASE WHEN due.priced_quantity IS NOT NULL THEN priced.unit_price END AS unit_price,
        CASE WHEN due.priced_quantity IS NOT NULL THEN priced.tiers END AS tiers,
        (CASE WHEN due.kind = 'credit' THEN 0
            WHEN due.priced_quantity IS NULL THEN due.given_amount
            ELSE due.given_amount + due.priced_quantity * priced.unit_price
        END)::numeric(38, 18) AS list_amount,
        standing.payer_id, standing.currency, standing.relationship_id, standing.effective_from,
        standing.in_trusteeship,
        {DISCOUNTS_OF_PLACED} AS discounts_of
    FROM due LEFT JOIN priced USING (product_id, period_start, period_end)
    LEFT JOIN standing USING (owner_id, period_start)
    OFFSET 0
"""

# A late record goes to the payer's open month: not before its arrival, not on an issued bill (C4).
BILLING_MONTH = """
CASE WHEN placed.is_late THEN greatest(
    date_trunc('month', (placed.due_at - %(delay)s) AT TIME ZONE %(zone)s)::date,
    (SELECT (max(month) + interval '1 month')::date FROM billing_bill
     WHERE payer_id = placed.payer_id)
) ELSE placed.billing_month END
"""

# Of each account whose discounts may count: how many it has in these periods, and the only one.
OFFERS = """
    SELECT owner_id, count(*) AS among, min(id) AS discount_id FROM billing_discount
    WHERE owner_id IN (SELECT owner_id FROM standing UNION SELECT discounts_from FROM standing)
        AND (valid_from IS NULL OR valid_from <= (SELECT max(period_start) FROM priced))
        AND (valid_until IS NULL OR valid_until > (SELECT min(period_start) FROM priced))
    GROUP BY owner_id
"""

# Of those with several, by product: how many name it, and the only one (D1).
OFFERED = f"""
    SELECT wanted.discounts_of, wanted.product_id, count(*) AS among,
        min(discount.id) AS discount_id
    FROM (
        SELECT DISTINCT {DISCOUNTS_OF_PLACED} AS discounts_of, due.product_id, priced.family_id
        FROM due JOIN priced USING (product_id, period_start, period_end)
        JOIN standing USING (owner_id, period_start)
        JOIN offers ON offers.among > 1 AND offers.owner_id = {DISCOUNTS_OF_PLACED}
    ) wanted
    JOIN billing_discount discount ON discount.owner_id = wanted.discounts_of
        AND (discount.product_id IS NULL OR discount.product_id = wanted.product_id)
        AND (discount.family_id IS NULL OR discount.family_id = wanted.family_id)
    GROUP BY wanted.discounts_of, wanted.product_id
"""

IS_IN_SCOPE = """
(discount.product_id IS NULL OR discount.product_id = placed.product_id)
AND (discount.family_id IS NULL OR discount.family_id = placed.family_id)
"""

APPLIES = """
(discount.valid_from IS NULL OR discount.valid_from <= placed.period_start)
AND (discount.valid_until IS NULL OR discount.valid_until > placed.period_start)
AND (discount.fixed_price IS NULL OR placed.priced_quantity = placed.quantity)
"""

LEFT_TO_PAY = """
coalesce(placed.list_amount * discount.rate, placed.quantity * discount.fixed_price)
    ::numeric(38, 18)
"""

# By how little is left to pay; a correction (negative) gets the discount its usage got (D1).
BEST_OF_SEVERAL = f"""
(
    SELECT discount.id FROM billing_discount discount
    WHERE discount.owner_id = placed.discounts_of AND {IS_IN_SCOPE} AND {APPLIES}
    ORDER BY abs({LEFT_TO_PAY}), discount.id LIMIT 1
)
"""

# OFFSET 0: what is left to pay is computed once, not once for each column that needs it.
RATED = f"""
    SELECT placed.*, discount.id AS discount_id, {LEFT_TO_PAY} AS left_to_pay
    FROM ({PLACED}) placed
    LEFT JOIN offers ON placed.kind = 'usage' AND offers.owner_id = placed.discounts_of
    LEFT JOIN offered ON offers.among > 1
        AND offered.discounts_of = placed.discounts_of AND offered.product_id = placed.product_id
    LEFT JOIN billing_discount discount ON {IS_IN_SCOPE} AND {APPLIES} AND discount.id = CASE
        WHEN offers.among = 1 THEN offers.discount_id
        WHEN offered.among = 1 THEN offered.discount_id
        WHEN offered.among > 1 THEN {BEST_OF_SEVERAL}
    END
    OFFSET 0
"""

HELPS = "abs(placed.left_to_pay) < abs(placed.list_amount)"

CLOSE = f"""
WITH due AS MATERIALIZED ({due(f"NOT {IS_WALKED}")}),
priced AS MATERIALIZED ({PRICED}),
standing AS MATERIALIZED ({STANDING}),
offers AS MATERIALIZED ({OFFERS}),
offered AS MATERIALIZED ({OFFERED}),
written AS (
    INSERT INTO billing_charge (
        kind, owner_id, payer_id, product_id, resource, period_start, period_end, billing_month,
        quantity, unit_price, list_amount, covered_amount, discount_amount, voucher_amount,
        payable_amount, currency, relationship_id, discount_id, record_id, is_late, reason, step_id
    )
    SELECT CASE WHEN placed.kind = 'usage' THEN 'usage' ELSE 'adjustment' END,
        placed.owner_id, placed.payer_id, placed.product_id, placed.resource,
        placed.period_start, placed.period_end, {BILLING_MONTH},
        placed.quantity, placed.unit_price, placed.list_amount, 0,
        CASE WHEN {HELPS} THEN placed.list_amount - placed.left_to_pay ELSE 0 END,
        CASE WHEN placed.kind = 'credit' THEN -placed.given_amount ELSE 0 END,
        CASE WHEN placed.kind = 'credit' THEN placed.given_amount
            WHEN {HELPS} THEN placed.left_to_pay ELSE placed.list_amount END,
        placed.currency, placed.relationship_id, CASE WHEN {HELPS} THEN placed.discount_id END,
        placed.record_id, placed.is_late, placed.reason, %(step)s
    FROM ({RATED}) placed
    RETURNING payer_id, owner_id, currency, payable_amount
)
SELECT payer_id, owner_id, currency, count(*), sum(payable_amount) FROM written
GROUP BY payer_id, owner_id, currency ORDER BY payer_id, owner_id
"""

# Who has commitments or vouchers, or is or was or will be a member of somebody who has.
WALKED_OWNERS = """
SELECT DISTINCT near.owner_id FROM (
    SELECT owner_id, owner_id AS account_id FROM unnest(%(owners)s::bigint[]) AS one (owner_id)
    UNION ALL
    SELECT member_id, master_id FROM finance_mgmt_relationship
    WHERE member_id = ANY(%(owners)s) AND state = ANY(%(dated)s)
) near
WHERE EXISTS (SELECT FROM billing_commitment WHERE owner_id = near.account_id)
    OR EXISTS (SELECT FROM billing_voucher WHERE owner_id = near.account_id AND remaining > 0)
ORDER BY near.owner_id
"""

# The groups to walk, in the order they draw: as their cycles ended, the payer's own first, then
# members by start of relationship, number, product, resource (K3). Each has the id of its charge.
WALKED = f"""
WITH due AS MATERIALIZED ({due(IS_WALKED, due_at="max(due_at)")}),
priced AS MATERIALIZED ({PRICED}),
standing AS MATERIALIZED ({STANDING})
SELECT nextval('billing_charge_id_seq'), walked.* FROM (
    SELECT placed.owner_id, placed.payer_id, placed.discounts_of, placed.relationship_id,
        placed.in_trusteeship, placed.keeps_own_discount, placed.product_id, placed.product_code,
        placed.family_id, placed.resource, placed.period_start, placed.period_end,
        {BILLING_MONTH} AS billing_month, placed.quantity, placed.priced_quantity,
        placed.given_amount, placed.unit_price, placed.tiers, placed.record_id, placed.is_late,
        placed.reason, placed.currency
    FROM ({PLACED}) placed
    JOIN finance_mgmt_account owner ON owner.id = placed.owner_id
    ORDER BY placed.due_at, placed.payer_id <> placed.owner_id, placed.effective_from, owner.number,
        placed.product_code, placed.resource, placed.period_start, placed.record_id
) walked
"""

# Which products would be closed at no price at all: asked only after the close was refused.
WITHOUT_PRICE = f"""
WITH due AS MATERIALIZED ({due("true")}), priced AS MATERIALIZED ({PRICED})
SELECT DISTINCT priced.code FROM due JOIN priced USING (product_id, period_start, period_end)
WHERE due.priced_quantity IS NOT NULL AND priced.unit_price IS NULL ORDER BY priced.code
"""

# Credits among what was just charged: which voucher pays which charge how much.
CREDITS = f"""
SELECT charge.id, record.voucher_id, charge.voucher_amount
FROM billing_usagerecord record JOIN billing_charge charge ON charge.record_id = record.id
WHERE {IN_WINDOW.replace("owner_id", "record.owner_id")}
    AND (record.is_late OR record.kind <> 'usage') AND record.kind = 'credit'
ORDER BY charge.id
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
