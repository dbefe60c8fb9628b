-- Summing charges (docs/decisions/0023). Called by services/sums.py, and once by the migration.

-- Notes which charges are in no sum yet: one row for what a statement of a step of a close writes
-- (no other charge of the step can lie between its first and its last id), and one for each other
-- charge. Rows are only added here: those who charge at once have nothing to wait for.
CREATE FUNCTION billing_charges_wait_for_their_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO billing_unsummed (first_charge, last_charge)
    SELECT id, id FROM new_charges WHERE step_id IS NULL;
    IF EXISTS (SELECT FROM new_charges WHERE step_id IS NOT NULL) THEN
        INSERT INTO billing_unsummed (first_charge, last_charge, step_id)
        SELECT min(id), max(id), step_id FROM new_charges WHERE step_id IS NOT NULL
        GROUP BY step_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER charges_wait_for_their_sums AFTER INSERT ON billing_charge
    REFERENCING NEW TABLE AS new_charges FOR EACH STATEMENT
    EXECUTE FUNCTION billing_charges_wait_for_their_sums();


-- Adds charges that wait for it to the stored sums, those of at most so many waiting rows. Returns
-- how many charges it summed. `p_zone` is the billing time zone, which is fixed once there is usage.
CREATE FUNCTION billing_sum_charges(p_zone text, p_most integer) RETURNS bigint
LANGUAGE plpgsql SET jit = off AS $$
DECLARE
    v_summed bigint;
BEGIN
    -- One at a time: two would wait for each other's sums. Readers and writers are not kept waiting.
    PERFORM pg_advisory_xact_lock(hashtextextended('sums of charges', 0));
    WITH taken AS (
        DELETE FROM billing_unsummed WHERE first_charge IN (
            SELECT first_charge FROM billing_unsummed ORDER BY first_charge LIMIT p_most
        ) RETURNING first_charge, last_charge, step_id
    ), charge AS MATERIALIZED (
        SELECT found.* FROM taken CROSS JOIN LATERAL (
            SELECT id, kind, payer_id, owner_id, product_id, discount_id, billing_month,
                period_start, covered_amount, discount_amount, payable_amount
            FROM billing_charge
            WHERE id BETWEEN taken.first_charge AND taken.last_charge
                AND step_id IS NOT DISTINCT FROM taken.step_id
            OFFSET 0
        ) found
    ), products AS (
        INSERT INTO billing_productsum AS stored
            (payer_id, owner_id, product_id, billing_month, payable_amount)
        SELECT payer_id, owner_id, product_id, billing_month, sum(payable_amount)
        FROM charge GROUP BY 1, 2, 3, 4
        ON CONFLICT (payer_id, billing_month, owner_id, product_id) DO UPDATE
            SET payable_amount = stored.payable_amount + excluded.payable_amount
    ), months AS (
        INSERT INTO billing_monthsum AS stored
            (payer_id, owner_id, billing_month, charge_count, payable_amount)
        SELECT payer_id, owner_id, billing_month, count(*), sum(payable_amount)
        FROM charge GROUP BY 1, 2, 3
        ON CONFLICT (payer_id, billing_month, owner_id) DO UPDATE
            SET charge_count = stored.charge_count + excluded.charge_count,
                payable_amount = stored.payable_amount + excluded.payable_amount
    ), days AS (
        INSERT INTO billing_daysum AS stored
            (payer_id, owner_id, billing_month, starts_on, cycle, payable_amount)
        SELECT charge.payer_id, charge.owner_id, charge.billing_month,
            (charge.period_start AT TIME ZONE p_zone)::date, product.cycle,
            sum(charge.payable_amount)
        FROM charge JOIN billing_product product ON product.id = charge.product_id
        WHERE charge.kind = 'usage' GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT (owner_id, payer_id, billing_month, starts_on, cycle) DO UPDATE
            SET payable_amount = stored.payable_amount + excluded.payable_amount
    ), savings AS (
        INSERT INTO billing_savingsum AS stored
            (payer_id, owner_id, billing_month, kind, saver_id, amount)
        SELECT payer_id, owner_id, billing_month, 'discount', discount_id, sum(discount_amount)
        FROM charge WHERE discount_id IS NOT NULL GROUP BY 1, 2, 3, 5
        UNION ALL
        SELECT charge.payer_id, charge.owner_id, charge.billing_month, 'commitment',
            covered.commitment_id, sum(covered.amount)
        FROM charge JOIN billing_coverage covered ON covered.charge_id = charge.id
        WHERE charge.covered_amount <> 0 GROUP BY 1, 2, 3, 5
        ON CONFLICT (payer_id, billing_month, owner_id, kind, saver_id) DO UPDATE
            SET amount = stored.amount + excluded.amount
    )
    SELECT count(*) INTO v_summed FROM charge;
    RETURN v_summed;
END $$;
