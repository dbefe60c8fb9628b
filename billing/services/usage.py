"""Usage records come in, each key once (B2, C4): here from programs, from files in `imports`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min
from django.db.models.expressions import RawSQL

from finance_mgmt import queries as ground
from finance_mgmt.errors import FinanceError
from finance_mgmt.periods import Period
from finance_mgmt.services import decisions

from ..models import Price, Source, UsageRecord
from . import usage_facts, usage_rows
from .horizon import Horizon, hold_horizon
from .usage_facts import NewUsage
from .usage_rows import Stored

__all__ = [
    "Horizon",
    "NewUsage",
    "RecordConflict",
    "Stored",
    "UsageRefused",
    "accept",
    "hold_horizon",
    "lock_sources",
    "store",
]

MOST_REASONS = 100

# Values, not joins: whatever the planner expects, it looks up each key. OFFSET keeps it from
# looking up twice what it finds.
_TAKEN = """
SELECT key, is_stored, is_parked FROM (
    SELECT DISTINCT key,
        (SELECT true FROM billing_usagerecord record
         WHERE record.source_id = %(source)s AND record.key = said.key) AS is_stored,
        (SELECT imported.status = 'parked' FROM billing_importedrow imported
         WHERE imported.source_id = %(source)s AND imported.key = said.key) AS is_parked
    FROM unnest(%(keys)s::text[]) said (key) OFFSET 0
) found
WHERE is_stored OR is_parked ORDER BY key
"""


class RecordConflict(FinanceError):
    """A record key of the source is taken by a record that says something else (B2)."""

    code = "record_conflict"


class UsageRefused(FinanceError):
    """Records that nobody could charge. Nothing of the call was stored."""

    code = "usage_refused"


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
    """`store`, for those who want the rows themselves. Returns them in the order given."""
    store(records, source=source, key=key, by=by, at=at)
    stored = _stored(records, source)
    return [stored[record.key] for record in records]


@transaction.atomic
def store(
    records: Sequence[NewUsage], *, source: Source, key: str, by: str, at: datetime
) -> dict[str, Stored]:
    """Store records of a source, all or none. Returns what became of each, by its key.

    A record key that the source used before with the same facts is the record of then, not a
    second one. Raises RecordConflict (B2) where the facts differ, UsageRefused where a product
    has no cycle or no price at the start of the charge period (P1), or an amount does not fit.
    """
    said = [usage_facts.said(record) for record in records]
    sha256 = usage_facts.digest(said)
    facts = {"source": source.code, "records": len(records), "sha256": sha256}
    _, is_new = decisions.record(verb="usage.accept", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return _as_known(_stored(records, source))
    lock_sources([source.pk])
    known, parked = _taken(records, source)
    wanted = _without_known(records, said, known, parked)
    cut = _cut_periods(wanted)
    _refuse_unchargeable(wanted, cut)
    metered = [period for period in cut if period]  # all of them: others are refused
    written, made = usage_rows.lines(wanted, metered, source, hold_horizon(at))
    _copy(written)
    return _as_known(known) | made


def lock_sources(source_ids: Iterable[int]) -> None:
    """Let nobody else store records of these sources until the transaction ends."""
    rows = Source.objects.select_for_update(no_key=True).filter(pk__in=set(source_ids))
    list(rows.order_by("pk").values_list("pk"))


def _without_known(
    records: Sequence[NewUsage],
    said: Sequence[str],
    known: Mapping[str, UsageRecord],
    parked: Iterable[str],
) -> list[NewUsage]:
    """The records that are not yet stored, each key once. Raises RecordConflict."""
    told = {key: usage_facts.said_by(record) for key, record in known.items()}
    reasons = [usage_facts.parked(key) for key in parked]
    wanted = []
    for record, text in zip(records, said, strict=True):
        if record.key not in told:
            wanted.append(record)
            told[record.key] = text
        elif told[record.key] != text:
            reasons.append(usage_facts.conflict(record.key, told[record.key], text))
    if reasons:
        raise RecordConflict(reasons[:MOST_REASONS])
    return wanted


def _taken(
    records: Sequence[NewUsage], source: Source
) -> tuple[dict[str, UsageRecord], Sequence[str]]:
    """The records whose keys are stored already, by key, and the keys that wait as parked rows."""
    with connection.cursor() as cursor:
        keys = [record.key for record in records]
        cursor.execute(_TAKEN, {"source": source.pk, "keys": keys})
        taken = cursor.fetchall()
    is_stored = {key for key, is_stored, _ in taken if is_stored}
    known = _stored([one for one in records if one.key in is_stored], source) if is_stored else {}
    return known, [key for key, _, is_parked in taken if is_parked]


def _stored(records: Sequence[NewUsage], source: Source) -> dict[str, UsageRecord]:
    """The rows of records, by key."""
    keys = RawSQL("SELECT unnest(%s::text[])", [[record.key for record in records]])  # as one value
    return {
        record.key: record for record in UsageRecord.objects.filter(source=source, key__in=keys)
    }


def _as_known(records: Mapping[str, UsageRecord]) -> dict[str, Stored]:
    return {key: Stored(one.pk, is_known=True, is_late=one.is_late) for key, one in records.items()}


def _cut_periods(records: Sequence[NewUsage]) -> list[Period | None]:
    """The charge period of each record; None: its product has no cycle."""
    calendar = usage_rows.Calendar(ground.policy().zone)
    return [calendar.period(one.starts_at, one.product.cycle) for one in records]


def _copy(written: Sequence[str]) -> None:
    usage_rows.copy(written)


def _refuse_unchargeable(records: Sequence[NewUsage], cut: Sequence[Period | None]) -> None:
    products = {record.product.pk for record in records}
    priced = Price.objects.filter(product__in=products).order_by().values("product")
    ranges = priced.annotate(since=Min("effective_from"), highest=Max("unit_price"))
    rows = ranges.values_list("product", "since", "highest")
    prices = {product: (since, highest) for product, since, highest in rows}
    unpriced = (None, None)
    reasons = [
        reason
        for record, period in zip(records, cut, strict=True)
        if (reason := usage_facts.wrong(record, period, *prices.get(record.product.pk, unpriced)))
    ]
    if reasons:
        raise UsageRefused(reasons[:MOST_REASONS])
