"""Do bills, charges, usage and balances tell one story? For `verify_ledger` (RELIABILITY 4).

Each check returns sentences, one per thing that is wrong; none: all is well.
"""

from finance_mgmt.rules.terms_in_sql import JOIN_STANDING, PAYER

from .told import told


def wrong_bills() -> list[str]:
    """Bills that are not the sum of their charges (B3)."""
    return told(
        """
        SELECT format('Bill %%s %%s says %%s, its charges sum to %%s.', account.number,
            to_char(bill.month, 'YYYY-MM'), bill.own_amount + bill.members_amount,
            coalesce(made.amount, 0))
        FROM billing_bill bill JOIN finance_mgmt_account account ON account.id = bill.payer_id
        LEFT JOIN (
            SELECT payer_id, billing_month, count(*) AS charges, sum(payable_amount) AS amount
            FROM billing_charge GROUP BY 1, 2
        ) made ON made.payer_id = bill.payer_id AND made.billing_month = bill.month
        WHERE (bill.own_amount + bill.members_amount, bill.charge_count)
            IS DISTINCT FROM (coalesce(made.amount, 0), coalesce(made.charges, 0))
        """
    )


def wrongly_charged_usage() -> list[str]:
    """Closed usage that is not in exactly one charge, and charges without their usage (B2)."""
    return told(
        """
        WITH used AS (
            SELECT owner_id, product_id, resource, period_start,
                CASE WHEN is_late OR kind <> 'usage' THEN id END AS record_id,
                sum(quantity) AS quantity,
                sum(quantity) FILTER (WHERE given_amount IS NULL) AS priced,
                coalesce(sum(given_amount) FILTER (WHERE kind <> 'credit'), 0) AS given
            FROM billing_usagerecord
            WHERE due_at <= (SELECT instant FROM billing_closedthrough)
                AND NOT EXISTS (
                    SELECT 1 FROM finance_mgmt_runstep step
                    JOIN finance_mgmt_run run ON run.id = step.run_id
                    WHERE run.kind = 'close' AND step.state <> 'done'
                        AND step.scope->'owners' @> to_jsonb(billing_usagerecord.owner_id)
                        AND due_at > (run.facts->>'after')::timestamptz
                        AND due_at <= (run.facts->>'through')::timestamptz
                )
            GROUP BY 1, 2, 3, 4, 5
        ), charged AS (
            SELECT owner_id, product_id, resource, period_start, record_id, quantity, list_amount,
                unit_price
            FROM billing_charge
            WHERE kind = 'usage' OR (kind = 'adjustment' AND record_id IS NOT NULL)
        ), stepped AS (  -- what the steps of a price give hangs on the month before (P1)
            SELECT DISTINCT product_id FROM billing_price WHERE tiers <> '[]'
        )
        SELECT CASE WHEN used.quantity IS DISTINCT FROM charged.quantity
            THEN format('Usage of account %%s, product %%s, from %%s: used %%s, charged %%s.',
                coalesce(used.owner_id, charged.owner_id),
                coalesce(used.product_id, charged.product_id),
                coalesce(used.period_start, charged.period_start),
                coalesce(used.quantity::text, 'nothing'),
                coalesce(charged.quantity::text, 'nothing'))
            ELSE format('Usage of account %%s, product %%s, from %%s: its records are worth %%s,'
                ' the charge says %%s.', used.owner_id, used.product_id, used.period_start,
                round(used.given + coalesce(used.priced * charged.unit_price, 0), 18),
                charged.list_amount)
            END
        FROM used FULL JOIN charged
            ON used.owner_id = charged.owner_id AND used.product_id = charged.product_id
            AND used.resource = charged.resource AND used.period_start = charged.period_start
            AND coalesce(used.record_id, 0) = coalesce(charged.record_id, 0)
        WHERE used.quantity IS DISTINCT FROM charged.quantity
            OR (charged.list_amount
                    <> round(used.given + coalesce(used.priced * charged.unit_price, 0), 18)
                AND used.product_id NOT IN (SELECT product_id FROM stepped))
        """
    )


def wrong_payers() -> list[str]:
    """Charges whose payer is not the one of the relationship at their period's start (C1)."""
    return told(
        f"""
        SELECT format('Charge %%s is paid by account %%s, by C1 it is account %%s.',
            due.id, due.payer_id, {PAYER})
        FROM billing_charge due {JOIN_STANDING}
        WHERE due.payer_id <> {PAYER}
            AND (due.kind IN ('usage', 'order') OR due.record_id IS NOT NULL)
            AND NOT (due.kind = 'order' AND EXISTS (  -- paid just before, at the same instant (C2)
                SELECT 1 FROM finance_mgmt_relationship turn WHERE turn.member_id = due.owner_id
                    AND due.period_start
                        IN (turn.effective_from, turn.trusteeship_from, turn.effective_to)))
        """
    )


