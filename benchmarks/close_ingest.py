"""Taking in usage as programs send it, against a bare COPY of the same rows into the same table."""

from datetime import timedelta
from decimal import Decimal
from statistics import median

from django.db import connection

from benchmarks import close, scratch
from benchmarks.close_world import SINCE
from billing.models import Product, Source
from billing.services import usage
from billing.services.usage import NewUsage
from finance_mgmt.models import Account

RECORDS, AT_ONCE = 50_000, 10_000

COLUMNS = (
    "source_id, key, kind, owner_id, product_id, resource, starts_at, ends_at, quantity, reason,"
    " period_start, period_end, received_at, is_late, due_at"
)


def measure(*, rounds: int) -> dict[str, str]:
    """Rows per second of the service, in parts of those of COPY; all on fresh copies."""
    reached = median(_round() for _ in range(rounds))
    return {
        f"taking in {RECORDS:,} records >= 0.4 of COPY": close.verdict(reached, 0.4, is_most=False)
    }


def _round() -> float:
    with scratch.database(f"{scratch.OWN}_ingest", scratch.LOADED):
        records = _records()
        source = Source.objects.create(code="ingest")
        taken = close.timed(lambda: _accept(records, source))
        rows = _stored(source)
    with scratch.database(f"{scratch.OWN}_copy", scratch.LOADED):
        Source.objects.create(pk=source.pk, code="ingest")
        copied = close.timed(lambda: _copy(rows))
    return copied / taken


def _records() -> list[NewUsage]:
    accounts, products = list(Account.objects.order_by("pk")), list(Product.objects.order_by("pk"))
    return [
        NewUsage(
            key=f"new-{number}",
            owner=accounts[number % len(accounts)],
            product=products[number % len(products)],
            quantity=Decimal(1 + number % 97) / 8,
            starts_at=SINCE + timedelta(days=200, seconds=number),
        )
        for number in range(RECORDS)
    ]


def _accept(records: list[NewUsage], source: Source) -> None:
    at = SINCE + timedelta(days=200)
    for start in range(0, len(records), AT_ONCE):
        some = records[start : start + AT_ONCE]
        usage.accept(some, source=source, key=f"bench {start}", by="bench", at=at)


def _stored(source: Source) -> bytes:
    question = f"COPY (SELECT {COLUMNS} FROM billing_usagerecord WHERE source_id = {source.pk})"
    with connection.cursor() as cursor, cursor.copy(f"{question} TO STDOUT") as copy:
        return b"".join(map(bytes, copy))


def _copy(rows: bytes) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY billing_usagerecord ({COLUMNS}) FROM STDIN") as copy,
    ):
        copy.write(rows)
