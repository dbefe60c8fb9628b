"""From the file to staging, in chunks. Safe to run again: it starts by removing what it left."""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import Cycle, RunState
from finance_mgmt.models import RunStep
from finance_mgmt.money import EXACT, ZERO, plain
from finance_mgmt.services import runs
from finance_mgmt.services.checkpoints import checkpoint

from ...enums import ImportMode, ImportState, QuantityColumn
from ...focus import price_book
from ...focus.reader import UsageFile
from ...focus.records import Limits
from ...focus.refusals import Problem, RefusedFile
from ...focus.rows import Dialect, Row
from ...models import Finding, Product, Source, StagedRow, UsageImport

CHUNK_ROWS = 5000
MOST_FINDINGS = 1000

_JSON = json.JSONEncoder(ensure_ascii=False)  # made once: making one costs more than using it

_COLUMNS = (
    "usage_import_id, reading, row_number, source_id, key, provider, billing_account, sub_account,"
    " currency, category, is_rerated, product_code, cycle, starts_at, ends_at, period_start,"
    " period_end, billing_start, billing_end, quantity, billed_cost, list_unit_price, list_cost,"
    " content"
)

# What `verdicts` joins and groups by; not the content, which takes most of the time.
_ANALYZE = """
ANALYZE billing_stagedrow (id, usage_import_id, reading, source_id, key, billing_account,
    sub_account, currency, category, is_rerated, product_code, period_start)
"""


def read_step(step: RunStep, *, by: str, at: datetime) -> None:
    """Read the step's file into staging. A file that can't be read is marked so, with findings."""
    usage_import = _start_over(step)
    limits = Limits(**settings.IMPORT_LIMITS)
    staging = Staging(usage_import, step, step.run.facts["mode"])
    try:
        with (Path(settings.MEDIA_ROOT) / usage_import.stored_as).open("rb") as stream:
            file = UsageFile(stream, limits, staging.dialects)
            rows = iter(file)
            while chunk := list(islice(rows, CHUNK_ROWS)):
                staging.copy(chunk)
                runs.progress(step, file.bytes_read)
        if file.sha256 != usage_import.sha256:
            raise RefusedFile([Problem("file_changed", "The stored file was changed since.")])
    except RefusedFile as refused:
        _refuse(step, refused)
        return
    staging.finish()
    checkpoint("import-staged")


def dialect_of(source: Source) -> Dialect:
    """How the source writes its files."""
    return Dialect(frozenset(source.null_words.split()), source.times_are_utc)


class GivenUp(Exception):
    """Another worker has taken this step over; what this one still does is of no use."""


