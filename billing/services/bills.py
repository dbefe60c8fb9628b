"""Issuing the month's bill of each payer (B2-B5)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import MovementKind, Parked, Pocket, RunState
from finance_mgmt.models import Account, Funds, Relationship, Run, RunStep
from finance_mgmt.models.relationships import DATED_STATES
from finance_mgmt.money import ZERO
from finance_mgmt.policy import Policy
from finance_mgmt.queries.parking import parked_from
from finance_mgmt.services import decisions, ledger, locks, runs
from finance_mgmt.services.checkpoints import checkpoint

from ..enums import BillStatus
from ..models import Bill, UsageRecord
from ..queries.due import due_payers, open_months, unfinished_owners
from ..rules import funding
from ..rules.chunks import groups_of
from . import bills_sql
from .cycles import accrual, horizon_locked

PAYERS_PER_STEP = 500


@dataclass
class Month:
    """What one payer's bill is made of: exact sums by owner, of this month and of carried ones."""

    charge_count: int = 0
    own_undrawn: Decimal = ZERO
    members_undrawn: Decimal = ZERO
    own_moved: Decimal = ZERO  # orders less refunds: their money moved when they were made
    members_moved: Decimal = ZERO
    moved_cash: Decimal = ZERO
    moved_credit: Decimal = ZERO
    refunded_to_earlier_bills: Decimal = ZERO
    undrawn_by_owner: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    carried_from: Bill | None = None

    def count(self, is_own: bool, charges: int, undrawn: Decimal, moved: Decimal) -> None:
        """Add one owner's charges of the month."""
        self.charge_count += charges
        if is_own:
            self.own_undrawn += undrawn
            self.own_moved += moved
        else:
            self.members_undrawn += undrawn
            self.members_moved += moved


@transaction.atomic
def issue(*, by: str, at: datetime) -> Run | None:
    """Hand the earliest month that is wholly closed and not billed to a new run (B5).

    Returns it; None: no month is due. A payer whose usage waits in a close that is not done is
    left out of this month and later ones, which are looked at again; others are not kept waiting.
    So is one that is parked.
    Safe to call any number of times.
    """
    horizon = horizon_locked()
    busy = Run.objects.filter(kind__in=["close", "bill"], state__in=_UNFINISHED)
    if horizon.instant is None or busy.exists():
        return None
    policy = ground.policy()
    months = open_months(horizon.billed_month)
    while months and _is_closed(months[0], horizon.instant, policy):
        month = months[0]
        payers, left_out = _payers(month)
        if not left_out:
            horizon.billed_month = month
            horizon.save(update_fields=["billed_month"])
        if payers:
            return _open_run(month, payers, by=by, at=at)
        months = open_months(month)
    return None


def issue_step(step: RunStep, *, by: str, at: datetime) -> dict[str, Any]:
    """Issue the bills of the step's payers for the run's month. In a transaction."""
    checkpoint("bill-claimed")
    month = date.fromisoformat(step.run.facts["month"])
    policy = ground.policy()
    funds = locks.lock_funds(step.scope["payers"])
    made = _months(list(funds), month)
    hashes = _hashes(list(funds), month)
    facts = {"run": step.run_id, "step": step.number, "month": f"{month:%Y-%m}"}
    key = f"bill {month:%Y-%m} {step.run_id}/{step.number}"
    decision, _ = decisions.record(verb="bills.issue", facts=facts, key=key, by=by, at=at)
    due_on = at.astimezone(policy.zone).date() + timedelta(days=policy.payment_days)
    bills: list[Bill] = []
    lines: list[ledger.Line] = []
    for payer, row in funds.items():
        bill = _bill(row, month, made[payer])
        bill.issued_at, bill.due_on, bill.decision = at, due_on, decision
        bill.content_hash = hashes[payer]
        bills.append(bill)
        lines += _lines(bill, row, made[payer])
    Bill.objects.bulk_create(bills)
    checkpoint("bill-written")
    ledger.post(lines, decision=decision, at=at)
    checkpoint("bill-drawn")
    return {"units": len(bills), "bills": len(bills)}


def split_step(step: RunStep) -> list[dict[str, Any]]:
    """The scope of a step that failed in two halves; one: it is a single payer."""
    payers = step.scope["payers"]
    half = (len(payers) + 1) // 2
    return [{"payers": part} for part in (payers[:half], payers[half:]) if part]


_UNFINISHED = [RunState.QUEUED, RunState.RUNNING]


def _is_closed(month: date, closed_through: datetime, policy: Policy) -> bool:
    end = periods.month_period(month, policy.zone).end
    waiting = UsageRecord.objects.filter(due_at__gt=closed_through, period_end__lte=end)
    is_over = end + policy.close_after <= closed_through
    return is_over and not waiting.filter(is_late=False).exists()


def _payers(month: date) -> tuple[list[int], bool]:
    payers = due_payers(month)
    waiting = {*unfinished_owners(), *parked_from(Parked.BILL)}
    if not waiting:
        return payers, False
    links = Relationship.objects.filter(state__in=DATED_STATES)
    held = groups_of(waiting, links.values_list("master_id", "member_id"))
    return [payer for payer in payers if payer not in held], True


