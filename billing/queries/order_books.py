"""Do orders, refunds and files say what their charges, movements and rows say? `verify_ledger`.

Each check returns sentences, one per thing that is wrong; none: all is well.
"""

from .told import told


def wrong_orders() -> list[str]:
    """Paid orders that are not one charge, or moved other money than they say (O1, B1)."""
    return told(
        """
        SELECT format('Order %%s of %%s is charged %%s times with %%s in all.', paid.number,
            paid.payable_amount, count(charge.id), coalesce(sum(charge.payable_amount), 0))
        FROM billing_order paid LEFT JOIN billing_charge charge
            ON charge.order_id = paid.id AND charge.kind = 'order'
            AND charge.payer_id = paid.payer_id AND charge.owner_id = paid.owner_id
        WHERE paid.paid_at IS NOT NULL OR charge.id IS NOT NULL
        GROUP BY paid.id
        HAVING count(charge.id) <> 1 OR sum(charge.payable_amount) <> paid.payable_amount
        UNION ALL
        SELECT format('Order %%s took %%s from cash and %%s from credit, it moved %%s and %%s.',
            coalesce(paid.number, moved.reason), coalesce(paid.from_cash, 0),
            coalesce(paid.from_credit, 0), coalesce(moved.cash, 0), coalesce(moved.credit, 0))
        FROM billing_order paid FULL JOIN (
            SELECT reason, from_account_id,
                sum(CASE WHEN from_pocket = 'credit' THEN 0 ELSE amount END) AS cash,
                sum(CASE WHEN from_pocket = 'credit' THEN amount ELSE 0 END) AS credit
            FROM finance_mgmt_movement WHERE kind = 'order' GROUP BY 1, 2
        ) moved ON moved.reason = 'order ' || paid.number AND moved.from_account_id = paid.payer_id
        WHERE (coalesce(paid.from_cash, 0), coalesce(paid.from_credit, 0))
            IS DISTINCT FROM (coalesce(moved.cash, 0), coalesce(moved.credit, 0))
        """
    )


def wrong_refunds() -> list[str]:
    """Orders that gave back other than their refunds, and refunds that moved other money (O4)."""
    return told(
        """
        SELECT format('Order %%s gave back %%s, %%s to credit; its refunds sum to %%s and %%s.',
            paid.number, paid.refunded_amount, paid.refunded_to_credit,
            coalesce(sum(back.amount), 0), coalesce(sum(back.to_credit), 0))
        FROM billing_order paid LEFT JOIN billing_refund back ON back.order_id = paid.id
        WHERE paid.refunded_amount <> 0 OR back.id IS NOT NULL
        GROUP BY paid.id
        HAVING (paid.refunded_amount, paid.refunded_to_credit)
            IS DISTINCT FROM (coalesce(sum(back.amount), 0), coalesce(sum(back.to_credit), 0))
        UNION ALL
        SELECT format('Refund %%s of %%s is charged %%s.', back.id, back.amount,
            charge.payable_amount)
        FROM billing_refund back JOIN billing_charge charge ON charge.id = back.charge_id
        WHERE charge.payable_amount <> -back.amount OR charge.kind <> 'refund'
            OR charge.order_id <> back.order_id
        UNION ALL
        SELECT format('Charge %%s gives back %%s of an order without a refund.', charge.id,
            charge.payable_amount)
        FROM billing_charge charge LEFT JOIN billing_refund back ON back.charge_id = charge.id
        WHERE charge.kind = 'refund' AND back.id IS NULL
        UNION ALL
        SELECT format('Decision %%s refunds %%s and moved %%s.',
            coalesce(said.decision_id, moved.decision_id), coalesce(said.amount, 0),
            coalesce(moved.amount, 0))
        FROM (SELECT decision_id, sum(amount) AS amount FROM billing_refund GROUP BY 1) said
        FULL JOIN (
            SELECT decision_id, sum(amount) AS amount FROM finance_mgmt_movement
            WHERE kind = 'refund' GROUP BY 1
        ) moved ON moved.decision_id = said.decision_id
        WHERE said.amount IS DISTINCT FROM moved.amount
        """
    )


def masters_cash_spent_for_members() -> list[str]:
    """Cash of one account that an order or a bill took for another one: credit only (F4)."""
    return told(
        """
        SELECT format('Movement %%s takes %%s of cash for another account.', id, amount)
        FROM finance_mgmt_movement
        WHERE kind IN ('order', 'bill') AND from_pocket IN ('cash', 'transferred_cash')
            AND owner_id <> from_account_id
        """
    )


def wrong_imports() -> list[str]:
    """Files of which not every row is kept, or whose rows say other than their records (B2)."""
    return told(
        """
        SELECT format('File %%s: %%s rows read, %%s known; %%s are kept.', file.file_name,
            file.rows_read, file.rows_known, count(kept.id))
        FROM billing_usageimport file LEFT JOIN billing_importedrow kept
            ON kept.usage_import_id = file.id
        WHERE file.state = 'stored' GROUP BY file.id
        HAVING count(kept.id) <> file.rows_read - file.rows_known
            OR count(kept.id) <> file.rows_stored + file.rows_parked
        UNION ALL
        SELECT format('Row %%s: its record says %%s, the file said %%s.', kept.key,
            record.given_amount, kept.content->>'BilledCost')
        FROM billing_importedrow kept JOIN billing_usagerecord record ON record.id = kept.record_id
        WHERE kept.source_id <> record.source_id OR kept.key <> record.key
            OR record.given_amount <> (kept.content->>'BilledCost')::numeric
        """
    )
