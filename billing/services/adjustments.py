"""Manual lines on the open bill (B2: a closed bill never changes, corrections go to the next)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from finance_mgmt import queries as ground
from finance_mgmt.enums import MovementKind
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.money import exact
from finance_mgmt.services import decisions, ledger, locks

from ..enums import ChargeKind
from ..models import Charge
from .cycles import accrual
from .months import hold_months, open_month


class AdjustmentRefused(FinanceError):
    """The adjustment has no amount or no reason."""

    code = "adjustment_refused"
    example = Reason(
        "B2",
        "bad_amount",
        "Give an amount other than 0, with at most 15 digits and 18 decimals.",
        {"amount": "0"},
    )


@transaction.atomic
def adjust(
    *, account: Account, amount: Decimal, reason: str, key: str, by: str, at: datetime
) -> Charge:
    """Put a manual line for the account, positive or negative, on its payer's open bill (B2, B4).

    The payer is the one of this instant: in trusteeship the master (C1).
    Raises AdjustmentRefused, KeyReused.
    """
    facts = {"account": account.number, "amount": amount, "reason": reason}
    decision, is_new = decisions.record(
        verb="adjustments.adjust", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        # an index finds the few of the owner and the instant
        same = Charge.objects.filter(owner=account, period_start=decision.at)
        return same.get(explanation__decision=decision.pk)
    _judge(amount, reason)
    locks.lock_accounts([account.pk])
    terms = ground.terms(account.pk, at)
    billed = hold_months()
    payer = locks.lock_funds([terms.payer])[terms.payer].account
    charge = Charge.objects.create(
        kind=ChargeKind.ADJUSTMENT,
        owner=account,
        payer=payer,
        period_start=at,
        period_end=at,
        billing_month=open_month(payer.pk, at - ground.policy().close_after, billed),
        quantity=Decimal(1),
        list_amount=amount,
        payable_amount=amount,
        currency=payer.currency,
        relationship_id=terms.relationship,
        reason=reason,
        explanation={"decision": decision.pk},
    )
    line = accrual(payer.pk, account.pk, amount, payer.currency, MovementKind.ACCRUAL)
    ledger.post([line], decision=decision, at=at)
    return charge


def _judge(amount: Decimal, reason: str) -> None:
    reasons = []
    fits = amount.is_finite() and amount.adjusted() < 15 and amount == exact(amount)
    if not fits or not amount:
        text = "Give an amount other than 0, with at most 15 digits and 18 decimals."
        reasons.append(Reason("B2", "bad_amount", text, {"amount": amount}))
    if not reason.strip():
        reasons.append(Reason("B2", "reason_missing", "Say why: it stands on the bill.", {}))
    if reasons:
        raise AdjustmentRefused(reasons)