class Staging:
    """Turns rows into staged rows: whose source, which product, which charge period."""

    def __init__(self, usage_import: UsageImport, step: RunStep, mode: str | None) -> None:
        self._import = usage_import
        self._step = step
        self._mode = mode
        self._sources = {source.name: source for source in Source.objects.all() if source.name}
        self._zone = ground.policy().zone
        self._cycles: dict[str, Cycle] = {}
        self._rows = 0
        self._totals: dict[str, Decimal] = {}
        self._findings: list[Finding] = []

    @property
    def dialects(self) -> dict[str, Dialect]:
        """By the provider's name in files."""
        return {name: dialect_of(source) for name, source in self._sources.items()}

    def copy(self, rows: Sequence[Row]) -> None:
        """Write a chunk of rows to the staging table."""
        coded = [(row, *self._source_and_code(row)) for row in rows]
        self._learn_cycles(coded)
        statement = f"COPY billing_stagedrow ({_COLUMNS}) FROM STDIN"
        with (
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy(statement) as copy,
        ):
            for row, source, code in coded:
                copy.write_row(self._staged(row, source, code))
        self._count(rows)

    def finish(self) -> None:
        """Note what was read, for `store_step` to compare with."""
        totals = {currency: plain(total) for currency, total in sorted(self._totals.items())}
        with transaction.atomic():
            _require_claim(self._step)
            Finding.objects.bulk_create(self._findings)
            UsageImport.objects.filter(pk=self._import.pk).update(
                reading={
                    "by": self._step.claimed_by,
                    "rows": self._rows,
                    "totals": totals,
                    "zone": self._zone.key,
                }
            )
        with connection.cursor() as cursor:
            cursor.execute(_ANALYZE)

    def _source_and_code(self, row: Row) -> tuple[Source | None, str]:
        source = self._sources.get(row.provider)
        return source, price_book.product_code(source.code, row) if source else ""

    def _learn_cycles(self, coded: Sequence[tuple[Row, Source | None, str]]) -> None:
        new = {code for _, source, code in coded if source and code not in self._cycles}
        stored = Product.objects.filter(code__in=new).exclude(cycle="").values_list("code", "cycle")
        self._cycles |= {code: Cycle(cycle) for code, cycle in stored}
        for row, source, code in coded:
            if source and code not in self._cycles:
                length = row.ends_at - row.starts_at
                self._cycles[code] = price_book.cycle_of(length, Cycle(source.cycle))

    def _staged(self, row: Row, source: Source | None, code: str) -> tuple[object, ...]:
        cycle = self._cycles.get(code, Cycle.HOUR)
        period = _containing(row.starts_at, cycle, self._zone)
        return (
            self._import.pk,
            self._step.claimed_by,
            row.number,
            source and source.pk,
            row.key,
            row.provider,
            row.billing_account,
            row.sub_account,
            row.currency,
            row.category,
            self._is_rerated(row, source),
            code,
            str(cycle),
            row.starts_at,
            row.ends_at,
            period.start,
            period.end,
            row.billing_start,
            row.billing_end,
            priced_quantity(row, source) if source else None,
            row.billed_cost,
            row.list_unit_price,
            row.list_cost,
            _JSON.encode(row.content),
        )

    def _is_rerated(self, row: Row, source: Source | None) -> bool:
        return is_rerated(row, self._mode or (source.mode if source else ""))

    def _count(self, rows: Sequence[Row]) -> None:
        self._rows += len(rows)
        for row in rows:
            if row.billed_cost is not None:
                total = self._totals.get(row.currency, ZERO)
                self._totals[row.currency] = EXACT.add(total, row.billed_cost)
        self._findings += islice(
            (self._bad_tags(row) for row in rows if not _is_json(row.get("Tags"))),
            MOST_FINDINGS - len(self._findings),
        )

    def _bad_tags(self, row: Row) -> Finding:
        return Finding(
            usage_import=self._import,
            row_number=row.number,
            code="tags_not_json",
            message="The tags are no JSON. They are kept as text.",
            facts={"key": row.key},
        )


def is_rerated(row: Row, mode: str) -> bool:
    """Whether our price decides what the row costs, not the amount in the file."""
    return row.category == "Usage" and (row.billed_cost is None or mode == ImportMode.RE_RATE)


def priced_quantity(row: Row, source: Source) -> Decimal | None:
    """The quantity that the source's price is meant for."""
    is_consumed = source.quantity_column == QuantityColumn.CONSUMED
    return row.consumed_quantity if is_consumed else row.pricing_quantity


def clear_staging(usage_import: UsageImport) -> None:
    """Remove the import's staged rows, and what given-up workers left of finished imports."""
    finished = UsageImport.objects.filter(
        state__in=[ImportState.STORED, ImportState.HELD, ImportState.FAILED]
    )
    StagedRow.objects.filter(
        Q(usage_import_id=usage_import.pk) | Q(usage_import_id__in=finished.values("pk"))
    ).delete()


@transaction.atomic
def _start_over(step: RunStep) -> UsageImport:
    _require_claim(step)
    usage_import = UsageImport.objects.get(run=step.run_id)
    clear_staging(usage_import)
    usage_import.findings.all().delete()
    usage_import.state = ImportState.READING
    usage_import.reading = {}
    usage_import.save(update_fields=["state", "reading"])
    return usage_import


@transaction.atomic
def _refuse(step: RunStep, refused: RefusedFile) -> None:
    usage_import = _start_over(step)
    Finding.objects.bulk_create(
        Finding(
            usage_import=usage_import,
            row_number=problem.row,
            code=problem.code,
            message=problem.sentence,
            facts={"line": problem.line, "column": problem.column},
        )
        for problem in refused.problems
    )
    usage_import.state = ImportState.FAILED
    usage_import.save(update_fields=["state"])


def _require_claim(step: RunStep) -> None:
    """Let a worker that was given up (and has woken again) touch nothing of its successor."""
    current = RunStep.objects.select_for_update().get(pk=step.pk)
    if current.state != RunState.RUNNING or current.claimed_by != step.claimed_by:
        raise GivenUp(f"step {step.pk} is {current.claimed_by or 'nobody'}'s by now")


@lru_cache(maxsize=1_000)  # resources carry the same tags hour by hour
def _is_json(text: str) -> bool:
    if not text:
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=50_000)
def _containing(instant: datetime, cycle: Cycle, zone: ZoneInfo) -> periods.Period:
    return periods.containing(instant, cycle, zone)
