"""The price list hidden in a file (FOCUS.md 1.3)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.focus import price_book
from finance_mgmt.enums import Cycle
from tests.billing.files import FOCUS_FILE, focus, read, real_rows


def test_an_entry_says_all_that_a_product_needs():
    (row,) = read(focus({}))
    assert price_book.entry("aws", Cycle.DAY, row) == price_book.Entry(
        source="aws",
        code="aws-sku1-67a4e3f311a7",
        name="$0.50 per hour",
        service="EC2",
        family="Compute",
        cycle=Cycle.HOUR,
        unit="Hours",
        region="us-west-2",
        unit_price=Decimal("0.5"),
        listed_from=datetime(2024, 9, 1, tzinfo=UTC),
        first_used_at=datetime(2024, 9, 18, 22, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"SkuId": "SKU2"},
        {"SkuPriceId": "NULL"},
        {"RegionId": "us-east-1"},
        {"ChargeDescription": '"another"'},
        {"PricingUnit": "GB"},
    ],
)
def test_what_makes_another_product(changes):
    one, other = (price_book.product_code("aws", row) for row in read(focus({}, changes)))
    assert one != other


def test_what_does_not_make_another_product():
    changes = {"ListUnitPrice": "9", "ServiceName": "EBS", "ServiceCategory": "Storage"}
    changes |= {"ResourceId": "i-2", "SubAccountId": "S-2", "BilledCost": "3"}
    one, other = (price_book.product_code("aws", row) for row in read(focus({}, changes)))
    assert one == other


def test_the_real_file_has_272_entries_one_without_a_price():
    """Oddities 7 and 9: an empty SkuPriceId for four prices, one service in two categories."""
    rows = read(FOCUS_FILE.read_bytes())
    entries = [price_book.entry(row.provider.lower(), Cycle.HOUR, row) for row in rows]
    book = price_book.collect(entries)
    assert len({entry.code for entry in entries}) == 272
    assert (len(book), [entry.name[:4] for entry in book if entry.unit_price is None]) == (
        272,
        ["AWS "],
    )
    assert {row["ProviderName"]: set() for row in real_rows()}.keys() == {
        "AWS",
        "Microsoft",
        "Oracle",
    }
    cycles = {(entry.source, entry.cycle) for entry in entries}
    assert cycles == {("aws", "hour"), ("microsoft", "day"), ("oracle", "hour")}


@pytest.mark.parametrize(
    ("length", "cycle"),
    [
        (timedelta(minutes=1), Cycle.MINUTE),
        (timedelta(hours=1), Cycle.HOUR),
        (timedelta(days=1), Cycle.DAY),
        (timedelta(days=7), Cycle.WEEK),
        (timedelta(days=30), Cycle.MONTH),
        (timedelta(hours=2), Cycle.WEEK),
        (timedelta(0), Cycle.WEEK),
    ],
)
def test_cycle_of_a_length(length, cycle):
    assert price_book.cycle_of(length, Cycle.WEEK) == cycle


def test_family_codes_stay_apart():
    names = ("Compute", "AI and ML", "计算", "存储")
    assert [price_book.family_code(name) for name in names] == [
        "compute",
        "ai-and-ml",
        "x-e4497640",
        "x-a3434acd",
    ]
