"""What a close up to an instant would do: carried out, looked at, and taken back (C4, L12)."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Sum

from finance_mgmt.enums import RunState
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Account, Run
from finance_mgmt.money import ZERO
from finance_mgmt.services import runs

from ..models import Charge
from . import cycles

MOST_REHEARSED = 20_000
MOST_SHOWN = 20


@dataclass(frozen=True)
class Cycles:
    """The charges of one product that would be made."""

    product: str
    cycle: str
    periods: int
    charges: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Owed:
    """What one payer would owe by them."""

    payer: Account
    charges: int
    amount: Decimal


@dataclass(frozen=True)
class Rehearsal:
    """Either the refusal, or what would be closed. Above MOST_REHEARSED records only counted."""

    refusal: FinanceError | None = None
    records: int = 0
    accounts: int = 0
    is_counted_only: bool = False
    cycles: list[Cycles] = field(default_factory=list)
    payers: list[Owed] = field(default_factory=list)
    payer_count: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)  # by currency
    problems: list[str] = field(default_factory=list)  # steps that would fail, or be skipped


def rehearse(*, through: datetime, by: str, at: datetime) -> Rehearsal:
    """What `cycles.close_through` would do. Nothing is changed."""
    try:
        with transaction.atomic():
            key = f"preview {uuid.uuid4()}"
            run = cycles.close_through(through=through, key=key, by=by, at=at)
            found = _look(run)
            transaction.set_rollback(True)
    except FinanceError as refusal:
        return Rehearsal(refusal=refusal)
    return found


def _look(run: Run) -> Rehearsal:
    owners = {owner for step in run.steps.all() for owner in step.scope["owners"]}
    if run.total_units > MOST_REHEARSED:
        return Rehearsal(records=run.total_units, accounts=len(owners), is_counted_only=True)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # found out now, not when taken back
    runs.work(run.pk, worker="preview")
    wrong = run.steps.filter(state__in=[RunState.FAILED, RunState.SKIPPED]).order_by("number")
    made = Charge.objects.filter(step__run=run).order_by()
    return Rehearsal(
        records=run.total_units,
        accounts=len(owners),
        cycles=_cycles(run),
        payers=_payers(run),
        payer_count=made.values("payer").distinct().count(),
        totals=dict(made.values_list("currency").annotate(sum=Sum("payable_amount"))),
        problems=[step.error.strip().splitlines()[-1] for step in wrong[:MOST_SHOWN]],
    )


def _cycles(run: Run) -> list[Cycles]:
    rows = (
        Charge.objects.filter(step__run=run)
        .order_by()
        .values("product__code", "product__cycle")
        .annotate(
            periods=Count("period_start", distinct=True),
            charges=Count("pk"),
            first=Min("period_start"),
            last=Max("period_end"),
        )
        .order_by("product__code")
    )
    return [
        Cycles(
            row["product__code"],
            row["product__cycle"],
            row["periods"],
            row["charges"],
            row["first"],
            row["last"],
        )
        for row in rows
    ]


def _payers(run: Run) -> list[Owed]:
    rows = Charge.objects.filter(step__run=run).order_by().values_list("payer")
    sums = rows.annotate(charges=Count("pk"), sum=Sum("payable_amount")).order_by("-sum", "payer")
    shown = list(sums[:MOST_SHOWN])
    accounts = Account.objects.in_bulk([payer for payer, _, _ in shown])
    return [Owed(accounts[payer], count, amount or ZERO) for payer, count, amount in shown]
