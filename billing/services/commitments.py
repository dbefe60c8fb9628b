"""Commitments: prepaid cover of usage, and with whom it is shared (K1, K2)."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.services import decisions

from ..enums import CommitmentKind
from ..models import Commitment, CommitmentSharing, Family, Product
from .usage import first_open_instant


class CommitmentRefused(FinanceError):
    """The commitment covers nothing that could be measured (K1)."""

    code = "commitment_refused"
    example = Reason("K1", "code_taken", "Commitment code RI-7 is taken.", {"code": "RI-7"})


@transaction.atomic
def add(
    *,
    code: str,
    owner: Account,
    kind: CommitmentKind,
    product: Product | None = None,
    families: Collection[Family] = (),
    quantity: Decimal | None = None,
    commit_amount: Decimal | None = None,
    rate: Decimal | None = None,
    is_shared: bool = False,
    starts_at: datetime | None = None,
    expires_at: datetime | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Commitment:
    """Note a commitment that its owner bought (K1).

    A reserved instance: `quantity` units of `product` per cycle. A capacity unit: `quantity` units
    of its families per cycle. A savings plan: `commit_amount` per hour at the plan `rate`.
    Raises CommitmentRefused with every reason, KeyReused.
    """
    facts = {
        "code": code,
        "owner": owner.number,
        "kind": kind,
        "product": product and product.code,
        "families": sorted(family.code for family in families),
        "quantity": quantity,
        "commit_amount": commit_amount,
        "rate": rate,
        "is_shared": is_shared,
        "starts_at": starts_at,
        "expires_at": expires_at,
    }
    decision, is_new = decisions.record(verb="commitments.add", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Commitment.objects.get(decision=decision)
    reasons = _judge(CommitmentKind(kind), product, families, quantity, commit_amount, rate)
    if expires_at is not None and expires_at <= (starts_at or at):
        text = "A commitment must expire after it starts."
        reasons.append(Reason("K1", "bad_validity", text, {"expires_at": expires_at}))
    if Commitment.objects.filter(code=code).exists():
        text = f"Commitment code {code} is taken."
        reasons.append(Reason("K1", "code_taken", text, {"code": code}))
    if reasons:
        raise CommitmentRefused(reasons)
    commitment = Commitment.objects.create(
        code=code,
        owner=owner,
        kind=kind,
        product=product,
        quantity=quantity,
        commit_amount=commit_amount,
        rate=rate,
        is_shared=is_shared,
        starts_at=starts_at or at,
        expires_at=expires_at,
        decision=decision,
    )
    commitment.families.set(families)
    CommitmentSharing.objects.create(
        commitment=commitment,
        is_shared=is_shared,
        since=min(commitment.starts_at, at),
        decision=decision,
    )
    return commitment


@transaction.atomic
def share(
    *, commitment: Commitment, is_shared: bool, key: str, by: str, at: datetime
) -> Commitment:
    """Share a commitment with the owner's trusteeship members, or stop (K2). Raises KeyReused.

    It counts for cycles that start from now on: those in progress, and late usage of earlier ones,
    go by what held at their start (C1).
    """
    facts = {"commitment": commitment.code, "is_shared": is_shared}
    decision, is_new = decisions.record(
        verb="commitments.share", facts=facts, key=key, by=by, at=at
    )
    since = first_open_instant(at)
    locked = Commitment.objects.select_for_update().get(pk=commitment.pk)
    if is_new:
        CommitmentSharing.objects.create(
            commitment=locked, is_shared=is_shared, since=since, decision=decision
        )
        locked.is_shared = is_shared
        locked.save(update_fields=["is_shared"])
    return locked


def _judge(
    kind: CommitmentKind,
    product: Product | None,
    families: Collection[Family],
    quantity: Decimal | None,
    commit_amount: Decimal | None,
    rate: Decimal | None,
) -> list[Reason]:
    if kind == CommitmentKind.SAVINGS_PLAN:
        return _judge_plan(quantity, commit_amount, rate)
    reasons = []
    if quantity is None or quantity <= 0 or commit_amount is not None or rate is not None:
        text = "Give the units per cycle, and no spend."
        reasons.append(Reason("K1", "units_missing", text, {"quantity": quantity}))
    if kind == CommitmentKind.RESERVED_INSTANCE and product is None:
        text = "A reserved instance names the product it covers."
        reasons.append(Reason("K1", "product_missing", text, {}))
    if kind == CommitmentKind.STORAGE_CAPACITY_UNIT and not families:
        text = "A storage capacity unit names the family it covers."
        reasons.append(Reason("K1", "family_missing", text, {}))
    return reasons


def _judge_plan(
    quantity: Decimal | None, commit_amount: Decimal | None, rate: Decimal | None
) -> list[Reason]:
    has_spend = commit_amount is not None and commit_amount > 0
    has_rate = rate is not None and 0 < rate <= 1
    if has_spend and has_rate and quantity is None:
        return []
    text = "A savings plan has a spend per hour above 0 and a rate above 0, at most 1; no units."
    return [Reason("K1", "spend_missing", text, {"commit_amount": commit_amount, "rate": rate})]
