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
from . import copied_rows

_COLUMNS = (
    *("decision_id", "at", "kind", "from_account_id", "from_pocket", "to_account_id", "to_pocket"),
    *("amount", "currency", "reason", "owner_id", "corrects_id"),
)


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
    copied_rows.write(
        "finance_mgmt_movement",
        _COLUMNS,
        (
            (
                *(decision.pk, at, str(line.kind), line.from_account, str(line.from_pocket)),
                *(line.to_account, str(line.to_pocket), line.amount, line.currency, line.reason),
                *(line.owner, line.corrects),
            )
            for line in given
        ),
    )
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
    moved = [name for name in ALL_FIGURES if any(changes[one][name] for one in accounts)]
    if not moved:
        return
    columns = [[changes[account][name] for account in accounts] for name in moved]
    with connection.cursor() as cursor:
        cursor.execute(_add_to(moved), [accounts, *columns])
        if cursor.rowcount != len(accounts):
            raise AssertionError("an account without funds cannot move money")


def _add_to(figures: list[str]) -> str:
    return f"""
    UPDATE finance_mgmt_funds funds
    SET {", ".join(f"{name} = funds.{name} + change.{name}" for name in figures)}
    FROM unnest(%s::bigint[], {", ".join("%s::numeric[]" for _ in figures)})
        AS change(account_id, {", ".join(figures)})
    WHERE funds.account_id = change.account_id
    """
