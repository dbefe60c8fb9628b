"""Is each charge what the rules make of its facts? For `verify_ledger`.

Each check returns sentences, one per thing that is wrong; none: all is well.
"""

from finance_mgmt.rules.terms_in_sql import DISCOUNTS_OF, JOIN_STANDING

from .told import told


def wrong_prices() -> list[str]:
    """Charges at another price than the one in force when their period started (P1, C1)."""
    return told(
        """
        SELECT format('Charge %%s is charged at %%s, in force was %%s.', charge.id,
            charge.unit_price, coalesce(price.unit_price::text, 'no price'))
        FROM billing_charge charge LEFT JOIN (
            SELECT product_id, unit_price, effective_from, lead(effective_from)
                OVER (PARTITION BY product_id ORDER BY effective_from) AS effective_to
            FROM billing_price
        ) price ON price.product_id = charge.product_id
            AND price.effective_from <= charge.period_start
            AND (price.effective_to IS NULL OR price.effective_to > charge.period_start)
        WHERE charge.kind = 'usage' AND charge.unit_price IS NOT NULL
            AND charge.unit_price IS DISTINCT FROM price.unit_price
        """
    )


def wrong_discounts() -> list[str]:
    """Charges cut by a discount that was not theirs, or by another amount than it gives (D1)."""
    return told(
        f"""
        SELECT format('Charge %%s: discount %%s gives it %%s, it has %%s.', id, discount_id,
            CASE WHEN is_theirs THEN round(coalesce(before * rate, uncovered * fixed_price), 18)
            END, after)
        FROM (
            SELECT due.id, due.discount_id, discount.rate, discount.fixed_price,
                due.list_amount - due.covered_amount AS before,
                due.payable_amount + due.voucher_amount AS after,
                due.quantity - coalesce((SELECT sum(cover.quantity) FROM billing_coverage cover
                    WHERE due.covered_amount <> 0 AND cover.charge_id = due.id), 0) AS uncovered,
                discount.owner_id = {DISCOUNTS_OF}
                    AND (discount.product_id IS NULL OR discount.product_id = due.product_id)
                    AND (discount.family_id IS NULL OR discount.family_id = product.family_id)
                    AND (discount.valid_from IS NULL OR discount.valid_from <= due.period_start)
                    AND (discount.valid_until IS NULL OR discount.valid_until > due.period_start)
                    AS is_theirs
            FROM billing_charge due JOIN billing_product product ON product.id = due.product_id
            JOIN billing_discount discount ON discount.id = due.discount_id
            {JOIN_STANDING}
            WHERE due.kind = 'usage' AND due.discount_id IS NOT NULL
        ) cut
        WHERE NOT is_theirs
            OR after <> round(coalesce(before * rate, uncovered * fixed_price), 18)
        UNION ALL
        SELECT format('Charge %%s is cut by %%s and names no discount.', id, discount_amount)
        FROM billing_charge
        WHERE kind = 'usage' AND discount_id IS NULL AND discount_amount <> 0
        """
    )


