"""Was every order and allocation within its bound when made? From the ledger alone (F5, F6)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from finance_mgmt import queries
from finance_mgmt.enums import MovementKind, Pocket
from finance_mgmt.models import Movement
from finance_mgmt.money import ZERO, plain
from finance_mgmt.rules.credit import Figures
from finance_mgmt.rules.ledger import ALL_FIGURES, FIGURES

INSTANT = timedelta(microseconds=1)  # what was done just before a change has the same `at`
BOUNDED = {MovementKind.ALLOCATION, MovementKind.ORDER}


def exceeded() -> Iterator[str]:
    """One sentence per order or allocation that was above its bound. Metered usage has none."""
    known: dict[int, dict[str, Decimal]] = {}
    rows = Movement.objects.select_related("from_account").order_by("pk")
    for _, together in groupby(rows, key=lambda row: row.decision_id):
        group = list(together)
        bounded = [row for row in group if row.kind in BOUNDED and row.from_account_id]
        if bounded:
            yield from _judge(bounded, known)
        for row in group:
            _count(known, row.from_account_id, row.from_pocket, -row.amount)
            _count(known, row.to_account_id, row.to_pocket, row.amount)


def _judge(rows: list[Movement], known: dict[int, dict[str, Decimal]]) -> Iterator[str]:
    first = rows[0]
    payer = first.from_account
    stored = known.get(payer.pk, dict.fromkeys(ALL_FIGURES, ZERO))
    before = max(
        (_figures(stored, payer.pk, at) for at in (first.at, first.at - INSTANT)),
        key=lambda figures: figures.available,
    )
    total, credit = _sum(rows), _sum(row for row in rows if row.from_pocket == Pocket.CREDIT)
    is_own = first.kind == MovementKind.ORDER and first.owner_id == payer.pk
    most = before.available if is_own else before.headroom
    if total > most:
        yield f"{first.reason or first.kind} of {payer.number}: {plain(total)} above {plain(most)}."
    if credit and before.used + credit > before.effective_limit:
        yield f"{first.reason} of {payer.number}: {plain(credit)} of credit pass the limit."


def _figures(stored: dict[str, Decimal], account: int, at: datetime) -> Figures:
    terms = queries.terms(account, at)
    is_frozen = terms.is_own_credit_dormant or terms.is_own_credit_replaced
    return Figures(**stored, is_own_line_frozen=is_frozen)


def _sum(rows: Iterable[Movement]) -> Decimal:
    return sum((row.amount for row in rows), ZERO)


def _count(
    known: dict[int, dict[str, Decimal]], account: int | None, pocket: str, amount: Decimal
) -> None:
    if account is None:
        return
    figures = known.setdefault(account, dict.fromkeys(ALL_FIGURES, ZERO))
    for name, sign in FIGURES[pocket]:
        figures[name] += sign * amount