def wrong_accruals() -> list[str]:
    """Payers whose unsettled figure is not what closed cycles cost and no bill has drawn (F1)."""
    return told(
        """
        WITH RECURSIVE undrawn AS (  -- negative bills no drawn bill took over, and theirs
            SELECT id, carried_from_id FROM billing_bill WHERE carried_forward < 0
                AND id NOT IN (SELECT carried_from_id FROM billing_bill
                               WHERE carried_from_id IS NOT NULL)
            UNION ALL
            SELECT bill.id, bill.carried_from_id
            FROM billing_bill bill JOIN undrawn ON undrawn.carried_from_id = bill.id
        ), open AS (
            SELECT charge.payer_id, sum(charge.payable_amount) AS amount
            FROM billing_charge charge LEFT JOIN billing_bill bill
                ON bill.payer_id = charge.payer_id AND bill.month = charge.billing_month
            WHERE charge.kind IN ('usage', 'adjustment')
                AND (bill.id IS NULL OR bill.id IN (SELECT id FROM undrawn))
            GROUP BY 1
        )
        SELECT format('Account %%s: unsettled is stored as %%s, its open charges sum to %%s.',
            account.number, funds.unsettled_own + funds.unsettled_members, coalesce(open.amount, 0))
        FROM finance_mgmt_funds funds
        JOIN finance_mgmt_account account ON account.id = funds.account_id
        LEFT JOIN open ON open.payer_id = funds.account_id
        WHERE funds.unsettled_own + funds.unsettled_members <> coalesce(open.amount, 0)
        """
    )


def wrong_outstanding() -> list[str]:
    """Payers whose used credit is not what is outstanding of bills and drawn by orders on none.

    What a refund gave back to credit that a bill had outstanding lowered that bill already; the
    refund itself then lowers nothing more on the bill it joins (B5, O4, S1).
    """
    return told(
        """
        WITH unbilled AS (
            SELECT charge.payer_id, sum(CASE WHEN charge.kind = 'order' THEN paid.from_credit
                ELSE coalesce(lowered.amount, 0) - back.to_credit END) AS amount
            FROM billing_charge charge
            JOIN billing_order paid ON paid.id = charge.order_id
            LEFT JOIN billing_refund back ON back.charge_id = charge.id
            LEFT JOIN billing_settlement lowered
                ON lowered.decision_id = back.decision_id AND lowered.kind = 'refund'
            WHERE NOT EXISTS (SELECT 1 FROM billing_bill bill
                WHERE bill.payer_id = charge.payer_id AND bill.month = charge.billing_month)
            GROUP BY 1
        ), billed AS (
            SELECT payer_id, sum(outstanding) AS amount FROM billing_bill GROUP BY 1
        )
        SELECT format('Account %%s: used credit is stored as %%s, bills and orders make %%s.',
            account.number, funds.used,
            coalesce(billed.amount, 0) + coalesce(unbilled.amount, 0))
        FROM finance_mgmt_funds funds
        JOIN finance_mgmt_account account ON account.id = funds.account_id
        LEFT JOIN billed ON billed.payer_id = funds.account_id
        LEFT JOIN unbilled ON unbilled.payer_id = funds.account_id
        WHERE funds.used <> coalesce(billed.amount, 0) + coalesce(unbilled.amount, 0)
        """
    )


def wrong_vouchers() -> list[str]:
    """Vouchers whose draws don't explain what remains, and charges without their draws (V1)."""
    return told(
        """
        SELECT format('Voucher %%s: %%s remain, its draws leave %%s.', voucher.code,
            voucher.remaining, voucher.face_value - coalesce(sum(draw.amount), 0))
        FROM billing_voucher voucher LEFT JOIN billing_voucherdraw draw
            ON draw.voucher_id = voucher.id
        GROUP BY voucher.id
        HAVING voucher.remaining <> voucher.face_value - coalesce(sum(draw.amount), 0)
        UNION ALL
        SELECT format('Charge %%s: vouchers pay %%s, the draws say %%s.', charge.id,
            charge.voucher_amount, coalesce(sum(draw.amount), 0))
        FROM billing_charge charge LEFT JOIN billing_voucherdraw draw
            ON draw.charge_id = charge.id
        WHERE charge.voucher_amount <> 0 OR draw.id IS NOT NULL
        GROUP BY charge.id HAVING charge.voucher_amount <> coalesce(sum(draw.amount), 0)
        """
    )
