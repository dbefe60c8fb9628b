"""What a person should know about a file: reasons to hold it, and remarks on what was stored."""

import json
from collections.abc import Iterator
from typing import Any

from finance_mgmt.money import plain

from ...models import Finding, UsageImport
from .verdicts import fetch

MOST_PER_CODE = 1000

_UNKNOWN_PROVIDERS = """
SELECT min(row_number), provider, count(*) FROM billing_stagedrow
WHERE usage_import_id = %(import)s AND reading = %(reading)s AND source_id IS NULL
GROUP BY provider ORDER BY 1
"""

_UNKNOWN_MASTERS = """
SELECT min(staged.row_number), source.code, staged.billing_account, count(*)
FROM import_verdict verdict JOIN billing_stagedrow staged ON staged.id = verdict.staged_id
JOIN billing_source source ON source.id = staged.source_id
WHERE verdict.master_id IS NULL AND staged.billing_account IS NOT NULL
GROUP BY source.code, staged.billing_account ORDER BY 1
"""

_DOUBLED_KEYS = """
SELECT min(row_number), key, array_agg(row_number ORDER BY row_number) FROM import_verdict
WHERE source_id IS NOT NULL GROUP BY source_id, key HAVING count(*) > 1 ORDER BY 1
LIMIT %(most)s
"""

_CONFLICTS = """
SELECT verdict.row_number, verdict.key, earlier.content, staged.content, upload.file_name,
    earlier.row_number
FROM import_verdict verdict JOIN billing_stagedrow staged ON staged.id = verdict.staged_id
JOIN billing_importedrow earlier ON earlier.id = verdict.earlier_id
JOIN billing_usageimport upload ON upload.id = earlier.usage_import_id
WHERE verdict.fate = 'conflict' ORDER BY verdict.row_number, verdict.key LIMIT %(most)s
"""

_TAKEN_KEYS = """
SELECT row_number, key FROM import_verdict WHERE fate = 'taken' ORDER BY row_number, key
LIMIT %(most)s
"""

_OTHER_CURRENCIES = """
SELECT min(verdict.row_number), account.number, account.currency, verdict.currency, count(*)
FROM import_verdict verdict
JOIN finance_mgmt_account account ON account.id IN (verdict.master_id, verdict.owner_id)
WHERE verdict.currency <> '' AND account.currency <> verdict.currency
GROUP BY 2, 3, 4 ORDER BY 1
"""

_NOT_LINKED = """
SELECT min(verdict.row_number), master.number, owner.number, count(*), min(staged.starts_at),
    max(staged.starts_at)
FROM import_verdict verdict JOIN billing_stagedrow staged ON staged.id = verdict.staged_id
JOIN finance_mgmt_account master ON master.id = verdict.master_id
JOIN finance_mgmt_account owner ON owner.id = verdict.owner_id
WHERE verdict.fate = 'new' AND verdict.owner_id <> verdict.master_id AND NOT EXISTS (
    SELECT 1 FROM finance_mgmt_relationship link
    WHERE link.member_id = verdict.owner_id AND link.master_id = verdict.master_id
        AND link.state IN ('scheduled', 'active', 'change_pending', 'ended')
        AND link.effective_from <= staged.starts_at
        AND (link.effective_to IS NULL OR link.effective_to > staged.starts_at)
)
GROUP BY 2, 3 ORDER BY 1
"""

_LIST_COSTS = """
SELECT staged.row_number, staged.key, staged.list_cost,
    staged.quantity * coalesce(verdict.unit_price, staged.list_unit_price)
FROM import_verdict verdict JOIN billing_stagedrow staged ON staged.id = verdict.staged_id
WHERE verdict.fate = 'new' AND abs(staged.list_cost
    - staged.quantity * coalesce(verdict.unit_price, staged.list_unit_price)) > 1e-9
ORDER BY 1 LIMIT %(most)s
"""

_OUTSIDE = """
SELECT staged.row_number, staged.key, staged.starts_at, staged.billing_start, staged.billing_end
FROM import_verdict verdict JOIN billing_stagedrow staged ON staged.id = verdict.staged_id
WHERE verdict.fate = 'new' AND CASE WHEN %(side)s = 'before'
    THEN staged.starts_at < staged.billing_start ELSE staged.starts_at >= staged.billing_end END
ORDER BY 1 LIMIT %(most)s
"""

_MOST = {"most": MOST_PER_CODE + 1}

Told = Iterator[tuple[int, str, dict[str, Any]]]


def reasons_to_hold(usage_import: UsageImport, facts: dict[str, Any]) -> list[Finding]:
    """Why nothing of the file may be stored; empty: nothing stands against it."""
    expected = usage_import.run.facts["expected"] or {}
    return [
        *_found(usage_import, "unknown_provider", _unknown_providers(facts)),
        *_found(usage_import, "unknown_billing_account", _unknown_masters()),
        *_found(usage_import, "other_currency", _other_currencies()),
        *_found(usage_import, "duplicate_key", _doubled_keys()),
        *_found(usage_import, "conflict", _conflicts()),
        *_found(usage_import, "key_taken", _taken_keys()),
        *_found(usage_import, "control_figure", _control_figures(usage_import, expected)),
    ]


