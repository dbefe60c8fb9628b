"""Credit allocated to and reclaimed from many members at once: all of it, or nothing (F6)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from .. import money, queries
from ..enums import Mode, MovementKind, Permission, Pocket
from ..errors import Reason
from ..models import Account, Movement
from ..rules import bounds, four_eyes
from ..rules.credit import Figures
from ..rules.terms import Standing, decide
from . import decisions, ledger, locks
from .credit import CreditRefused
from .pairs import standings_of_locked


@dataclass(frozen=True)
class _Move:
    """One member with the amount: positive is allocated, negative is reclaimed."""

    member: Account
    amount: Decimal
    standing: Standing
    figures: Figures


@transaction.atomic
def move_many(
    *,
    master: Account,
    moves: Mapping[str, Decimal],
    reason: str = "",
    approved_by: str = "",
    key: str,
    by: str,
    at: datetime,
) -> list[Movement]:
    """Move credit between a master and members in management, by member number (F6).

    A positive amount is allocated, a negative one reclaimed; what is reclaimed can be allocated in
    the same call. Raises CreditRefused with the reasons of all members, InvalidAmount, KeyReused.
    """
    facts = {"master": master.number, "moves": dict(moves)}
    decision, is_new = decisions.record(
        verb="allocations.move_many", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return list(decision.movements.order_by("id"))
    for amount in moves.values():
        money.require_movable(abs(amount), master.currency)
    figures, wanted, reasons = _look(master, moves, at)
    above = queries.policy().four_eyes_above
    reasons = four_eyes.judge(moved(moves), above, by, approved_by) + reasons
    for move in wanted:
        reasons += _judge_member(master, move)
    reasons += _judge_master(figures, wanted)
    if not moves:
        text = "No amount was given. Give at least one member an amount."
        reasons.append(Reason("F6", "nothing_to_move", text, {}, "the caller"))
    if reasons:
        raise CreditRefused(reasons)
    lines = [_line(master, move, reason) for move in wanted]
    return ledger.post(lines, decision=decision, at=at)


def moved(moves: Mapping[str, Decimal]) -> Decimal:
    """How much moves in all, in either direction: what a second person is asked for (Z7)."""
    return sum((abs(amount) for amount in moves.values()), money.ZERO)


def _look(
    master: Account, moves: Mapping[str, Decimal], at: datetime
) -> tuple[Figures, list[_Move], list[Reason]]:
    """The master's figures, what is wanted of each member, and the numbers nobody has."""
    members = {row.number: row for row in Account.objects.filter(number__in=list(moves))}
    ids = [master.pk, *(row.pk for row in members.values())]
    funds = locks.lock_funds(ids)
    stands = standings_of_locked(ids, at)
    figures = {pk: queries.figures(row, decide(stands[pk])) for pk, row in funds.items()}
    unknown = [
        Reason("F6", "not_linked", f"{number} is not a member of {master.number}.", {})
        for number in sorted(set(moves) - set(members))
    ]
    wanted = [
        _Move(row, moves[number], stands[row.pk], figures[row.pk])
        for number, row in sorted(members.items())
    ]
    return figures[master.pk], wanted, unknown


def _judge_member(master: Account, move: _Move) -> list[Reason]:
    number = move.member.number
    facts = {"member": number}
    if move.standing.master != master.pk:
        return [Reason("F6", "not_linked", f"{number} is not a member of {master.number}.", facts)]
    if move.standing.mode == Mode.TRUSTEESHIP:
        text = f"{number} is in trusteeship: the master pays, there is nothing to allocate."
        return [Reason("F8", "in_trusteeship", text, facts)]
    if move.amount < 0:
        found = bounds.reclaim(move.figures).judge(-move.amount)
        return [_of(number, one) for one in found]
    if move.standing.grants_master(Permission.SHARE_CREDIT):
        return []
    text = f"{number} has not granted share_credit. Ask it to."
    return [Reason("F6", "share_credit_missing", text, facts, "the member")]


def _judge_master(figures: Figures, wanted: list[_Move]) -> list[Reason]:
    """What is allocated must fit into the headroom that the reclaimed credit leaves."""
    given = sum((move.amount for move in wanted if move.amount > 0), money.ZERO)
    taken = sum((-move.amount for move in wanted if move.amount < 0), money.ZERO)
    if not given:
        return []
    after = replace(figures, allocated_out=figures.allocated_out - taken)
    return bounds.allocation(after).judge(given)


def _of(number: str, reason: Reason) -> Reason:
    facts = {"member": number, **reason.facts}
    return replace(reason, message=f"{number}: {reason.message}", facts=facts)


def _line(master: Account, move: _Move, reason: str) -> ledger.Line:
    given = (master.pk, Pocket.ALLOCATED_OUT)
    received = (move.member.pk, Pocket.ALLOCATED_IN)
    is_allocation = move.amount > 0
    ends = (*given, *received) if is_allocation else (*received, *given)
    kind = MovementKind.ALLOCATION if is_allocation else MovementKind.RECLAIM
    return ledger.Line(kind, *ends, abs(move.amount), master.currency, reason)