def wrong_cover() -> list[str]:
    """Charges whose cover is not recorded, and cover given twice or beyond what there is (K3)."""
    return told(
        """
        SELECT format('Charge %%s is covered by %%s, its cover sums to %%s.', charge.id,
            charge.covered_amount, coalesce(sum(cover.amount), 0))
        FROM billing_charge charge LEFT JOIN billing_coverage cover ON cover.charge_id = charge.id
        WHERE charge.covered_amount <> 0 OR cover.id IS NOT NULL
        GROUP BY charge.id HAVING charge.covered_amount <> coalesce(sum(cover.amount), 0)
        UNION ALL
        SELECT format('Commitment %%s gave %%s from %%s, %%s were taken.', commitment.code,
            coalesce(given.used, 0), coalesce(given.slot_start, taken.slot_start),
            coalesce(taken.quantity, 0))
        FROM (
            SELECT use.* FROM billing_coveruse use
            JOIN billing_commitment plan ON plan.id = use.commitment_id
            WHERE plan.kind <> 'savings_plan'
        ) given FULL JOIN (
            SELECT cover.commitment_id, charge.period_start AS slot_start,
                sum(cover.quantity) AS quantity
            FROM billing_coverage cover JOIN billing_charge charge ON charge.id = cover.charge_id
            JOIN billing_commitment plan ON plan.id = cover.commitment_id
            WHERE plan.kind <> 'savings_plan' GROUP BY 1, 2
        ) taken ON taken.commitment_id = given.commitment_id
            AND taken.slot_start = given.slot_start
        JOIN billing_commitment commitment
            ON commitment.id = coalesce(given.commitment_id, taken.commitment_id)
        WHERE coalesce(given.used, 0) <> coalesce(taken.quantity, 0)
            OR given.used > commitment.quantity
        UNION ALL
        SELECT format('Plan %%s gave %%s in %%s hours, %%s were taken.', plan.code,
            coalesce(given.used, 0), coalesce(given.hours, 0), coalesce(taken.amount, 0))
        FROM billing_commitment plan LEFT JOIN (
            SELECT commitment_id, sum(used) AS used, max(used) AS most, count(*) AS hours
            FROM billing_coveruse GROUP BY 1
        ) given ON given.commitment_id = plan.id LEFT JOIN (
            SELECT commitment_id, sum(amount) AS amount, count(*) AS charges
            FROM billing_coverage GROUP BY 1
        ) taken ON taken.commitment_id = plan.id
        WHERE plan.kind = 'savings_plan' AND (
            -- an hour and a charge each round their last decimal
            abs(coalesce(given.used, 0) - coalesce(taken.amount, 0))
                > 1e-18 * (coalesce(given.hours, 0) + coalesce(taken.charges, 0))
            OR given.most > plan.commit_amount / plan.rate + 1e-18)
        UNION ALL
        SELECT format('Commitment %%s covers charge %%s, which it may not.', plan.code, charge.id)
        FROM billing_coverage cover JOIN billing_commitment plan ON plan.id = cover.commitment_id
        JOIN billing_charge charge ON charge.id = cover.charge_id
        JOIN billing_product product ON product.id = charge.product_id
        WHERE plan.starts_at > charge.period_start OR plan.expires_at <= charge.period_start
            OR plan.product_id <> charge.product_id
            OR (plan.kind <> 'reserved_instance'
                AND EXISTS (SELECT FROM billing_commitment_families scope
                    WHERE scope.commitment_id = plan.id)
                AND NOT EXISTS (SELECT FROM billing_commitment_families scope
                    WHERE scope.commitment_id = plan.id AND scope.family_id = product.family_id))
            OR (plan.owner_id <> charge.owner_id AND (plan.owner_id <> charge.payer_id OR NOT (
                SELECT said.is_shared FROM billing_commitmentsharing said
                WHERE said.commitment_id = plan.id
                ORDER BY said.since > charge.period_start,
                    CASE WHEN said.since <= charge.period_start THEN said.since END DESC,
                    CASE WHEN said.since <= charge.period_start THEN said.id END DESC,
                    said.since, said.id
                LIMIT 1)))
        """
    )


def misused_vouchers() -> list[str]:
    """Draws on vouchers that were not valid, not for this, or not of whose they are (V1, V4)."""
    return told(
        """
        SELECT format('Voucher %%s pays charge %%s, which it may not.', voucher.code, charge.id)
        FROM billing_voucherdraw draw
        JOIN billing_voucher voucher ON voucher.id = draw.voucher_id
        JOIN billing_charge charge ON charge.id = draw.charge_id
        JOIN billing_product product ON product.id = charge.product_id
        WHERE charge.kind <> 'adjustment' AND (
            voucher.owner_id <> CASE WHEN product.keeps_own_discount THEN charge.owner_id
                ELSE charge.payer_id END
            OR coalesce(voucher.valid_from, voucher.issued_at) > charge.period_start
            OR voucher.expires_at <= charge.period_start
            OR (voucher.owner_id <> charge.owner_id AND NOT (
                SELECT said.share = 'all_trusteeship_members'
                    OR (said.share = 'listed_members' AND charge.owner_id = ANY(said.members))
                FROM billing_vouchersharing said WHERE said.voucher_id = voucher.id
                ORDER BY said.since > charge.period_start,
                    CASE WHEN said.since <= charge.period_start THEN said.since END DESC,
                    CASE WHEN said.since <= charge.period_start THEN said.id END DESC,
                    said.since, said.id
                LIMIT 1))
            OR voucher.minimum_spend > charge.payable_amount + charge.voucher_amount
            OR (
                (EXISTS (SELECT FROM billing_voucher_products scope
                        WHERE scope.voucher_id = voucher.id)
                    OR EXISTS (SELECT FROM billing_voucher_families scope
                        WHERE scope.voucher_id = voucher.id))
                AND NOT EXISTS (SELECT FROM billing_voucher_products scope
                    WHERE scope.voucher_id = voucher.id AND scope.product_id = product.id)
                AND NOT EXISTS (SELECT FROM billing_voucher_families scope
                    WHERE scope.voucher_id = voucher.id AND scope.family_id = product.family_id)
            )
        )
        """
    )
