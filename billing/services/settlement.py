"""Paying what bills have on credit: by the payer, on the due date, or by the master (S1, S2)."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from finance_mgmt import money
from finance_mgmt import queries as ground
from finance_mgmt.enums import Mode, MovementKind, Pocket
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Decision, Funds, Relationship
from finance_mgmt.services import consents, decisions, ledger, locks

from ..enums import BillStatus, SettlementKind
from ..models import Bill, Settlement


class SettlementRefused(FinanceError):
    """Nothing can be settled, or not like this (S1, S2)."""

    code = "settlement_refused"
    example = Reason("S1", "nothing_outstanding", "Nothing is outstanding.", {"account": "ACME"})


@transaction.atomic
def settle(
    *,
    account: Account,
    amount: Decimal | None = None,
    month: date | None = None,
    key: str,
    by: str,
    at: datetime,
) -> list[Settlement]:
    """Pay outstanding credit from the account's cash: oldest due first, or one month's bill (S1).

    Without an amount: all that is outstanding, as far as cash goes.
    Raises SettlementRefused, InvalidAmount, KeyReused.
    """
    facts = {"account": account.number, "amount": amount, "month": month}
    decision, is_new = decisions.record(
        verb="settlement.settle", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return list(Settlement.objects.filter(decision=decision))
    return _settle(account, account, amount, month, SettlementKind.OWN, decision, at)


@transaction.atomic
def settle_for(
    *,
    master: Account,
    member: Account,
    amount: Decimal | None = None,
    month: date | None = None,
    key: str,
    by: str,
    at: datetime,
) -> list[Settlement]:
    """The master's cash pays the member's bills, where unified settlement is on (S2).

    Raises SettlementRefused, InvalidAmount, KeyReused.
    """
    facts = {"master": master.number, "member": member.number, "amount": amount, "month": month}
    decision, is_new = decisions.record(
        verb="settlement.settle_for", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return list(Settlement.objects.filter(decision=decision))
    standing = ground.standings([member.pk], at)[member.pk]
    if standing.master != master.pk or standing.mode != Mode.MANAGEMENT:
        text = f"{member.number} is not in management of {master.number}."
        raise SettlementRefused(Reason("S2", "not_in_management", text, {}))
    if not standing.has_unified_settlement:
        text = f"Unified settlement is off for {member.number}. Switch it on first."
        raise SettlementRefused(Reason("S2", "unified_settlement_off", text, {}, "both ends"))
    return _settle(master, member, amount, month, SettlementKind.UNIFIED, decision, at)


@transaction.atomic
def switch_unified(
    *,
    relationship: Relationship,
    is_on: bool,
    has_consented: bool = False,
    key: str,
    by: str,
    at: datetime,
) -> Relationship:
    """Switch unified settlement of a management relationship on or off (S2).

    On needs the member's consent where that is not automatic (L5). Raises SettlementRefused,
    KeyReused.
    """
    facts = {"relationship": relationship.pk, "is_on": is_on, "has_consented": has_consented}
    _, is_new = decisions.record(
        verb="settlement.switch_unified", facts=facts, key=key, by=by, at=at
    )
    link = Relationship.objects.select_for_update(no_key=True).get(pk=relationship.pk)
    if not is_new:
        return link
    if link.state not in ("active", "change_pending") or link.mode != Mode.MANAGEMENT:
        text = "Unified settlement is for management in force: in trusteeship the master pays."
        raise SettlementRefused(Reason("S2", "not_in_management", text, {"mode": link.mode}))
    reasons = consents.judge(link.master, link.member, has_consented=has_consented)
    if is_on and reasons:
        raise SettlementRefused(reasons)
    if is_on != (link.unified_settlement_from is not None):
        link.unified_settlement_from = at if is_on else None
        link.save(update_fields=["unified_settlement_from"])
    return link


def due_bills(at: datetime) -> list[Bill]:
    """Bills whose due date has come and whose automatic run has not, oldest first (S1)."""
    today = at.astimezone(ground.policy().zone).date()
    bills = Bill.objects.filter(
        status=BillStatus.OUTSTANDING, due_on__lte=today, due_run_at__isnull=True
    )
    return list(bills.select_related("payer").order_by("due_on", "payer", "month"))


@transaction.atomic
def settle_due(*, bill: Bill, by: str, at: datetime) -> list[Settlement]:
    """The automatic run of one bill on its due date: as far as cash goes, once (S1, S2)."""
    key = f"settle due {bill.pk}"
    facts = {"bill": bill.pk}
    decision, is_new = decisions.record(
        verb="settlement.settle_due", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return list(Settlement.objects.filter(decision=decision))
    standing = ground.standings([bill.payer_id], at)[bill.payer_id]
    giver, kind = bill.payer, SettlementKind.OWN
    if standing.has_unified_settlement and standing.mode == Mode.MANAGEMENT:
        giver, kind = Account.objects.get(pk=standing.master), SettlementKind.UNIFIED
    funds = locks.lock_funds({giver.pk, bill.payer_id})  # before the bill, as everybody does
    locked = Bill.objects.select_for_update().get(pk=bill.pk)
    locked.due_run_at = at
    locked.save(update_fields=["due_run_at"])
    amount = min(locked.outstanding, funds[giver.pk].cash)
    if amount <= 0:
        return []
    return _pay([(locked, amount)], funds[giver.pk], bill.payer, kind, decision, at)


def lower(
    bill: Bill,
    amount: Decimal,
    kind: SettlementKind,
    payer: Account,
    decision: Decision,
    at: datetime,
) -> Settlement:
    """Lower what is outstanding of a locked bill, and say by what."""
    bill.outstanding -= amount
    if not bill.outstanding and bill.status == BillStatus.OUTSTANDING:
        bill.status = BillStatus.SETTLED
    bill.save(update_fields=["outstanding", "status"])
    return Settlement.objects.create(
        bill=bill, kind=kind, paid_by=payer, amount=amount, at=at, decision=decision
    )


def _settle(
    giver: Account,
    debtor: Account,
    amount: Decimal | None,
    month: date | None,
    kind: SettlementKind,
    decision: Decision,
    at: datetime,
) -> list[Settlement]:
    if amount is not None:
        money.require_movable(amount, giver.currency)
    funds = locks.lock_funds({giver.pk, debtor.pk})
    bills = Bill.objects.select_for_update().filter(payer=debtor, outstanding__gt=0)
    if month is not None:
        bills = bills.filter(month=month)
    rows = list(bills.order_by("due_on", "month"))
    cash = funds[giver.pk].cash
    if reasons := _judge(giver, debtor, rows, amount, cash):
        raise SettlementRefused(reasons)
    left = min(sum((bill.outstanding for bill in rows), money.ZERO), cash)
    left = left if amount is None else amount
    parts = []
    for bill in rows:
        part = min(bill.outstanding, left)
        if part > 0:
            parts.append((bill, part))
            left -= part
    return _pay(parts, funds[giver.pk], debtor, kind, decision, at)


def _judge(
    giver: Account, debtor: Account, bills: Sequence[Bill], amount: Decimal | None, cash: Decimal
) -> list[Reason]:
    if not bills:
        text = f"Nothing of {debtor.number} is outstanding here."
        return [Reason("S1", "nothing_outstanding", text, {"account": debtor.number})]
    reasons = []
    outstanding = sum((bill.outstanding for bill in bills), money.ZERO)
    if amount is not None and amount > outstanding:
        text = f"Only {money.plain(outstanding, 2)} is outstanding."
        facts = {"amount": amount, "outstanding": outstanding}
        reasons.append(Reason("S1", "above_outstanding", text, facts))
    if cash < (amount if amount is not None else 0) or cash <= 0:
        text = f"{giver.number} has {money.plain(cash, 2)} in cash. Top up first."
        facts = {"amount": amount, "cash": cash}
        reasons.append(Reason("S1", "cash_too_low", text, facts, f"{giver.number}: top up"))
    return reasons


def _pay(
    parts: Sequence[tuple[Bill, Decimal]],
    giver: Funds,
    debtor: Account,
    kind: SettlementKind,
    decision: Decision,
    at: datetime,
) -> list[Settlement]:
    transferred_left = giver.transferred_in  # spent first (F7)
    settlements, lines = [], []
    for bill, amount in parts:
        transferred = min(amount, transferred_left)
        transferred_left -= transferred
        pockets = [(Pocket.TRANSFERRED_CASH, transferred), (Pocket.CASH, amount - transferred)]
        lines += [
            ledger.Line(
                MovementKind.SETTLEMENT,
                giver.pk,
                pocket,
                debtor.pk,
                Pocket.CREDIT,
                part,
                bill.currency,
                f"bill {bill.month:%Y-%m} settled",
                owner=debtor.pk,
            )
            for pocket, part in pockets
            if part
        ]
        settlements.append(lower(bill, amount, kind, giver.account, decision, at))
    ledger.post(lines, decision=decision, at=at)
    return settlements
