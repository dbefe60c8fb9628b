"""Optional caps on what a trusteeship member may cost its master per month (F12)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from .. import money
from ..enums import Mode, RelationshipState
from ..errors import FinanceError, Reason
from ..models import Cap, Relationship
from . import decisions


class CapRefused(FinanceError):
    """Only trusteeship members in force have caps (F12)."""

    code = "cap_refused"
    example = Reason(
        "F12",
        "not_in_trusteeship",
        "Only members in trusteeship have a cap.",
        {"mode": "management"},
    )


@transaction.atomic
def set_cap(
    *,
    relationship: Relationship,
    amount: Decimal | None,
    is_hard: bool,
    key: str,
    by: str,
    at: datetime,
) -> Cap:
    """Cap the member's month from now on; None takes the cap away (F12).

    Raises CapRefused, InvalidAmount, KeyReused.
    """
    facts = {"relationship": relationship.pk, "amount": amount, "is_hard": is_hard}
    decision, is_new = decisions.record(verb="caps.set_cap", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Cap.objects.get(decision=decision)
    link = Relationship.objects.select_for_update(no_key=True).get(pk=relationship.pk)
    in_force = (RelationshipState.ACTIVE, RelationshipState.CHANGE_PENDING)
    if link.state not in in_force or link.mode != Mode.TRUSTEESHIP:
        text = "Caps are for trusteeship in force; in management allocate credit instead."
        raise CapRefused(Reason("F12", "not_in_trusteeship", text, {"mode": link.mode}))
    if amount:
        money.require_movable(amount, link.member.currency)
    return Cap.objects.create(
        relationship=link, amount=amount, is_hard=is_hard, since=at, decision=decision
    )
