"""Does each bill say what its lines, movements and settlements say? For `verify_ledger`.

Each check returns sentences, one per thing that is wrong; none: all is well.
"""

from finance_mgmt import queries as ground

from ..rules.hashes_in_sql import HASH, LINES
from .told import told


def changed_bills() -> list[str]:
    """Bills whose lines are not, to the letter, those they were issued with (B2)."""
    return told(
        f"""
        SELECT format('Bill %%s %%s: its lines are not those it was issued with.',
            account.number, to_char(bill.month, 'YYYY-MM'))
        FROM billing_bill bill JOIN finance_mgmt_account account ON account.id = bill.payer_id
        LEFT JOIN (
            SELECT payer_id, billing_month, {HASH} AS hash FROM ({LINES}) lines GROUP BY 1, 2
        ) made ON made.payer_id = bill.payer_id AND made.billing_month = bill.month
        WHERE bill.content_hash IS DISTINCT FROM made.hash
        """
    )


def wrong_parts() -> list[str]:
    """Bills whose parts, own or members', are not their charges, or carry another's total (B4)."""
    return told(
        """
        SELECT format('Bill %%s %%s: %%s own, %%s of members, %%s carried; it should be %%s, %%s'
            ' and %%s.', account.number, to_char(bill.month, 'YYYY-MM'), bill.own_amount,
            bill.members_amount, bill.carried_amount, coalesce(made.own, 0),
            coalesce(made.members, 0), coalesce(earlier.carried_forward, 0))
        FROM billing_bill bill JOIN finance_mgmt_account account ON account.id = bill.payer_id
        LEFT JOIN billing_bill earlier ON earlier.id = bill.carried_from_id
        LEFT JOIN (
            SELECT payer_id, billing_month,
                sum(CASE WHEN owner_id = payer_id THEN payable_amount ELSE 0 END) AS own,
                sum(CASE WHEN owner_id = payer_id THEN 0 ELSE payable_amount END) AS members
            FROM billing_charge GROUP BY 1, 2
        ) made ON made.payer_id = bill.payer_id AND made.billing_month = bill.month
        WHERE (bill.own_amount, bill.members_amount, bill.carried_amount) IS DISTINCT FROM (
                coalesce(made.own, 0), coalesce(made.members, 0),
                coalesce(earlier.carried_forward, 0))
            OR earlier.payer_id <> bill.payer_id OR earlier.month >= bill.month
        """
    )


# What the orders and refunds of a bill's month moved when they were made: they are drawn already.
_MOVED = """
    SELECT charge.payer_id, charge.billing_month,
        sum(CASE WHEN charge.kind = 'order' THEN paid.from_cash ELSE -back.to_cash END) AS cash,
        sum(CASE WHEN charge.kind = 'order' THEN paid.from_credit ELSE -back.to_credit END)
            AS credit,
        coalesce(sum(lowered.amount), 0) AS lowered
    FROM billing_charge charge JOIN billing_order paid ON paid.id = charge.order_id
    LEFT JOIN billing_refund back ON back.charge_id = charge.id
    LEFT JOIN billing_settlement lowered
        ON lowered.decision_id = back.decision_id AND lowered.kind = 'refund'
    GROUP BY 1, 2
"""


