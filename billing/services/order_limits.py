"""Whether a payer may pay an order now: arrears, funds, the cap of a member (S3, F4, F5, F12)."""

from datetime import datetime

from finance_mgmt import money, periods
from finance_mgmt import queries as ground
from finance_mgmt.errors import Reason
from finance_mgmt.models import Account, Cap
from finance_mgmt.rules.credit import Figures
from finance_mgmt.rules.terms import Terms
from finance_mgmt.services import effects

from ..models import Order
from ..queries.facts import bills_past_due_of, spent_in_month
from ..queries.shared_credit import allocated_left


def judge_waiting_change(order: Order, at: datetime) -> list[Reason]:
    """Why it can't be said yet who pays: a change of the owner's relationship is due (C2, L9)."""
    if not any(link.member_id == order.owner_id for link in effects.due_changes(at)):
        return []
    text = f"A change of who pays for {order.owner.number} is taking effect. Try again shortly."
    return [Reason("L9", "change_is_due", text, {}, "the caller: try again")]


def judge(
    order: Order, terms: Terms, payer: Account, figures: Figures, at: datetime
) -> list[Reason]:
    """Every reason against paying the priced order from the payer's locked funds."""
    reasons = _judge_arrears(payer, figures, at)
    is_trusteeship = terms.payer != order.owner_id
    most = figures.headroom if is_trusteeship else figures.spendable
    rule, name = ("F4", "headroom") if is_trusteeship else ("F5", "available funds")
    if terms.is_own_credit_replaced:  # no order on the own line (F2)
        shared = figures.cash + max(allocated_left(payer.pk, figures, at), money.ZERO)
        most = min(most, shared)
    if order.payable_amount > max(most, money.ZERO):
        text = (
            f"The order costs {money.plain(order.payable_amount, 2)}; the {name} of"
            f" {payer.number} is {money.shown(most, payer.currency)}."
        )
        facts = {"payable": order.payable_amount, "most": most, "payer": payer.number}
        reasons.append(Reason(rule, "funds_too_low", text, facts, "the payer: top up or settle"))
    return reasons + (_judge_cap(order, terms, at) if is_trusteeship else [])


def _judge_arrears(payer: Account, figures: Figures, at: datetime) -> list[Reason]:
    past_due = bills_past_due_of([payer.pk], at).get(payer.pk, {}).get("bills_past_due", [])
    if not past_due and figures.available >= money.ZERO:
        return []
    found = f"bill {', '.join(past_due)} is past due" if past_due else "its funds are below 0"
    text = f"{payer.number} is in arrears: {found}. Settle or top up first."
    facts = {"bills_past_due": past_due, "available": figures.available}
    return [Reason("S3", "in_arrears", text, facts, "the payer: settle or top up")]


def _judge_cap(order: Order, terms: Terms, at: datetime) -> list[Reason]:
    """A hard cap on what the member may cost its master this month (F12)."""
    cap = Cap.objects.filter(relationship_id=terms.relationship, since__lte=at).first()
    if cap is None or cap.amount is None or not cap.is_hard:
        return []
    month = periods.month_of(at, ground.policy().zone)
    spent = spent_in_month(order.owner_id, terms.payer, month)
    if spent + order.payable_amount <= cap.amount:
        return []
    text = (
        f"{order.owner.number} is capped at {money.plain(cap.amount, 2)} a month and has spent"
        f" {money.shown(spent, order.owner.currency)}."
    )
    facts = {"cap": cap.amount, "spent": spent, "payable": order.payable_amount}
    return [Reason("F12", "above_cap", text, facts, "the master: raise the cap")]
