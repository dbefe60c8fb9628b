"""Usage records come in, each key once (B2, C4): here from programs, from files in `imports`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.models.expressions import RawSQL

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import Cycle
from finance_mgmt.errors import FinanceError
from finance_mgmt.periods import Period
from finance_mgmt.services import decisions

from ..enums import RowStatus
from ..models import ClosedThrough, ImportedRow, Price, Source, UsageRecord
from . import usage_facts
from .usage_facts import Facts, NewUsage

__all__ = ["NewUsage", "RecordConflict", "UsageRefused", "accept", "hold_horizon", "lock_sources"]

MOST_REASONS = 100
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)

_COLUMNS = (
    "source_id, key, kind, owner_id, product_id, resource, starts_at, ends_at, quantity,"
    " given_amount, reason, period_start, period_end, received_at, is_late, due_at"
)


class RecordConflict(FinanceError):
    """A record key of the source is taken by a record that says something else (B2)."""

    code = "record_conflict"


class UsageRefused(FinanceError):
    """Records that nobody could charge. Nothing of the call was stored."""

    code = "usage_refused"


@dataclass(frozen=True)
class Horizon:
    """Where the books stood when a record was stored: decides when it is due (C4)."""

    received_at: datetime
    closed_through: datetime | None
    close_after: timedelta
    is_closing: bool = True  # False: history is loaded first, none of it is late (decision 7)

    @property
    def edge(self) -> datetime:
        """A record due up to this instant is late."""
        if not self.is_closing:
            return BEGINNING
        return max(self.received_at, self.closed_through or self.received_at)

    @property
    def late_due_at(self) -> datetime:
        """When a late record is due: when it came, but never where the books are closed."""
        if self.closed_through is None:
            return self.received_at
        return max(self.received_at, self.closed_through + timedelta(microseconds=1))

    def due(self, period_end: datetime) -> tuple[bool, datetime]:
        """Whether a record of the period is late, and when it is due."""
        due_at = period_end + self.close_after
        return (True, self.late_due_at) if due_at <= self.edge else (False, due_at)


_HOLD = "SELECT instant, started_at FROM billing_closedthrough FOR SHARE"


def hold_horizon(received_at: datetime) -> Horizon:
    """Keep the books from closing until this transaction ends, and say how far they are closed.

    Whoever stores records calls this before it writes the first one: a record is either seen by
    the close of its cycle or late, never lost between both.
    """
    if not connection.in_atomic_block:
        raise AssertionError("the horizon is held by the transaction that stores the records")
    with connection.cursor() as cursor:
        cursor.execute(_HOLD)
        row = cursor.fetchone()
        if row is None:  # a lock on a row that does not exist locks nothing: make it first
            ClosedThrough.objects.bulk_create([ClosedThrough()], ignore_conflicts=True)
            cursor.execute(_HOLD)
            row = cursor.fetchone()
    instant, started_at = row
    return Horizon(received_at, instant, ground.policy().close_after, started_at is not None)


def first_open_instant(at: datetime) -> datetime:
    """From when on a change made now can count: cycles that started before may be closed (C1).

    Only where a close was faster is it later than now. Keeps the books from closing further until
    this transaction ends: the next close sees the change.
    """
    return max(at, hold_horizon(at).closed_through or at)


def closed_since(account_ids: Collection[int], at: datetime) -> dict[int, dict[str, Any]]:
    """Of which accounts a cycle is closed already that began at the instant or later (C1).

    Only where a close was faster than whoever wants to change who pays. Keeps the books from
    closing further until this transaction ends: the next close sees the change.
    """
    horizon = hold_horizon(at)
    if horizon.closed_through is None or horizon.closed_through <= at:
        return {}
    closed = UsageRecord.objects.filter(
        owner_id__in=account_ids,
        due_at__gt=at,
        due_at__lte=horizon.closed_through,
        period_start__gte=at,
    )
    return {
        owner: {"closed_since": horizon.closed_through}
        for owner in closed.values_list("owner_id", flat=True).distinct()
    }


@transaction.atomic
def accept(
    records: Sequence[NewUsage], *, source: Source, key: str, by: str, at: datetime
) -> list[UsageRecord]:
    """Store records of a source, all or none. Returns them in the order given.

    A record key that the source used before with the same facts is the record of then, not a
    second one. Raises RecordConflict (B2) where the facts differ, UsageRefused where a product
    has no cycle or no price at the start of the charge period (P1), or an amount does not fit.
    """
    said = [(record.key, usage_facts.facts(record)) for record in records]
    sha256 = usage_facts.digest(said)
    facts = {"source": source.code, "records": len(records), "sha256": sha256}
    _, is_new = decisions.record(verb="usage.accept", facts=facts, key=key, by=by, at=at)
    if is_new:
        lock_sources([source.pk])
        wanted = _without_known(records, said, source)
        cut = _cut_periods(wanted)
        _refuse_unchargeable(wanted, cut)
        _copy(wanted, cut, source, hold_horizon(at))
    stored = _stored(records, source)
    return [stored[record.key] for record in records]


def lock_sources(source_ids: Iterable[int]) -> None:
    """Let nobody else store records of these sources until the transaction ends."""
    rows = Source.objects.select_for_update(no_key=True).filter(pk__in=set(source_ids))
    list(rows.order_by("pk").values_list("pk"))


def _without_known(
    records: Sequence[NewUsage], said: Sequence[tuple[str, Facts]], source: Source
) -> list[NewUsage]:
    """The records that are not yet stored, each key once. Raises RecordConflict."""
    stored = _stored(records, source)
    known = {key: usage_facts.facts_of(record) for key, record in stored.items()}
    reasons = [usage_facts.parked(key) for key in _parked_keys(records, source)]
    wanted = []
    for record, (key, facts) in zip(records, said, strict=True):
        if key not in known:
            wanted.append(record)
            known[key] = facts
        elif known[key] != facts:
            reasons.append(usage_facts.conflict(key, known[key], facts))
    if reasons:
        raise RecordConflict(reasons[:MOST_REASONS])
    return wanted


def _stored(records: Sequence[NewUsage], source: Source) -> dict[str, UsageRecord]:
    found = UsageRecord.objects.filter(source=source, key__in=_keys_of(records))
    return {record.key: record for record in found}


def _parked_keys(records: Sequence[NewUsage], source: Source) -> list[str]:
    rows = ImportedRow.objects.filter(
        source=source, key__in=_keys_of(records), status=RowStatus.PARKED
    )
    return list(rows.order_by("key").values_list("key", flat=True))


def _keys_of(records: Sequence[NewUsage]) -> RawSQL:
    """The keys as one parameter, however many there are."""
    return RawSQL("SELECT unnest(%s::text[])", [[record.key for record in records]])


def _cut_periods(records: Sequence[NewUsage]) -> dict[tuple[datetime, str], Period]:
    zone = ground.policy().zone
    wanted = {(r.starts_at, r.product.cycle) for r in records if r.product.cycle}
    return {
        (instant, cycle): periods.containing(instant, Cycle(cycle), zone)
        for instant, cycle in wanted
    }


def _refuse_unchargeable(
    records: Sequence[NewUsage], cut: dict[tuple[datetime, str], Period]
) -> None:
    products = {record.product.pk for record in records}
    priced = Price.objects.filter(product__in=products).order_by().values("product")
    ranges = priced.annotate(since=Min("effective_from"), highest=Max("unit_price"))
    rows = ranges.values_list("product", "since", "highest")
    prices = {product: (since, highest) for product, since, highest in rows}
    reasons = [
        reason
        for record in records
        if (
            reason := usage_facts.wrong(
                record,
                cut.get((record.starts_at, record.product.cycle)),
                *prices.get(record.product.pk, (None, None)),
            )
        )
    ]
    if reasons:
        raise UsageRefused(reasons[:MOST_REASONS])


def _copy(
    records: Sequence[NewUsage],
    cut: dict[tuple[datetime, str], Period],
    source: Source,
    horizon: Horizon,
) -> None:
    statement = f"COPY billing_usagerecord ({_COLUMNS}) FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as copy,
    ):
        for record in records:
            period = cut[record.starts_at, record.product.cycle]
            copy.write_row(
                (
                    source.pk,
                    record.key,
                    str(record.kind),
                    record.owner.pk,
                    record.product.pk,
                    record.resource,
                    record.starts_at,
                    record.ends_at or record.starts_at,
                    record.quantity,
                    record.given_amount,
                    record.reason,
                    period.start,
                    period.end,
                    horizon.received_at,
                    *horizon.due(period.end),
                )
            )
