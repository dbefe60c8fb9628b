"""Files of usage in tests: the real ones of data/, and small ones made cell by cell."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from billing.focus import price_book
from billing.focus.reader import UsageFile
from billing.focus.records import Limits
from billing.models import AccountKey, Finding, Source, UsageImport
from billing.services import catalog, imports
from finance_mgmt.enums import Cycle
from finance_mgmt.models import Account
from finance_mgmt.services import runs

__all__ = ["Cycle", "price_book", "replace"]  # for tests that build price books

DATA = Path(settings.BASE_DIR) / "data"
FOCUS_FILE = DATA / "focus_1.0_sample_1000.csv"
TOKEN_FILE = DATA / "azure_llm_usage_10000.csv"
CONTROL = json.loads((DATA / "focus_1.0_sample_1000.totals.json").read_text())

LIMITS = Limits(bytes=10_000_000, rows=100_000, columns=200, cell_bytes=65_536)
RECEIVED_AT = datetime(2024, 9, 1, tzinfo=UTC)  # before any charge period of September ends
AT = datetime(2024, 11, 1, tzinfo=UTC)

# One good row; tests change single cells of it.
CELLS = {
    "BilledCost": "1.50",
    "BillingAccountId": '"M-1"',
    "BillingCurrency": '"USD"',
    "BillingPeriodEnd": '"2024-10-01 00:00:00"',
    "BillingPeriodStart": '"2024-09-01 00:00:00"',
    "ChargeCategory": '"Usage"',
    "ChargeClass": "NULL",
    "ChargeDescription": '"$0.50 per hour"',
    "ChargePeriodEnd": '"2024-09-18 23:00:00"',
    "ChargePeriodStart": '"2024-09-18 22:00:00"',
    "ConsumedQuantity": "3",
    "EffectiveCost": "0",
    "ListCost": "1.50",
    "ListUnitPrice": "0.50",
    "PricingQuantity": "3",
    "PricingUnit": '"Hours"',
    "ProviderName": '"AWS"',
    "RegionId": '"us-west-2"',
    "ResourceId": '"i-1"',
    "ServiceCategory": '"Compute"',
    "Id": "1",
    "ServiceName": '"EC2"',
    "SkuId": '"SKU1"',
    "SkuPriceId": '"SKU1.P1"',
    "SubAccountId": '"S-1"',
    "Tags": "NULL",
}


def focus(*rows: dict[str, str], columns: Iterable[str] | None = None, end: str = "\n") -> bytes:
    """A FOCUS file as bytes; each row is the good row with some raw cells changed."""
    names = list(columns or CELLS)
    lines = [",".join(names)]
    for number, changes in enumerate(rows, start=1):
        cells = {**CELLS, "Id": str(number), **changes}
        lines.append(",".join(cells[name] for name in names))
    return "".join(line + end for line in lines).encode()


def read(content: bytes, limits: Limits = LIMITS, **options) -> list:
    """All rows of a file."""
    return list(UsageFile(io.BytesIO(content), limits, **options))


def real_rows() -> list[dict[str, str]]:
    """The real file as the standard library reads it: a second opinion on our reader."""
    with FOCUS_FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(
    provider, content: bytes | Path, *, received_at: datetime = RECEIVED_AT, **options
) -> UsageImport:
    """Import a file through its run, as a worker does."""
    received = imports.receive(
        file_name="usage.csv",
        content=content if isinstance(content, Path) else [content],
        received_at=received_at,
        **options,
        **provider.said(AT),
    )
    run = runs.work(received.run_id, worker="test")
    assert run.state == "done", [step.error for step in run.steps.all()]
    received.refresh_from_db()
    return received


def report(usage_import: UsageImport) -> dict[str, object]:
    """State and counts of an import."""
    names = ("state", "rows_read", "rows_stored", "rows_known", "rows_parked", "rows_late")
    return {name: getattr(usage_import, name) for name in names}


def found(usage_import: UsageImport) -> list[tuple[int, str]]:
    """Row and code of each finding."""
    return list(usage_import.findings.values_list("row_number", "code"))


def finding(usage_import: UsageImport, code: str) -> Finding:
    """The one finding of a kind."""
    return usage_import.findings.get(code=code)


def small_world(provider, *, link: bool = True, **settings) -> tuple[Source, Account, Account]:
    """One source, one master and one member, as the good row names them."""
    source = catalog.ensure_source(code="aws", name="AWS", **settings, **provider.said())
    master = provider.account("HQ", currency="USD", credit_limit="1000")
    member = provider.account("A", currency="USD")
    for external_id, account in (("M-1", master), ("S-1", member)):
        catalog.name_account(
            source=source, external_id=external_id, account=account, **provider.said()
        )
    if link:
        provider.link(master, member)
    return source, master, member


def real_world(provider, **settings) -> dict[str, Source]:
    """The three sources of the real file, its masters and members, linked; no prices."""
    sources = {
        name: catalog.ensure_source(
            code=name.lower(),
            name=name,
            cycle=Cycle.DAY if name == "Microsoft" else Cycle.HOUR,
            quantity_column="ConsumedQuantity" if name == "Microsoft" else "PricingQuantity",
            **settings,
            **provider.said(),
        )
        for name in ("AWS", "Microsoft", "Oracle")
    }
    masters: dict[str, Account] = {}
    members: dict[str, Account] = {}
    for row in real_rows():
        source, payer = sources[row["ProviderName"]], row["BillingAccountId"]
        if payer not in masters:
            masters[payer] = provider.account(
                f"master-{len(masters)}", currency="USD", credit_limit="1000"
            )
            AccountKey.objects.create(source=source, external_id=payer, account=masters[payer])
        member = row["SubAccountId"]
        if member not in members:
            members[member] = provider.account(f"member-{len(members):02}", currency="USD")
            AccountKey.objects.create(source=source, external_id=member, account=members[member])
            provider.link(masters[payer], members[member])
    return sources


def real_prices(sources: dict[str, Source]) -> list[price_book.Entry]:
    """The price book hidden in the real file."""
    rows = read(FOCUS_FILE.read_bytes())
    return [
        price_book.entry(sources[row.provider].code, Cycle(sources[row.provider].cycle), row)
        for row in rows
    ]


def exact_sums(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Sums by key, without the zeros at their ends."""
    sums: dict[str, Decimal] = {}
    for key, amount in pairs:
        sums[key] = sums.get(key, Decimal(0)) + amount
    return sums
