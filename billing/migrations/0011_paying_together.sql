-- Orders that are paid together may come from several people, at their own instants.
--
-- `billing_pay_orders` as in 0008_paying_orders.sql, but who gave each command, when and in which
-- request is told with each order, not once for all. An order that came through the API brings the
-- answer with it, which is stored in the same transaction (F11).

DROP FUNCTION billing_pay_orders(jsonb, text, timestamptz);

ALTER TYPE billing_order_to_pay
    ADD ATTRIBUTE by text,
    ADD ATTRIBUTE at timestamptz,
    ADD ATTRIBUTE request_id text,
    ADD ATTRIBUTE api_request jsonb;


CREATE FUNCTION billing_pay_orders(p_wishes jsonb)
RETURNS TABLE (decision_id bigint, resource_id bigint, order_id bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_wishes billing_order_to_pay[];
    v_owners bigint[];
    v_count integer := jsonb_array_length(p_wishes);
    v_written integer;
    v_draw record;
BEGIN
    v_wishes := ARRAY(
        SELECT jsonb_populate_record(NULL::billing_order_to_pay, wish || jsonb_build_object(
            'decision_id', nextval('finance_mgmt_decision_id_seq'),
            'resource_id', nextval('billing_resource_id_seq'),
            'order_id', nextval('billing_order_id_seq')))
        FROM jsonb_array_elements(p_wishes) WITH ORDINALITY AS given (wish, n) ORDER BY n
    );
    v_owners := ARRAY(SELECT owner_id FROM unnest(v_wishes));

    -- 1. The keys (F11): one that was used is for the long way to look at.
    INSERT INTO finance_mgmt_decision (id, key, verb, facts, by, at, request_id)
    SELECT decision_id, key, 'orders.place', facts, by, at, request_id FROM unnest(v_wishes)
    ON CONFLICT (key) DO NOTHING;
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written <> v_count THEN
        RAISE EXCEPTION 'a key was used before' USING ERRCODE = 'PO001';
    END IF;
    INSERT INTO finance_mgmt_apirequest (user_id, account_id, key, fingerprint, method, path,
        status, answer, at)
    SELECT asked.user_id, asked.account_id, asked.key, asked.fingerprint, asked.method, asked.path,
        asked.status, asked.answer, wish.at
    FROM unnest(v_wishes) wish, jsonb_to_record(wish.api_request) AS asked (user_id bigint,
        account_id bigint, key text, fingerprint text, method text, path text, status smallint,
        answer text)
    WHERE wish.api_request IS NOT NULL
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written <> (SELECT count(*) FROM unnest(v_wishes) WHERE api_request IS NOT NULL) THEN
        RAISE EXCEPTION 'a request was answered before' USING ERRCODE = 'PO001';
    END IF;

    -- 2. Who pays, and that it stays so until the end (C2). The key itself stays free for others.
    PERFORM FROM finance_mgmt_account WHERE id = ANY (v_owners) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM unnest(v_wishes) wish LEFT JOIN finance_mgmt_relationship link
            ON link.member_id = wish.owner_id
            AND link.state IN ('active', 'change_pending', 'ended')
            AND link.effective_from <= wish.at
            AND (link.effective_to IS NULL OR link.effective_to > wish.at
                OR link.state = 'change_pending')
        WHERE link.id IS DISTINCT FROM wish.relationship_id
            OR wish.is_in_trusteeship
                <> coalesce(link.mode = 'trusteeship' AND link.trusteeship_from <= wish.at, false)
    ) OR EXISTS (
        SELECT FROM unnest(v_wishes) wish JOIN finance_mgmt_relationship due
            ON due.member_id = wish.owner_id
            AND (due.state = 'scheduled' AND due.moved_from_id IS NULL
                    AND due.effective_from <= wish.at
                OR due.state = 'change_pending' AND (due.effective_to <= wish.at
                    OR due.mode = 'management' AND due.trusteeship_from <= wish.at))
    ) THEN
        RAISE EXCEPTION 'the relationship changed' USING ERRCODE = 'PO001';
    END IF;

    -- 3. The months that are open, and stay so until the end (B2).
    PERFORM FROM billing_closedthrough FOR SHARE;
    IF NOT FOUND OR EXISTS (
        SELECT FROM unnest(v_wishes) wish, billing_closedthrough horizon
        WHERE horizon.billed_month >= wish.billing_month
    ) OR EXISTS (
        SELECT FROM unnest(v_wishes) wish JOIN billing_bill bill
            ON bill.payer_id = wish.payer_id AND bill.month >= wish.billing_month
    ) THEN
        RAISE EXCEPTION 'the month is billed' USING ERRCODE = 'PO001';
    END IF;

    -- 4. The resources and the orders.
    INSERT INTO billing_resource (id, account_id, code, product_id, kind, status, started_at,
        paid_until)
    SELECT resource_id, owner_id, resource_code, product_id, 'prepaid', 'running', at,
        covers_until
    FROM unnest(v_wishes)
    ON CONFLICT (account_id, code) DO NOTHING;
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written <> v_count THEN
        RAISE EXCEPTION 'a resource exists' USING ERRCODE = 'PO001';
    END IF;
    INSERT INTO billing_order (id, number, kind, status, owner_id, product_id, resource_id,
        resource_code, months, placed_at, list_amount, discount_amount, coupon_amount,
        voucher_amount, payable_amount, from_cash, from_credit, refunded_amount,
        refunded_to_credit, paid_at, covers_from, covers_until, payer_id, relationship_id,
        discount_id, decision_id)
    SELECT order_id, number, 'new', 'paid', owner_id, product_id, resource_id, resource_code,
        months, at, list_amount, discount_amount, 0, 0, payable_amount, from_cash, from_credit,
        0, 0, at, at, covers_until, payer_id, relationship_id, discount_id, decision_id
    FROM unnest(v_wishes)
    ON CONFLICT (number) DO NOTHING;
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written <> v_count THEN
        RAISE EXCEPTION 'an order number is taken' USING ERRCODE = 'PO001';
    END IF;

    -- 5. The money, if it fits the row as it is now: F3-F5, S3, and the split in cash and credit.
    -- From here on others who draw on this payer wait, so this comes late.
    FOR v_draw IN
        SELECT payer_id, is_in_trusteeship, bool_or(is_line_frozen) AS is_line_frozen,
            sum(payable_amount) AS payable, sum(from_transferred) AS transferred,
            sum(from_cash) AS cash, sum(from_credit) AS credit
        FROM unnest(v_wishes) GROUP BY payer_id, is_in_trusteeship
        ORDER BY payer_id, is_in_trusteeship
    LOOP
        UPDATE finance_mgmt_funds funds
        SET cash = funds.cash - v_draw.cash, used = funds.used + v_draw.credit,
            transferred_in = funds.transferred_in - v_draw.transferred
        WHERE funds.account_id = v_draw.payer_id AND (
            SELECT lasting.available >= 0 AND v_draw.payable <= CASE
                WHEN v_draw.is_in_trusteeship THEN least(
                    lasting.effective - funds.used - greatest(funds.unsettled_members, 0),
                    lasting.available)
                ELSE least(lasting.available,
                    funds.cash + greatest(lasting.effective - funds.used, 0))
            END
            FROM (
                SELECT effective, funds.cash + effective - funds.used - funds.unsettled_own
                    - funds.unsettled_members AS available
                FROM (
                    SELECT funds.allocated_in - funds.allocated_out + CASE
                        WHEN v_draw.is_line_frozen THEN least(funds.credit_limit,
                            greatest(funds.used + funds.unsettled_own, 0))
                        ELSE funds.credit_limit
                    END AS effective
                ) counted
            ) lasting
        ) AND CASE
            WHEN v_draw.is_in_trusteeship THEN v_draw.cash = 0
            ELSE v_draw.cash = least(funds.cash, v_draw.payable)
                AND v_draw.transferred = least(funds.transferred_in, v_draw.cash)
        END;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the funds changed' USING ERRCODE = 'PO001';
        END IF;
    END LOOP;

    -- 6. What follows the funds in the order of their lock: those who watch a payer read charges
    -- and movements by id, and one that came late with an earlier id would be passed over (W1).
    INSERT INTO billing_charge (kind, owner_id, payer_id, product_id, resource, period_start,
        period_end, billing_month, quantity, list_amount, covered_amount, discount_amount,
        voucher_amount, payable_amount, currency, relationship_id, discount_id, order_id, is_late,
        reason)
    SELECT 'order', owner_id, payer_id, product_id, resource_code, at, at, billing_month, 1,
        list_amount, 0, discount_amount, 0, payable_amount, currency, relationship_id, discount_id,
        order_id, false, ''
    FROM unnest(v_wishes) ORDER BY order_id;
    INSERT INTO finance_mgmt_movement (decision_id, kind, from_account_id, from_pocket, to_pocket,
        owner_id, amount, currency, reason, at)
    SELECT decision_id, 'order', payer_id, pocket, 'provider', owner_id, amount, currency,
        'order ' || number, at
    FROM unnest(v_wishes), LATERAL (VALUES
        (1, 'transferred_cash', from_transferred),
        (2, 'cash', from_cash - from_transferred),
        (3, 'credit', from_credit)
    ) AS part (place, pocket, amount)
    WHERE amount > 0 ORDER BY order_id, place;

    RETURN QUERY SELECT decision_id, resource_id, order_id FROM unnest(v_wishes);
END $$;
