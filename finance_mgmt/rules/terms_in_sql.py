"""The payer and discount rows of the terms table once more, for sets of charges (PERFORMANCE B4).

Fragments for a query that has a row source `due` with `owner_id` and `period_start`, and for
`DISCOUNTS_OF` a `product` with `keeps_own_discount`. `rules/terms.py` is the table itself; a
property test compares both on random histories.
"""

JOIN_STANDING = """
LEFT JOIN finance_mgmt_relationship link
    ON link.member_id = due.owner_id
    AND link.state IN ('active', 'change_pending', 'ended')
    AND link.effective_from <= due.period_start
    AND (link.effective_to IS NULL OR link.effective_to > due.period_start
        OR link.state = 'change_pending')
"""

IN_TRUSTEESHIP = """
coalesce(link.mode = 'trusteeship' AND link.trusteeship_from <= due.period_start, false)
"""

PAYER = f"CASE WHEN {IN_TRUSTEESHIP} THEN link.master_id ELSE due.owner_id END"

SHARES_DISCOUNTS = """
EXISTS (
    SELECT 1 FROM finance_mgmt_grant held
    WHERE held.relationship_id = link.id AND held.permission = 'share_discounts'
        AND held.held_by = 'master' AND held.granted_from <= due.period_start
        AND (held.granted_until IS NULL OR held.granted_until > due.period_start)
)
"""

# Whose discounts count, but for the products that keep the owner's own (D2).
DISCOUNTS_FROM = f"""
CASE
    WHEN {IN_TRUSTEESHIP} THEN link.master_id
    WHEN link.id IS NOT NULL AND {SHARES_DISCOUNTS} THEN link.master_id
    ELSE due.owner_id
END
"""

DISCOUNTS_OF = f"CASE WHEN product.keeps_own_discount THEN due.owner_id ELSE {DISCOUNTS_FROM} END"
