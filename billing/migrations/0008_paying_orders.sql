-- Paying new orders in one round trip (docs/decisions: the hot path of orders).
--
-- `billing_order_facts` reads what the rules decide by. `billing_pay_orders` decides nothing: it
-- checks under locks that what was read still holds, and writes. Whatever does not hold raises
-- PO001 and takes everything back; the caller then goes the long way, which knows every refusal.

-- One new order with all that was decided about it. The ids are drawn when it is written.
CREATE TYPE billing_order_to_pay AS (
    decision_id bigint,
    resource_id bigint,
    order_id bigint,
    key text,
    facts jsonb,
    number text,
    owner_id bigint,
    product_id bigint,
    resource_code text,
    months integer,
    list_amount numeric,
    discount_amount numeric,
    payable_amount numeric,
    from_transferred numeric,
    from_cash numeric,
    from_credit numeric,
    covers_until timestamptz,
    billing_month date,
    payer_id bigint,
    currency text,
    relationship_id bigint,
    discount_id bigint,
    is_in_trusteeship boolean,
    is_line_frozen boolean
);


CREATE FUNCTION billing_order_facts(
    p_owner bigint, p_product bigint, p_family bigint, p_keeps_own boolean, p_number text,
    p_resource text, p_at timestamptz
) RETURNS TABLE (
    mode text,
    master_id bigint,
    relationship_id bigint,
    granted text[],
    is_change_due boolean,
    payer_id bigint,
    currency text,
    cash numeric,
    transferred_in numeric,
    credit_limit numeric,
    allocated_in numeric,
    allocated_out numeric,
    used numeric,
    unsettled_own numeric,
    unsettled_members numeric,
    has_vouchers boolean,
    has_coupons boolean,
    has_hard_cap boolean,
    oldest_due_on date,
    is_taken boolean,
    closed_month date,
    zone text,
    offers jsonb
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    v_link finance_mgmt_relationship;
    v_mode text;
    v_payer bigint := p_owner;
BEGIN
    SELECT * INTO v_link FROM finance_mgmt_relationship link
    WHERE link.member_id = p_owner AND link.state IN ('active', 'change_pending', 'ended')
        AND link.effective_from <= p_at
        AND (link.effective_to IS NULL OR link.effective_to > p_at
            OR link.state = 'change_pending');
    IF v_link.id IS NOT NULL THEN
        IF v_link.mode = 'trusteeship' AND v_link.trusteeship_from <= p_at THEN
            v_mode := 'trusteeship';
            v_payer := v_link.master_id;
        ELSE
            v_mode := 'management';
        END IF;
    END IF;
    RETURN QUERY SELECT
        v_mode,
        v_link.master_id,
        v_link.id,
        ARRAY(
            SELECT held.permission::text FROM finance_mgmt_grant held
            WHERE held.relationship_id = v_link.id AND held.held_by = 'master'
                AND held.granted_from <= p_at
                AND (held.granted_until IS NULL OR held.granted_until > p_at)
        ),
        EXISTS (
            SELECT FROM finance_mgmt_relationship due WHERE due.member_id = p_owner
                AND (due.state = 'scheduled' AND due.moved_from_id IS NULL
                        AND due.effective_from <= p_at
                    OR due.state = 'change_pending' AND (due.effective_to <= p_at
                        OR due.mode = 'management' AND due.trusteeship_from <= p_at))
        ),
        v_payer,
        account.currency::text,
        funds.cash, funds.transferred_in, funds.credit_limit, funds.allocated_in,
        funds.allocated_out, funds.used, funds.unsettled_own, funds.unsettled_members,
        EXISTS (
            SELECT FROM billing_voucher voucher WHERE voucher.remaining > 0
                AND voucher.owner_id = CASE WHEN p_keeps_own THEN p_owner ELSE v_payer END
        ),
        (v_payer = p_owner OR p_keeps_own) AND EXISTS (
            SELECT FROM billing_coupon coupon WHERE coupon.owner_id = p_owner
                AND NOT EXISTS (SELECT FROM billing_order used WHERE used.coupon_id = coupon.id)
        ),
        v_mode = 'trusteeship' AND EXISTS (
            SELECT FROM finance_mgmt_cap cap
            WHERE cap.relationship_id = v_link.id AND cap.is_hard AND cap.since <= p_at
        ),
        (SELECT min(bill.due_on) FROM billing_bill bill
            WHERE bill.payer_id = v_payer AND bill.status = 'outstanding'),
        EXISTS (SELECT FROM billing_order taken WHERE taken.number = p_number)
            OR EXISTS (SELECT FROM billing_resource taken
                WHERE taken.account_id = p_owner AND taken.code = p_resource),
        greatest(
            (SELECT billed_month FROM billing_closedthrough),
            (SELECT max(bill.month) FROM billing_bill bill WHERE bill.payer_id = v_payer)
        ),
        (SELECT billing_time_zone::text FROM finance_mgmt_storedpolicy),
        (
            SELECT jsonb_agg(jsonb_build_array(offer.id, offer.owner_id, offer.rate::text,
                offer.fixed_price::text))
            FROM billing_discount offer
            WHERE offer.owner_id IN (p_owner, v_link.master_id)
                AND (offer.product_id IS NULL OR offer.product_id = p_product)
                AND (offer.family_id IS NULL OR offer.family_id = p_family)
                AND (offer.valid_from IS NULL OR offer.valid_from <= p_at)
                AND (offer.valid_until IS NULL OR offer.valid_until > p_at)
        )
    FROM finance_mgmt_funds funds
    JOIN finance_mgmt_account account ON account.id = funds.account_id
    WHERE funds.account_id = v_payer;
END $$;


CREATE FUNCTION billing_pay_orders(p_wishes jsonb, p_by text, p_at timestamptz)
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
    INSERT INTO finance_mgmt_decision (id, key, verb, facts, by, at)
    SELECT decision_id, key, 'orders.place', facts, p_by, p_at FROM unnest(v_wishes)
    ON CONFLICT (key) DO NOTHING;
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written <> v_count THEN
        RAISE EXCEPTION 'a key was used before' USING ERRCODE = 'PO001';
    END IF;

    -- 2. Who pays, and that it stays so until the end (C2). The key itself stays free for others.
    PERFORM FROM finance_mgmt_account WHERE id = ANY (v_owners) ORDER BY id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM unnest(v_wishes) wish LEFT JOIN finance_mgmt_relationship link
            ON link.member_id = wish.owner_id
            AND link.state IN ('active', 'change_pending', 'ended') AND link.effective_from <= p_at
            AND (link.effective_to IS NULL OR link.effective_to > p_at
                OR link.state = 'change_pending')
        WHERE link.id IS DISTINCT FROM wish.relationship_id
            OR wish.is_in_trusteeship
                <> coalesce(link.mode = 'trusteeship' AND link.trusteeship_from <= p_at, false)
    ) OR EXISTS (
        SELECT FROM finance_mgmt_relationship due WHERE due.member_id = ANY (v_owners)
            AND (due.state = 'scheduled' AND due.moved_from_id IS NULL
                    AND due.effective_from <= p_at
                OR due.state = 'change_pending' AND (due.effective_to <= p_at
                    OR due.mode = 'management' AND due.trusteeship_from <= p_at))
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
    SELECT resource_id, owner_id, resource_code, product_id, 'prepaid', 'running', p_at,
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
        months, p_at, list_amount, discount_amount, 0, 0, payable_amount, from_cash, from_credit,
        0, 0, p_at, p_at, covers_until, payer_id, relationship_id, discount_id, decision_id
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
    SELECT 'order', owner_id, payer_id, product_id, resource_code, p_at, p_at, billing_month, 1,
        list_amount, 0, discount_amount, 0, payable_amount, currency, relationship_id, discount_id,
        order_id, false, ''
    FROM unnest(v_wishes) ORDER BY order_id;
    INSERT INTO finance_mgmt_movement (decision_id, kind, from_account_id, from_pocket, to_pocket,
        owner_id, amount, currency, reason, at)
    SELECT decision_id, 'order', payer_id, pocket, 'provider', owner_id, amount, currency,
        'order ' || number, p_at
    FROM unnest(v_wishes), LATERAL (VALUES
        (1, 'transferred_cash', from_transferred),
        (2, 'cash', from_cash - from_transferred),
        (3, 'credit', from_credit)
    ) AS part (place, pocket, amount)
    WHERE amount > 0 ORDER BY order_id, place;

    RETURN QUERY SELECT decision_id, resource_id, order_id FROM unnest(v_wishes);
END $$;
