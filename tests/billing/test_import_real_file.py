"""The real file: 1,000 rows, three providers, 73 members (FOCUS.md 1, RELIABILITY B1-B4, B21)."""

from collections import Counter
from decimal import Decimal

import pytest
from django.apps import apps

from billing.models import AccountKey, ImportedRow, Price, Product, UsageRecord
from billing.services import catalog
from billing.services.imports import Expected
from tests.billing import files

WHOLE = {
    "state": "stored",
    "rows_read": 1000,
    "rows_stored": 999,
    "rows_known": 0,
    "rows_parked": 1,
    "rows_late": 0,
}
ALL_MATCH = {"compared": 999, "matching": 999, "largest_difference": "0.00000000005"}
LATE_ROW = (945, "before_billing_period")


def sums_by_member(column: str) -> dict[str, Decimal]:
    """What was stored and parked, by the member's id in the file."""
    rows = ImportedRow.objects.values_list("content__SubAccountId", f"content__{column}")
    return files.exact_sums((member, Decimal(text or "0")) for member, text in rows)


def control(column: str) -> dict[str, Decimal]:
    return {
        member: Decimal(figures[column])
        for member, figures in files.CONTROL["by_sub_account"].items()
    }


def table_counts() -> dict[str, int]:
    """Rows of every table that an import without anything new may not touch."""
    own = {"usageimport", "finding", "run", "runstep", "decision"}
    return {
        model._meta.label: model.objects.count()
        for model in apps.get_models()
        if model._meta.managed
        and model._meta.app_label in ("billing", "finance_mgmt", "invoicing")
        and model._meta.model_name not in own
    }


@pytest.mark.rule("B2", "B3")
def test_pass_through(provider):
    files.real_world(provider)

    stored = files.load(provider, files.FOCUS_FILE)

    assert files.report(stored) == WHOLE
    assert stored.totals == {
        "USD": {
            "BilledCost": {
                "read": files.CONTROL["rounding"]["exact_total"],
                "stored": "23.13392672899",
                "known": "0",
                "parked": "-2.6137",
            }
        }
    }
    by_period = files.CONTROL["by_period"].values()
    assert sum(Decimal(period["BilledCost"]) for period in by_period) == Decimal("20.52022672899")
    assert stored.rerating == ALL_MATCH
    assert files.found(stored) == [LATE_ROW]
    assert sums_by_member("BilledCost") == control("BilledCost")
    assert sums_by_member("ListCost") == control("ListCost")
    assert Product.objects.count() == 272
    assert Price.objects.count() == 0


@pytest.mark.rule("B2")
def test_records_of_the_real_file(provider):
    """Oddities 10, 11: owners come from SubAccountId, never from the resource's name."""
    sources = files.real_world(provider)
    files.load(provider, files.FOCUS_FILE)

    records = UsageRecord.objects.select_related("source", "owner", "imported_row__usage_import")
    owners = dict(AccountKey.objects.values_list("external_id", "account_id"))
    wrong = [
        record.key
        for record in records
        for row in [record.imported_row.content]
        if (
            record.owner_id != owners[row["SubAccountId"]]
            or record.source != sources[row["ProviderName"]]
            or record.given_amount != Decimal(row["BilledCost"])
            or record.resource != row.get("ResourceId", "")
            or f"{record.starts_at:%Y-%m-%d %H:%M:%S}" != row["ChargePeriodStart"]
            or record.quantity
            != Decimal(
                row["ConsumedQuantity" if record.source.code == "microsoft" else "PricingQuantity"]
            )
        )
    ]
    assert wrong == []
    assert Counter(records.values_list("kind", flat=True)) == {"usage": 997, "adjustment": 2}
    assert set(records.filter(kind="adjustment").values_list("reason", "given_amount")) == {
        ("Standard - A1 - Memory", Decimal("0.192")),
        ("Standard - A1", Decimal("0.08")),
    }
    parked = ImportedRow.objects.get(status="parked")
    assert (parked.key, parked.parked_because, parked.content["BilledCost"]) == (
        "2555992",
        "credit_without_voucher",
        "-2.61370000000",
    )


@pytest.mark.rule("P1", "B3")
def test_re_rating_with_the_price_book_of_the_file(provider):
    """R2: 999 of 999 priced rows within 1e-9, and the 73 members' ListCost."""
    sources = files.real_world(provider, mode="re_rate")
    book = catalog.load_price_book(files.real_prices(sources), **provider.said())
    assert (book.products, book.prices, book.doubts) == (272, 271, [])

    stored = files.load(provider, files.FOCUS_FILE)

    assert (files.report(stored), stored.rerating) == (WHOLE, ALL_MATCH)
    assert files.found(stored) == [LATE_ROW]
    rated = {}
    listed = {}
    for record in UsageRecord.objects.filter(kind="usage").select_related("imported_row"):
        price = (
            Price.objects.filter(product=record.product_id, effective_from__lte=record.period_start)
            .order_by("-effective_from")
            .first()
        )
        member = record.imported_row.content["SubAccountId"]
        rated[record.key] = (member, price.unit_price * record.quantity)
        listed[record.key] = (member, Decimal(record.imported_row.content["ListCost"]))
    assert len(rated) == 997
    assert max(abs(rated[key][1] - listed[key][1]) for key in rated) <= Decimal("1e-9")
    assert UsageRecord.objects.filter(kind="usage", given_amount__isnull=False).count() == 0


