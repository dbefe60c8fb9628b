"""Cash that enters, leaves, or moves between a master and a member in management (F7-F9)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from .. import money, queries
from ..enums import MovementKind, Permission, Pocket
from ..errors import FinanceError, Reason
from ..models import Account, Movement
from ..rules import bounds
from ..rules.terms import decide
from . import decisions, ledger, locks
from .pairs import judge_arrears, lock_pair


class CashRefused(FinanceError):
    """The cash can't move (F7-F9)."""

    code = "cash_refused"
    example = Reason(
        "F7", "above_free_cash", "At most 5.00 can move.", {"amount": "10.00", "most": "5.00"}
    )


@transaction.atomic
def top_up(
    *, account: Account, amount: Decimal, reason: str, key: str, by: str, at: datetime
) -> Movement:
    """Add cash that arrived from outside, in the account's currency (F10).

    Raises InvalidAmount, KeyReused.
    """
    facts = {"account": account.number, "amount": amount, "reason": reason}
    decision, is_new = decisions.record(verb="cash.top_up", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Movement.objects.get(decision=decision)
    money.require_movable(amount, account.currency)
    locks.lock_funds([account.pk])
    line = ledger.Line(
        kind=MovementKind.TOP_UP,
        from_account=None,
        from_pocket=Pocket.PROVIDER,
        to_account=account.pk,
        to_pocket=Pocket.CASH,
        amount=amount,
        currency=account.currency,
        reason=reason,
    )
    return ledger.post([line], decision=decision, at=at)[0]


@transaction.atomic
def withdraw(
    *, account: Account, amount: Decimal, reason: str = "", key: str, by: str, at: datetime
) -> Movement:
    """Pay cash out to the account's owner: never what was transferred in (F7, F9).

    Raises CashRefused, InvalidAmount, KeyReused.
    """
    facts = {"account": account.number, "amount": amount}
    decision, is_new = decisions.record(verb="cash.withdraw", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Movement.objects.get(decision=decision)
    money.require_movable(amount, account.currency)
    funds = locks.lock_funds([account.pk])[account.pk]
    standing = queries.standings([account.pk], at)[account.pk]
    figures = queries.figures(funds, decide(standing))
    reasons = []
    if standing.grants_master(Permission.FORBID_WITHDRAWAL):
        text = "The master forbids withdrawing. It can give that power up."
        reasons.append(Reason("F9", "withdrawal_forbidden", text, {}, "the master"))
    reasons += judge_arrears(account, figures, at) + bounds.own_cash(figures).judge(amount)
    if reasons:
        raise CashRefused(reasons)
    line = ledger.Line(
        MovementKind.WITHDRAWAL,
        account.pk,
        Pocket.CASH,
        None,
        Pocket.PROVIDER,
        amount,
        account.currency,
        reason,
    )
    return ledger.post([line], decision=decision, at=at)[0]


@transaction.atomic
def transfer(
    *,
    master: Account,
    member: Account,
    amount: Decimal,
    reason: str = "",
    key: str,
    by: str,
    at: datetime,
) -> Movement:
    """Give a member in management cash that it can only spend (F7).

    Raises CashRefused, InvalidAmount, KeyReused.
    """
    facts = {"master": master.number, "member": member.number, "amount": amount}
    decision, is_new = decisions.record(verb="cash.transfer", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Movement.objects.get(decision=decision)
    money.require_movable(amount, master.currency)
    pair = lock_pair(master, member, at)
    reasons = pair.judge("F7") + judge_arrears(master, pair.master_figures, at)
    reasons += bounds.own_cash(pair.master_figures).judge(amount)
    if reasons:
        raise CashRefused(reasons)
    line = ledger.Line(
        MovementKind.TRANSFER,
        master.pk,
        Pocket.CASH,
        member.pk,
        Pocket.TRANSFERRED_CASH,
        amount,
        master.currency,
        reason,
    )
    return ledger.post([line], decision=decision, at=at)[0]


@transaction.atomic
def take_back(
    *,
    master: Account,
    member: Account,
    amount: Decimal,
    reason: str = "",
    key: str,
    by: str,
    at: datetime,
) -> Movement:
    """Take transferred cash back, as far as it is unspent and came from this master (F7).

    Raises CashRefused, InvalidAmount, KeyReused.
    """
    facts = {"master": master.number, "member": member.number, "amount": amount}
    decision, is_new = decisions.record(verb="cash.take_back", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Movement.objects.get(decision=decision)
    money.require_movable(amount, master.currency)
    pair = lock_pair(master, member, at)
    left = _left_between(master, member)
    reasons = pair.judge("F7") + bounds.take_back(pair.member_figures, left).judge(amount)
    if reasons:
        raise CashRefused(reasons)
    line = ledger.Line(
        MovementKind.TAKE_BACK,
        member.pk,
        Pocket.TRANSFERRED_CASH,
        master.pk,
        Pocket.CASH,
        amount,
        master.currency,
        reason,
    )
    return ledger.post([line], decision=decision, at=at)[0]


def _left_between(master: Account, member: Account) -> Decimal:
    given = Movement.objects.filter(
        kind=MovementKind.TRANSFER, from_account=master, to_account=member
    )
    taken = Movement.objects.filter(
        kind=MovementKind.TAKE_BACK, from_account=member, to_account=master
    )
    sums = [rows.aggregate(sum=Sum("amount"))["sum"] or money.ZERO for rows in (given, taken)]
    return sums[0] - sums[1]