def wrongly_drawn_bills() -> list[str]:
    """Bills that say another draw of cash and credit than their movements made (B5)."""
    return told(
        f"""
        SELECT format('Bill %%s %%s says %%s from cash and %%s on credit, it moved %%s and %%s.',
            account.number, to_char(bill.month, 'YYYY-MM'), bill.from_cash, bill.on_credit,
            coalesce(drawn.cash, 0) + coalesce(moved.cash, 0),
            coalesce(drawn.credit, 0) + coalesce(moved.credit, 0))
        FROM billing_bill bill JOIN finance_mgmt_account account ON account.id = bill.payer_id
        LEFT JOIN (
            SELECT decision_id, coalesce(from_account_id, to_account_id) AS account_id,
                sum(CASE WHEN 'credit' IN (from_pocket, to_pocket) THEN 0 ELSE amount END) AS cash,
                sum(CASE 'credit' WHEN from_pocket THEN amount WHEN to_pocket THEN -amount
                    ELSE 0 END) AS credit
            FROM finance_mgmt_movement WHERE kind = 'bill' GROUP BY 1, 2
        ) drawn ON drawn.decision_id = bill.decision_id AND drawn.account_id = bill.payer_id
        LEFT JOIN ({_MOVED}) moved
            ON moved.payer_id = bill.payer_id AND moved.billing_month = bill.month
        WHERE (bill.from_cash, bill.on_credit) IS DISTINCT FROM (
            coalesce(drawn.cash, 0) + coalesce(moved.cash, 0),
            coalesce(drawn.credit, 0) + coalesce(moved.credit, 0))
        """
    )


def wrong_settlements() -> list[str]:
    """Bills whose settlements don't lead to what is outstanding, or moved other money (S1)."""
    return told(
        f"""
        SELECT format('Bill %%s %%s: %%s are outstanding, after its settlements it should be %%s.',
            account.number, to_char(bill.month, 'YYYY-MM'), bill.outstanding,
            bill.on_credit + coalesce(moved.lowered, 0) - coalesce(paid.amount, 0))
        FROM billing_bill bill JOIN finance_mgmt_account account ON account.id = bill.payer_id
        LEFT JOIN ({_MOVED}) moved
            ON moved.payer_id = bill.payer_id AND moved.billing_month = bill.month
        LEFT JOIN (SELECT bill_id, sum(amount) AS amount FROM billing_settlement GROUP BY 1) paid
            ON paid.bill_id = bill.id
        WHERE bill.outstanding
            <> bill.on_credit + coalesce(moved.lowered, 0) - coalesce(paid.amount, 0)
        UNION ALL
        SELECT format('Settlement by account %%s of %%s moved %%s.',
            coalesce(said.paid_by_id, moved.from_account_id), coalesce(said.amount, 0),
            coalesce(moved.amount, 0))
        FROM (
            SELECT settled.decision_id, settled.paid_by_id, bill.payer_id,
                sum(settled.amount) AS amount
            FROM billing_settlement settled JOIN billing_bill bill ON bill.id = settled.bill_id
            WHERE settled.kind <> 'refund' GROUP BY 1, 2, 3
        ) said FULL JOIN (
            SELECT decision_id, from_account_id, to_account_id, sum(amount) AS amount
            FROM finance_mgmt_movement WHERE kind = 'settlement' GROUP BY 1, 2, 3
        ) moved ON moved.decision_id = said.decision_id
            AND moved.from_account_id = said.paid_by_id AND moved.to_account_id = said.payer_id
        WHERE said.amount IS DISTINCT FROM moved.amount
        """
    )


def charges_on_no_bill() -> list[str]:
    """Charges of a month that is billed but on no bill, and those in another month (B1, B2)."""
    return told(
        """
        SELECT format('Charge %%s of %%s is on no bill: that month is billed.', charge.id,
            to_char(charge.billing_month, 'YYYY-MM'))
        FROM billing_charge charge LEFT JOIN billing_bill bill
            ON bill.payer_id = charge.payer_id AND bill.month = charge.billing_month
        WHERE bill.id IS NULL
            AND charge.billing_month <= (SELECT billed_month FROM billing_closedthrough)
        UNION ALL
        SELECT format('Charge %%s until %%s is billed in %%s.', id, period_end,
            to_char(billing_month, 'YYYY-MM'))
        FROM (
            SELECT id, period_end, billing_month, is_late, date_trunc('month',
                (period_end - interval '1 microsecond') AT TIME ZONE %s)::date AS month
            FROM billing_charge WHERE kind = 'usage' OR record_id IS NOT NULL
        ) charge
        WHERE CASE WHEN is_late THEN billing_month < month ELSE billing_month <> month END
        """,
        ground.policy().billing_time_zone,
    )
