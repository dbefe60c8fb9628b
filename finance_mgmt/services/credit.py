"""The provider's credit line, and what a master shares of it with members (F6, F8)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from .. import money
from ..enums import MovementKind, Permission, Pocket
from ..errors import FinanceError, Reason
from ..models import Account, Movement
from ..queries import policy
from ..rules import bounds, four_eyes
from . import decisions, ledger, locks
from .pairs import lock_pair


class CreditRefused(FinanceError):
    """Credit can't be allocated or reclaimed (F6, F8)."""

    code = "credit_refused"
    example = Reason(
        "F6",
        "above_headroom",
        "At most 490.00 can move (headroom of the master).",
        {"amount": "1100.00", "most": "490.00"},
    )


class LimitRefused(FinanceError):
    """The credit limit can't be set to this amount (F6)."""

    code = "limit_refused"
    example = Reason(
        "F6",
        "limit_below_allocated",
        "90.00 of this line is allocated to members. Reclaim it first.",
        {"limit": "10.00", "allocated_out": "90.00"},
    )


@transaction.atomic
def set_limit(
    *,
    account: Account,
    limit: Decimal,
    reason: str,
    approved_by: str = "",
    key: str,
    by: str,
    at: datetime,
) -> Movement | None:
    """Set the credit line the provider gives, in the account's currency. 0 takes it away.

    May go below what is used (suspension follows, R3), not below what the account allocated to
    members (F6). Returns the movement of the difference; None when there is none.
    Raises LimitRefused, InvalidAmount, KeyReused.
    """
    facts = {"account": account.number, "limit": limit, "reason": reason}
    decision, is_new = decisions.record(verb="credit.set_limit", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Movement.objects.filter(decision=decision).first()
    if limit:
        money.require_movable(limit, account.currency)
    if reasons := four_eyes.judge(limit, policy().four_eyes_above, by, approved_by):
        raise LimitRefused(reasons)
    funds = locks.lock_funds([account.pk])[account.pk]
    if limit < funds.allocated_out - funds.allocated_in:
        raise LimitRefused(_below_allocated(limit, funds.allocated_out))
    difference = limit - funds.credit_limit
    if not difference:
        return None
    line = ledger.between(
        (account.pk, Pocket.CREDIT_LIMIT),
        difference,
        kind=MovementKind.CREDIT_LIMIT,
        currency=account.currency,
        reason=reason,
    )
    return ledger.post([line], decision=decision, at=at)[0]


@transaction.atomic
def allocate(
    *,
    master: Account,
    member: Account,
    amount: Decimal,
    reason: str = "",
    approved_by: str = "",
    key: str,
    by: str,
    at: datetime,
) -> Movement:
    """Give a member in management a part of the master's credit (F6; needs share_credit).

    Raises CreditRefused, InvalidAmount, KeyReused.
    """
    facts = {"master": master.number, "member": member.number, "amount": amount}
    decision, is_new = decisions.record(verb="credit.allocate", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Movement.objects.get(decision=decision)
    money.require_movable(amount, master.currency)
    pair = lock_pair(master, member, at)
    reasons = four_eyes.judge(amount, policy().four_eyes_above, by, approved_by) + pair.judge("F6")
    if not pair.judge("F6") and not pair.standing.grants_master(Permission.SHARE_CREDIT):
        text = f"{member.number} has not granted share_credit. Ask it to."
        facts = {"permission": "share_credit"}
        reasons.append(Reason("F6", "share_credit_missing", text, facts, "the member"))
    reasons += bounds.allocation(pair.master_figures).judge(amount)
    if reasons:
        raise CreditRefused(reasons)
    line = ledger.Line(
        MovementKind.ALLOCATION,
        master.pk,
        Pocket.ALLOCATED_OUT,
        member.pk,
        Pocket.ALLOCATED_IN,
        amount,
        master.currency,
        reason,
    )
    return ledger.post([line], decision=decision, at=at)[0]


@transaction.atomic
def reclaim(
    *,
    master: Account,
    member: Account,
    amount: Decimal,
    reason: str = "",
    approved_by: str = "",
    key: str,
    by: str,
    at: datetime,
) -> Movement:
    """Take unused allocated credit back (F6). Raises CreditRefused, InvalidAmount, KeyReused."""
    facts = {"master": master.number, "member": member.number, "amount": amount}
    decision, is_new = decisions.record(verb="credit.reclaim", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Movement.objects.get(decision=decision)
    money.require_movable(amount, master.currency)
    pair = lock_pair(master, member, at)
    reasons = four_eyes.judge(amount, policy().four_eyes_above, by, approved_by) + pair.judge("F6")
    reasons += bounds.reclaim(pair.member_figures).judge(amount)
    if reasons:
        raise CreditRefused(reasons)
    line = ledger.Line(
        MovementKind.RECLAIM,
        member.pk,
        Pocket.ALLOCATED_IN,
        master.pk,
        Pocket.ALLOCATED_OUT,
        amount,
        master.currency,
        reason,
    )
    return ledger.post([line], decision=decision, at=at)[0]


def _below_allocated(limit: Decimal, allocated: Decimal) -> Reason:
    return Reason(
        "F6",
        "limit_below_allocated",
        f"{money.plain(allocated, 2)} of this line is allocated to members. Reclaim it first.",
        {"limit": limit, "allocated_out": allocated},
        mend="the master: reclaim credit from members",
    )