def _open_run(month: date, payers: list[int], *, by: str, at: datetime) -> Run:
    earlier = Run.objects.filter(kind="bill", facts__month=month.isoformat()).count()
    chunks = [payers[i : i + PAYERS_PER_STEP] for i in range(0, len(payers), PAYERS_PER_STEP)]
    return runs.open(
        kind="bill",
        scopes=[{"payers": chunk} for chunk in chunks],
        facts={"month": month.isoformat()},
        total_units=len(payers),
        key=f"bill {month:%Y-%m} {earlier + 1}",
        by=by,
        at=at,
    )


def _months(payers: Sequence[int], month: date) -> dict[int, Month]:
    made = {payer: Month() for payer in payers}
    carried = _carried(payers)
    for payer, bills in carried.items():
        made[payer].carried_from = bills[0]
    months = {payer: {bill.month for bill in bills} for payer, bills in carried.items()}
    wanted = {month}.union(*months.values())
    with connection.cursor() as cursor:
        cursor.execute(bills_sql.SUMS, {"payers": list(payers), "months": list(wanted)})
        for payer, owner, charged, count, undrawn, moved in cursor.fetchall():
            if charged == month:
                made[payer].count(payer == owner, count, undrawn, moved)
            if charged == month or charged in months.get(payer, ()):
                made[payer].undrawn_by_owner[owner] += undrawn
        cursor.execute(bills_sql.MOVED, {"payers": list(payers), "month": month})
        for payer, cash, credit, earlier in cursor.fetchall():
            made[payer].moved_cash, made[payer].moved_credit = cash, credit
            made[payer].refunded_to_earlier_bills = earlier
    return made


def _carried(payers: Sequence[int]) -> dict[int, list[Bill]]:
    """The chain of negative bills that the next one starts with, newest first, by payer."""
    bills = Bill.objects.filter(payer_id__in=payers, carried_forward__lt=0)
    found = {}
    for bill in bills.filter(carried_to__isnull=True):
        chain = [bill]
        while chain[-1].carried_from is not None:
            chain.append(chain[-1].carried_from)
        found[bill.payer_id] = chain
    return found


def _hashes(payers: Sequence[int], month: date) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(bills_sql.HASHES, {"payers": list(payers), "month": month})
        return dict(cursor.fetchall())


def _bill(funds: Funds, month: date, made: Month) -> Bill:
    account: Account = funds.account
    carried = made.carried_from.carried_forward if made.carried_from else ZERO
    draw = funding.draw(
        own=made.own_undrawn,
        members=made.members_undrawn,
        carried=carried,
        cash=funds.cash,
        ordered_credit=made.moved_credit + made.refunded_to_earlier_bills,
        currency=account.currency,
    )
    on_credit = draw.on_credit + made.moved_credit
    outstanding = on_credit + made.refunded_to_earlier_bills
    status = BillStatus.OUTSTANDING if outstanding else BillStatus.SETTLED
    return Bill(
        payer=account,
        month=month,
        currency=account.currency,
        charge_count=made.charge_count,
        own_amount=made.own_undrawn + made.own_moved,
        members_amount=made.members_undrawn + made.members_moved,
        carried_amount=carried,
        carried_from=made.carried_from,
        carried_forward=draw.carried_forward,
        round_off=draw.round_off,
        total=draw.total + made.own_moved + made.members_moved,
        from_cash=draw.from_cash + made.moved_cash,
        on_credit=on_credit,
        outstanding=outstanding,
        status=BillStatus.CARRIED if draw.carried_forward and not outstanding else status,
    )


def _lines(bill: Bill, funds: Funds, made: Month) -> Iterator[ledger.Line]:
    if bill.carried_forward:
        return  # nothing is drawn: it stays unsettled, in the payer's favour, until the next bill
    for owner, amount in sorted(made.undrawn_by_owner.items()):
        if amount:
            yield accrual(
                bill.payer_id, owner, -amount, bill.currency, MovementKind.ACCRUAL_RELEASE
            )
    from_cash = bill.from_cash - made.moved_cash
    transferred = min(from_cash, funds.transferred_in)  # spent first (F7)
    cash = [(Pocket.TRANSFERRED_CASH, transferred), (Pocket.CASH, from_cash - transferred)]
    yield from (_drawn(bill, pocket, amount, bill.payer_id) for pocket, amount in cash if amount)
    on_credit = bill.on_credit - made.moved_credit
    if on_credit < ZERO:
        yield _drawn(bill, Pocket.CREDIT, on_credit, bill.payer_id)
        return
    credit = funding.credit_by_owner(
        on_credit,
        made.undrawn_by_owner,
        payer=bill.payer_id,
        from_cash=from_cash,
        currency=bill.currency,
    )
    yield from _credit_lines(bill, credit.items())


def _credit_lines(bill: Bill, credit: Iterable[tuple[int, Decimal]]) -> Iterator[ledger.Line]:
    for owner, amount in credit:
        yield _drawn(bill, Pocket.CREDIT, amount, owner)


def _drawn(bill: Bill, pocket: Pocket, amount: Decimal, owner: int) -> ledger.Line:
    """One amount out of a pocket for the bill; below 0 it is given back (B5)."""
    return ledger.between(
        (bill.payer_id, pocket),
        -amount,
        kind=MovementKind.BILL,
        currency=bill.currency,
        reason=f"bill {bill.month:%Y-%m}",
        owner=owner,
    )
