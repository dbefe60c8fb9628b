"""Cash that enters an account."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from .. import money
from ..enums import MovementKind, Pocket
from ..models import Account, Movement
from . import decisions, ledger, locks


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
