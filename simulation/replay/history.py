"""The real history of a group, read in one snapshot: decisions, closes, bills, usage, catalogue.

Every change of the books is one decision with all its facts (Z8), so the trail is a script.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.db import connection, transaction
from django.db.models import Model

from billing.models import Commitment, Family, Order, Price, Product, Source, UsageRecord, Voucher
from finance_mgmt.models import Account, Decision, Identity, Relationship

from .verbs import AGAIN, OF_EVERYBODY

KEPT_IN_MEMORY = 1 << 24  # bytes of a copied table; more goes to a file
WHOLE: tuple[type[Model], ...] = (Identity, Family, Product, Price, Source)
MAKERS: dict[str, type[Model]] = {
    "accounts.open": Account,
    "relationships.link": Relationship,
    "changes.move": Relationship,
    "vouchers.issue": Voucher,
}


@dataclass(frozen=True, order=True)
class Step:
    """One thing that happened: a decision, a close or an issue of bills. In this order."""

    at: datetime
    number: int  # the decision's: orders what happened at one instant
    verb: str = field(compare=False)
    key: str = field(compare=False, default="")
    by: str = field(compare=False, default="")
    facts: Mapping[str, Any] = field(compare=False, default_factory=dict)
    made: int | None = field(compare=False, default=None)  # the row that it made


CLOSE, BILL = "close", "bill"


@dataclass(frozen=True)
class History:
    """What a group did up to an instant, and all that the rules need to do it again."""

    accounts: frozenset[int]
    until: datetime
    steps: tuple[Step, ...]
    tables: Mapping[type[Model], IO[bytes]]  # as COPY writes them
    usage_came_at: Mapping[datetime, int]  # where usage came at a step's instant: its decision

    def close(self) -> None:
        """Let go of the copied tables (contextlib.closing)."""
        for file in self.tables.values():
            file.close()


@contextmanager
def snapshot() -> Iterator[None]:
    """One instant of the books for all reads in the block. Locks nothing, writes nothing."""
    if connection.in_atomic_block:  # a test: its transaction is all there is
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def read(accounts: set[int], until: datetime) -> History:
    """The history of these accounts. To be called in a snapshot."""
    steps = sorted([*_decisions(accounts, until), *_closes(accounts, until), *_bills(until)])
    tables: dict[type[Model], IO[bytes]] = {model: _copied(model) for model in WHOLE}
    tables[UsageRecord] = _copied(UsageRecord, "WHERE owner_id = ANY(%s)", [list(accounts)])
    came = _usage_decisions({step.at for step in steps})
    return History(frozenset(accounts), until, tuple(steps), tables, came)


def columns(model: type[Model]) -> str:
    """The columns of a table, by name."""
    return ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)


_DECISIONS = """
SELECT id, verb, key, by, at, facts::text FROM finance_mgmt_decision
WHERE at <= %(until)s AND (verb = ANY(%(everybodys)s) OR (verb = ANY(%(verbs)s) AND (
    facts->>'account' = ANY(%(accounts)s) OR facts->>'master' = ANY(%(accounts)s)
    OR facts->>'member' = ANY(%(accounts)s) OR facts->>'owner' = ANY(%(accounts)s)
    OR (verb = 'accounts.open' AND facts->>'number' = ANY(%(accounts)s))
    OR facts->>'relationship' = ANY(%(relationships)s) OR facts->>'order' = ANY(%(orders)s)
    OR facts->>'voucher' = ANY(%(vouchers)s) OR facts->>'commitment' = ANY(%(commitments)s)
)))
"""


def _decisions(accounts: set[int], until: datetime) -> Iterator[Step]:
    numbers = Account.objects.filter(pk__in=accounts).values_list("number", flat=True)
    links = Relationship.objects.filter(member__in=accounts).values_list("pk", flat=True)
    wanted: dict[str, Any] = {
        "until": until,
        "everybodys": list(OF_EVERYBODY),
        "verbs": list(AGAIN),
        "accounts": list(numbers),
        "relationships": [str(pk) for pk in links],
        "orders": _named(Order, "number", accounts),
        "vouchers": _named(Voucher, "code", accounts),
        "commitments": _named(Commitment, "code", accounts),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DECISIONS, wanted)
        rows = cursor.fetchall()
    made = _made({row[0] for row in rows})
    for pk, verb, key, by, at, facts in rows:
        yield Step(at, pk, verb, key, by, json.loads(facts), made.get(pk))


def _named(model: Any, name: str, accounts: set[int]) -> list[str]:
    return list(model.objects.filter(owner__in=accounts).values_list(name, flat=True))


def _made(decisions: set[int]) -> dict[int, int]:
    """Which row a decision made, where others name it by its number."""
    found: dict[int, int] = {}
    for model in set(MAKERS.values()):
        rows = model._default_manager.filter(decision__in=decisions)
        found |= dict(rows.values_list("decision_id", "pk"))
    return found


# A close counts where one of the group's records was due in its window.
_CLOSES = """
SELECT run.asked_at, coalesce(decision.id, 0) FROM finance_mgmt_run run
LEFT JOIN finance_mgmt_decision decision ON decision.key = 'close ' || run.id || '/1'
WHERE run.kind = 'close' AND run.asked_at <= %(until)s AND EXISTS (
    SELECT 1 FROM billing_usagerecord record WHERE record.owner_id = ANY(%(accounts)s)
        AND record.due_at > (run.facts->>'after')::timestamptz
        AND record.due_at <= (run.facts->>'through')::timestamptz)
"""
_BILLS = """
SELECT run.asked_at, coalesce(decision.id, 0) FROM finance_mgmt_run run
LEFT JOIN finance_mgmt_decision decision
    ON decision.key = 'bill ' || left(run.facts->>'month', 7) || ' ' || run.id || '/1'
WHERE run.kind = 'bill' AND run.asked_at <= %(until)s
"""


def _closes(accounts: set[int], until: datetime) -> list[Step]:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSES, {"accounts": list(accounts), "until": until})
        return [Step(at, number, CLOSE) for at, number in cursor.fetchall()]


def _bills(until: datetime) -> list[Step]:
    with connection.cursor() as cursor:
        cursor.execute(_BILLS, {"until": until})
        return [Step(at, number, BILL) for at, number in cursor.fetchall()]


def _usage_decisions(instants: set[datetime]) -> dict[datetime, int]:
    verbs = ("usage.accept", "imports.receive", "imports.resolve")
    rows = Decision.objects.filter(verb__in=verbs, at__in=instants).order_by("-pk")
    return dict(rows.values_list("at", "pk"))  # the first one of each instant is read last


def _copied(model: type[Model], where: str = "", values: list[Any] | None = None) -> IO[bytes]:
    table = model._meta.db_table
    statement = f"COPY (SELECT {columns(model)} FROM {table} {where}) TO STDOUT (FORMAT binary)"
    file: IO[bytes] = SpooledTemporaryFile(KEPT_IN_MEMORY)  # noqa: SIM115 (lives as long as the history)
    with connection.cursor() as cursor, cursor.copy(statement, values) as copy:
        for block in copy:
            file.write(block)
    return file
