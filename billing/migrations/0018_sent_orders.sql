-- Who sends these orders, and whose and what they are: what the API asks before it reads the facts.
--
-- One row per order, in the order they came. `user_id` is NULL where the token is no token of
-- somebody who may place orders for the provider, or the key was used before, `owner_id` and
-- `product_id` where nothing has that number or code: the long way knows why.
CREATE FUNCTION billing_orders_sent(p_sent jsonb) RETURNS TABLE (
    n bigint,
    user_id integer,
    username text,
    owner_id bigint,
    account text,
    owner_currency text,
    product_id bigint,
    product text,
    family_id bigint,
    keeps_own_discount boolean,
    cycle text,
    number text,
    resource text,
    at timestamptz
) LANGUAGE plpgsql STABLE ROWS 10 AS $$
#variable_conflict use_column
DECLARE
    v_at timestamptz :=
        coalesce(nullif(current_setting('app.clock', true), '')::timestamptz, clock_timestamp());
BEGIN
    RETURN QUERY
    SELECT sent.n, person.id, person.username::text, owner.id, sent.account, owner.currency::text,
        product.id, sent.product, product.family_id, product.keeps_own_discount, product.cycle::text,
        sent.number, sent.resource, v_at
    FROM (
        SELECT row_number() OVER () AS n, one.* FROM jsonb_to_recordset(p_sent) AS one
            (token_key text, digest text, key text, account text, product text, number text,
            resource text)
    ) sent
    -- OFFSET 0: each is looked up by its index, however many rows the planner expects.
    LEFT JOIN LATERAL (
        SELECT token.user_id FROM knox_authtoken token
        WHERE token.digest = sent.digest AND token.token_key = sent.token_key
            AND token.expiry > statement_timestamp()
        OFFSET 0
    ) token ON true
    LEFT JOIN LATERAL (
        SELECT person.id, person.username FROM auth_user person
        WHERE person.id = token.user_id AND person.is_active AND person.is_staff
            AND (person.is_superuser OR EXISTS (
                SELECT FROM auth_permission wanted
                JOIN django_content_type kind ON kind.id = wanted.content_type_id
                WHERE kind.app_label = 'finance_mgmt' AND wanted.codename = 'place_order' AND (
                    EXISTS (
                        SELECT FROM auth_user_user_permissions own
                        WHERE own.permission_id = wanted.id AND own.user_id = person.id
                    ) OR EXISTS (
                        SELECT FROM auth_group_permissions shared
                        JOIN auth_user_groups membership
                            ON membership.group_id = shared.group_id
                        WHERE shared.permission_id = wanted.id AND membership.user_id = person.id
                    )
                )
            ))
            AND (SELECT used.id FROM finance_mgmt_decision used
                WHERE used.key = 'api 0/' || person.id || ' ' || sent.key) IS NULL
            AND (SELECT count(*) FROM finance_mgmt_apirequest used
                WHERE used.user_id = person.id AND used.account_id IS NULL
                    AND used.key = sent.key) = 0
        OFFSET 0
    ) person ON true
    LEFT JOIN LATERAL (
        SELECT owner.id, owner.currency FROM finance_mgmt_account owner
        WHERE owner.number = sent.account OFFSET 0
    ) owner ON true
    LEFT JOIN LATERAL (
        SELECT product.id, product.family_id, product.keeps_own_discount, product.cycle
        FROM billing_product product WHERE product.code = sent.product OFFSET 0
    ) product ON true
    ORDER BY sent.n;
END $$;

-- Else a statement with two of them is taken for one of a million rows, and compiled first (JIT).
ALTER FUNCTION billing_order_facts(bigint, bigint, bigint, boolean, text, text, timestamptz) ROWS 1;