@pytest.mark.rule("B2")
def test_again_changes_nothing(provider):
    files.real_world(provider)
    files.load(provider, files.FOCUS_FILE)
    before = table_counts()

    again = files.load(provider, files.FOCUS_FILE)

    assert files.report(again) == WHOLE | {"rows_stored": 0, "rows_known": 1000, "rows_parked": 0}
    assert again.totals["USD"]["BilledCost"] == {
        "read": "20.52022672899",
        "stored": "0",
        "known": "20.52022672899",
        "parked": "0",
    }
    assert files.found(again) == []
    assert table_counts() == before


@pytest.mark.rule("B2")
def test_a_changed_amount_holds_the_file(provider):
    files.real_world(provider)
    files.load(provider, files.FOCUS_FILE)
    before = table_counts()
    row = files.real_rows()[6]
    changed = files.FOCUS_FILE.read_bytes().split(b"\n")
    old, new = row["BilledCost"], "9.99000000000"
    changed[7] = changed[7].replace(old.encode(), new.encode(), 1)

    held = files.load(provider, b"\n".join(changed))

    assert files.report(held) == WHOLE | {
        "state": "held",
        "rows_stored": 0,
        "rows_parked": 0,
    }
    finding = files.finding(held, "conflict")
    assert (finding.row_number, finding.message) == (
        7,
        f"Row 7 says BilledCost '{new}'; it was stored as '{old}' from usage.csv, row 7.",
    )
    assert finding.facts == {
        "key": row["Id"],
        "column": "BilledCost",
        "old": old,
        "new": new,
        "stored_from": "usage.csv",
        "stored_row": 7,
    }
    assert files.found(held) == [(7, "conflict")]
    assert table_counts() == before


@pytest.mark.rule("B2")
def test_rows_shifted_or_swapped_or_doubled_hold_the_file(provider):
    files.real_world(provider)
    files.load(provider, files.FOCUS_FILE)
    before = table_counts()
    lines = files.FOCUS_FILE.read_bytes().split(b"\n")

    shifted = list(lines)
    shifted[7] = shifted[7].replace(b"2024-09-01 00:00:00", b"2024-08-01 00:00:00", 1)
    assert files.found(files.load(provider, b"\n".join(shifted))) == [(7, "conflict")]

    swapped = list(lines)
    one, other = (line.split(b",", 2) for line in lines[1:3])
    swapped[1:3] = [b",".join([one[0], other[1], one[2]]), b",".join([other[0], one[1], other[2]])]
    assert files.found(files.load(provider, b"\n".join(swapped))) == [
        (1, "conflict"),
        (2, "conflict"),
    ]

    doubled = [*lines[:7], lines[6], *lines[7:]]
    assert files.found(files.load(provider, b"\n".join(doubled))) == [(6, "duplicate_key")]
    assert table_counts() == before


@pytest.mark.rule("B2")
def test_a_dropped_row_is_seen_by_the_control_figures(provider):
    files.real_world(provider)
    lines = files.FOCUS_FILE.read_bytes().split(b"\n")
    expected = Expected(rows=1000, totals={"USD": Decimal("20.52022672899")})

    held = files.load(provider, b"\n".join([*lines[:7], *lines[8:]]), expected=expected)

    assert (held.state, [finding.facts["figure"] for finding in held.findings.all()]) == (
        "held",
        ["rows", "BilledCost USD"],
    )
    assert files.load(provider, files.FOCUS_FILE, expected=expected).state == "stored"


@pytest.mark.rule("B2")
def test_members_with_the_same_name_stay_apart(provider):
    """B21: four names belong to two or three ids."""
    files.real_world(provider)
    files.load(provider, files.FOCUS_FILE)
    names: dict[str, set[int]] = {}
    for row in ImportedRow.objects.filter(status="stored").select_related("record"):
        names.setdefault(row.content["SubAccountName"], set()).add(row.record.owner_id)
    assert Counter(map(len, names.values())) == {1: 64, 2: 3, 3: 1}


@pytest.mark.rule("B1", "B2")
def test_the_order_of_rows_does_not_matter(provider):
    """B22: every record says the same, whichever row it was."""
    files.real_world(provider)
    header, *rows = files.FOCUS_FILE.read_bytes().splitlines(keepends=True)
    stored = files.load(provider, header + b"".join(reversed(rows)))
    assert (files.report(stored), stored.rerating) == (WHOLE, ALL_MATCH)
    assert sums_by_member("BilledCost") == control("BilledCost")
    again = files.load(provider, files.FOCUS_FILE)
    assert (again.rows_known, again.rows_stored) == (1000, 0)
