"""The whole file or nothing: staged rows become records, or the file is held and says why."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from finance_mgmt import queries as ground
from finance_mgmt.enums import Cycle
from finance_mgmt.models import RunStep
from finance_mgmt.money import EXACT, ZERO, plain
from finance_mgmt.services.checkpoints import checkpoint

from ...enums import ImportState
from ...focus import price_book
from ...focus.rows import from_content
from ...models import Finding, Source, UsageImport
from .. import catalog, usage
from . import findings, verdicts
from .reading import clear_staging, dialect_of

FATES = ("stored", "known", "parked")


class ReadingOutdated(Exception):
    """What was staged is gone or no longer fits: the step has to read the file again."""


def store_step(step: RunStep, *, by: str, at: datetime) -> dict[str, Any]:
    """Store the file that `read_step` staged, or hold it. In the step's own transaction.

    Returns the report. Raises ReadingOutdated where the file must be read again.
    """
    usage_import = UsageImport.objects.select_for_update(of=("self",)).get(run=step.run_id)
    if usage_import.state == ImportState.FAILED:
        return {"state": str(usage_import.state)}
    facts = {"import": usage_import.pk, "reading": step.claimed_by}
    usage.lock_sources(_require_reading(usage_import, facts))
    verdicts.judge(facts)
    compared, matching, largest = verdicts.rerating(facts)
    usage_import.rows_read = usage_import.reading["rows"]
    usage_import.rerating = {
        "compared": compared,
        "matching": matching,
        "largest_difference": plain(largest),
    }
    reasons = findings.reasons_to_hold(usage_import, facts)
    if reasons:
        _hold(usage_import, reasons)
    else:
        _store(usage_import, facts)
    clear_staging(usage_import)
    verdicts.drop()
    checkpoint("import-stored")
    return _report(usage_import)


def _require_reading(usage_import: UsageImport, facts: dict[str, Any]) -> list[int]:
    """The sources of a complete reading. Staging is not crash-safe; other workers come between."""
    reading, zone = usage_import.reading, ground.policy().zone.key
    if (reading.get("by"), reading.get("zone")) != (facts["reading"], zone):
        raise ReadingOutdated(f"import {usage_import.pk} was read by {reading.get('by')}")
    found, sources = verdicts.staged(facts)
    if found != reading["rows"]:
        raise ReadingOutdated(f"{found} of {reading['rows']} staged rows are left")
    return sources


def _hold(usage_import: UsageImport, reasons: list[Finding]) -> None:
    Finding.objects.bulk_create(reasons)
    usage_import.state = ImportState.HELD
    usage_import.totals = {
        currency: {"BilledCost": {"read": total}}
        for currency, total in usage_import.reading["totals"].items()
    }
    usage_import.save()


def _store(usage_import: UsageImport, facts: dict[str, Any]) -> None:
    catalog.ensure_products(_missing_products())
    if verdicts.outdated(facts):
        raise ReadingOutdated("the cycle of a product was changed since the file was read")
    remarks = findings.remarks(usage_import)
    counts, totals = _tally(usage_import)
    horizon = usage.hold_horizon(usage_import.received_at)
    stored, late, parked = verdicts.store(
        facts
        | {
            "received_at": horizon.received_at,
            "close_after": horizon.close_after,
            "edge": horizon.edge,
            "late_due_at": horizon.late_due_at,
        }
    )
    if (stored, parked) != (counts["stored"], counts["parked"]):
        raise AssertionError(f"{stored}, {parked} rows were written instead of {counts}")
    Finding.objects.bulk_create(remarks)
    usage_import.rows_stored = counts["stored"]
    usage_import.rows_known = counts["known"]
    usage_import.rows_parked = counts["parked"]
    usage_import.rows_late = late
    usage_import.totals = totals
    usage_import.state = ImportState.STORED
    usage_import.save()


def _missing_products() -> list[price_book.Entry]:
    sources = Source.objects.in_bulk()
    entries = []
    for source_id, number, content in verdicts.missing_products():
        source = sources[source_id]
        loaded = json.loads(content) if isinstance(content, str) else content
        row = from_content(loaded, dialect_of(source), number)
        entries.append(price_book.entry(source.code, Cycle(source.cycle), row))
    return entries


def _tally(usage_import: UsageImport) -> tuple[dict[str, int], dict[str, Any]]:
    """Rows by fate and the sums of BilledCost by currency, both proven to be all that was read."""
    counts = dict.fromkeys(FATES, 0)
    read = {currency: Decimal(total) for currency, total in usage_import.reading["totals"].items()}
    sums = {currency: dict.fromkeys(FATES, ZERO) for currency in read}
    for currency, fate, rows, amount in verdicts.tally():
        counts[fate] += rows
        if amount is not None:
            sums[currency][fate] = amount
    if sum(counts.values()) != usage_import.rows_read:
        raise AssertionError(f"{counts} are not the {usage_import.rows_read} rows read")
    for currency, parts in sums.items():
        total = ZERO
        for part in parts.values():
            total = EXACT.add(total, part)
        if total != read[currency]:
            raise AssertionError(f"{currency}: {parts} do not sum to {read[currency]}")
    return counts, {
        currency: {
            "BilledCost": {"read": plain(read[currency])}
            | {fate: plain(part) for fate, part in parts.items()}
        }
        for currency, parts in sums.items()
    }


def _report(usage_import: UsageImport) -> dict[str, Any]:
    return {
        "state": str(usage_import.state),
        "rows_read": usage_import.rows_read,
        "rows_stored": usage_import.rows_stored,
        "rows_known": usage_import.rows_known,
        "rows_parked": usage_import.rows_parked,
        "rows_late": usage_import.rows_late,
        "totals": usage_import.totals,
        "rerating": usage_import.rerating,
    }
