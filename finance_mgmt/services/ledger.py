"""The only writer of movements and of the figures they make (F10)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from ..enums import MovementKind, Pocket
from ..models import Decision, Movement
from ..money import ZERO
from ..rules.ledger import ALL_FIGURES, FIGURES

_ADD_TO_FIGURES = f"""
UPDATE finance_mgmt_funds funds
SET {", ".join(f"{name} = funds.{name} + change.{name}" for name in ALL_FIGURES)}
FROM unnest(%s::bigint[], {", ".join("%s::numeric[]" for _ in ALL_FIGURES)})
    AS change(account_id, {", ".join(ALL_FIGURES)})
WHERE funds.account_id = change.account_id
"""

# What a line says -> column and type.
_COLUMNS = {
    "kind": ("kind", "text"),
    "from_account": ("from_account_id", "bigint"),
    "from_pocket": ("from_pocket", "text"),
    "to_account": ("to_account_id", "bigint"),
    "to_pocket": ("to_pocket", "text"),
    "amount": ("amount", "numeric"),
    "currency": ("currency", "text"),
    "reason": ("reason", "text"),
    "owner": ("owner_id", "bigint"),
    "corrects": ("corrects_id", "bigint"),
}

_WRITE_MANY = f"""
INSERT INTO finance_mgmt_movement (decision_id, at, {", ".join(c for c, _ in _COLUMNS.values())})
SELECT %s, %s, line.* FROM unnest({", ".join(f"%s::{t}[]" for _, t in _COLUMNS.values())}) line
"""


@dataclass(frozen=True)
class Line:
    """One amount from one pocket to another. An account of None is the provider."""

    kind: MovementKind
    from_account: int | None
    from_pocket: Pocket
    to_account: int | None
    to_pocket: Pocket
    amount: Decimal
    currency: str
    reason: str
    owner: int | None = None
    corrects: int | None = None


def between(
    pocket: tuple[int, Pocket],
    amount: Decimal,
    *,
    kind: MovementKind,
    currency: str,
    reason: str,
    owner: int | None = None,
) -> Line:
    """A line from the provider into an account's pocket; a negative amount goes back."""
    provider: tuple[int | None, Pocket] = (None, Pocket.PROVIDER)
    giver, taker = (provider, pocket) if amount > 0 else (pocket, provider)
    return Line(kind, *giver, *taker, abs(amount), currency, reason, owner=owner)


def post(lines: Iterable[Line], *, decision: Decision, at: datetime) -> list[Movement]:
    """Write the movements of one decision and bring the funds of all accounts up to date.

    The caller holds the funds rows (locks.lock_funds). The database refuses what would break a
    bound, with all of it.
    """
    written = Movement.objects.bulk_create(_movement(line, decision, at) for line in lines)
    changes = _no_changes()
    for row in written:
        _count(changes, row.from_account_id, row.from_pocket, -row.amount)
        _count(changes, row.to_account_id, row.to_pocket, row.amount)
    _apply(changes)
    return written


def post_many(lines: Iterable[Line], *, decision: Decision, at: datetime) -> None:
    """The same for thousands of lines, by statements over all of them. Returns no rows."""
    given = list(lines)
    changes = _no_changes()
    for line in given:
        _count(changes, line.from_account, line.from_pocket, -line.amount)
        _count(changes, line.to_account, line.to_pocket, line.amount)
    columns = [[getattr(line, name) for line in given] for name in _COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_MANY, [decision.pk, at, *columns])
    _apply(changes)


def _movement(line: Line, decision: Decision, at: datetime) -> Movement:
    return Movement(
        decision=decision,
        kind=line.kind,
        from_account_id=line.from_account,
        from_pocket=line.from_pocket,
        to_account_id=line.to_account,
        to_pocket=line.to_pocket,
        owner_id=line.owner,
        amount=line.amount,
        currency=line.currency,
        reason=line.reason,
        at=at,
        corrects_id=line.corrects,
    )


def _no_changes() -> dict[int, dict[str, Decimal]]:
    return defaultdict(lambda: dict.fromkeys(ALL_FIGURES, ZERO))


def _count(
    changes: dict[int, dict[str, Decimal]], account: int | None, pocket: str, amount: Decimal
) -> None:
    if account is None:
        return
    for figure, sign in FIGURES[pocket]:
        changes[account][figure] += sign * amount


def _apply(changes: dict[int, dict[str, Decimal]]) -> None:
    accounts = sorted(changes)
    columns = [[changes[account][name] for account in accounts] for name in ALL_FIGURES]
    with connection.cursor() as cursor:
        cursor.execute(_ADD_TO_FIGURES, [accounts, *columns])
        if cursor.rowcount != len(accounts):
            raise AssertionError("an account without funds cannot move money")