def remarks(usage_import: UsageImport) -> list[Finding]:
    """What to know about the rows that are stored or parked now."""
    return [
        *_found(usage_import, "not_linked", _not_linked()),
        *_found(usage_import, "list_cost_differs", _list_costs()),
        *_found(usage_import, "before_billing_period", _outside("before")),
        *_found(usage_import, "after_billing_period", _outside("after")),
    ]


def _found(usage_import: UsageImport, code: str, told: Told) -> list[Finding]:
    """The findings of one kind, cut off at MOST_PER_CODE with a line that says so."""
    found = []
    for count, (row_number, message, facts) in enumerate(told):
        if count == MOST_PER_CODE:
            message = f"There are more findings of this kind; the first {count} are listed."
            row_number, facts = 0, {"listed": count}
        found.append(
            Finding(
                usage_import=usage_import,
                row_number=row_number,
                code=code,
                message=message,
                facts=facts,
            )
        )
        if count == MOST_PER_CODE:
            break
    return found


def _unknown_providers(facts: dict[str, Any]) -> Told:
    for row, provider, rows in fetch(_UNKNOWN_PROVIDERS, facts):
        text = f"No source has the provider name {provider!r} ({rows} rows). Make one first."
        yield row, text, {"provider": provider, "rows": rows}


def _unknown_masters() -> Told:
    for row, source, account, rows in fetch(_UNKNOWN_MASTERS):
        text = f"BillingAccountId {account!r} of {source} is none of our accounts ({rows} rows)."
        yield row, text, {"source": source, "billing_account": account, "rows": rows}


def _other_currencies() -> Told:
    for row, number, ours, theirs, rows in fetch(_OTHER_CURRENCIES):
        text = f"Account {number} is kept in {ours}; {rows} rows are in {theirs}."
        yield row, text, {"account": number, "currency": ours, "found": theirs, "rows": rows}


def _doubled_keys() -> Told:
    for row, key, rows in fetch(_DOUBLED_KEYS, _MOST):
        text = f"Record key {key!r} stands in several rows: {', '.join(map(str, rows[:20]))}."
        yield row, text, {"key": key, "rows": rows[:20]}


def _conflicts() -> Told:
    for row, key, old_content, new_content, file_name, old_row in fetch(_CONFLICTS, _MOST):
        old, new = _loaded(old_content), _loaded(new_content)
        for column in sorted(old.keys() | new.keys()):
            if (was := old.get(column)) != (now := new.get(column)):
                facts = {"key": key, "column": column, "old": was, "new": now}
                yield (
                    row,
                    f"Row {row} says {column} {now!r}; it was stored as {was!r} from"
                    f" {file_name}, row {old_row}.",
                    facts | {"stored_from": file_name, "stored_row": old_row},
                )


def _taken_keys() -> Told:
    for row, key in fetch(_TAKEN_KEYS, _MOST):
        text = f"Record key {key!r} is taken by a record that did not come from a file."
        yield row, text, {"key": key}


def _control_figures(usage_import: UsageImport, expected: dict[str, Any]) -> Told:
    read = usage_import.reading
    figures = [("rows", expected.get("rows"), read["rows"])]
    figures.append(("sha256", expected.get("sha256"), usage_import.sha256))
    totals: dict[str, str] = expected.get("totals") or {}
    if totals:
        figures += [
            (f"BilledCost {currency}", totals.get(currency, "0"), read["totals"].get(currency, "0"))
            for currency in sorted(totals.keys() | read["totals"].keys())
        ]
    for name, wanted, found in figures:
        if wanted is not None and wanted != found:
            text = f"{name}: {wanted} was announced, the file has {found}."
            yield 0, text, {"figure": name, "expected": wanted, "found": found}


def _not_linked() -> Told:
    for row, master, owner, rows, first, last in fetch(_NOT_LINKED):
        text = (
            f"The file bills {owner} to {master} ({rows} rows), but they were not linked then."
            " Our relationships decide who pays."
        )
        facts = {"master": master, "owner": owner, "rows": rows}
        yield row, text, facts | {"first": first.isoformat(), "last": last.isoformat()}


def _list_costs() -> Told:
    for row, key, listed, rated in fetch(_LIST_COSTS, _MOST):
        text = f"ListCost is {plain(listed)}; quantity times unit price is {plain(rated)}."
        yield row, text, {"key": key, "list_cost": plain(listed), "rated": plain(rated)}


def _outside(side: str) -> Told:
    for row, key, starts_at, begin, end in fetch(_OUTSIDE, _MOST | {"side": side}):
        text = (
            f"Used at {starts_at:%Y-%m-%d %H:%M}, {side} its billing period"
            f" {begin:%Y-%m-%d} to {end:%Y-%m-%d} (UTC). Its own charge period decides."
        )
        yield row, text, {"key": key, "starts_at": starts_at.isoformat()}


def _loaded(content: str | dict[str, str]) -> dict[str, str]:
    return json.loads(content) if isinstance(content, str) else content
