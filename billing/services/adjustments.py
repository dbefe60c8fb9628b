"""Manual lines on the open bill (B2: a closed bill never changes, corrections go to the next)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import MovementKind
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.money import exact
from finance_mgmt.services import decisions, ledger, locks

from ..enums import ChargeKind
from ..models import Bill, Charge
from .cycles import accrual


class AdjustmentRefused(FinanceError):
    """The adjustment has no amount or no reason."""

    code = "adjustment_refused"


@transaction.atomic
def adjust(
    *, account: Account, amount: Decimal, reason: str, key: str, by: str, at: datetime
) -> Charge:
    """Put a manual line, positive or negative, on the account's open bill (B2).

    Raises AdjustmentRefused, KeyReused.
    """
    facts = {"account": account.number, "amount": amount, "reason": reason}
    decision, is_new = decisions.record(
        verb="adjustments.adjust", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return Charge.objects.get(explanation__decision=decision.pk)
    _judge(amount, reason)
    locks.lock_funds([account.pk])
    zone = ground.policy().zone
    month = periods.month_of(at - ground.policy().close_after, zone)
    billed = Bill.objects.filter(payer=account).aggregate(last=Max("month"))["last"]
    if billed is not None and month <= billed:
        month = periods.month_of(periods.month_period(billed, zone).end, zone)
    charge = Charge.objects.create(
        kind=ChargeKind.ADJUSTMENT,
        owner=account,
        payer=account,
        period_start=at,
        period_end=at,
        billing_month=month,
        quantity=Decimal(1),
        list_amount=amount,
        payable_amount=amount,
        currency=account.currency,
        reason=reason,
        explanation={"decision": decision.pk},
    )
    line = accrual(account.pk, account.pk, amount, account.currency, MovementKind.ACCRUAL)
    ledger.post([line], decision=decision, at=at)
    return charge


def _judge(amount: Decimal, reason: str) -> None:
    reasons = []
    if not amount.is_finite() or not amount or amount != exact(amount):
        text = "Give an amount other than 0, with at most 18 decimals."
        reasons.append(Reason("B2", "bad_amount", text, {"amount": amount}))
    if not reason.strip():
        reasons.append(Reason("B2", "reason_missing", "Say why: it stands on the bill.", {}))
    if reasons:
        raise AdjustmentRefused(reasons)
