"""Whether a FOCUS file keeps the rules of its version, by the table of columns and row by row.

Not the whole specification: what concerns the columns that we write. Each problem names its
line and column.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from finance_mgmt.money import EXACT, parse

from .bill_columns import Column, Kind, Version, written
from .refusals import Problem

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_CURRENCY = re.compile(r"[A-Z]{3}")
Cells = Mapping[str, str]

# Columns that are null together, and those that need another one.
TOGETHER = (
    ("PricingQuantity", "PricingUnit"),
    ("ConsumedQuantity", "ConsumedUnit"),
    ("SubAccountId", "SubAccountName"),
    ("SubAccountId", "SubAccountType"),
    ("ResourceId", "ResourceType"),
    ("CommitmentDiscountId", "CommitmentDiscountType"),
    ("CommitmentDiscountId", "CommitmentDiscountCategory"),
    ("CommitmentDiscountQuantity", "CommitmentDiscountUnit"),
    ("SkuPriceId", "PricingUnit"),
)
NEEDS = (
    ("SkuPriceId", "SkuId"),
    ("SkuMeter", "SkuId"),
    ("SkuPriceDetails", "SkuPriceId"),
    ("ResourceName", "ResourceId"),
    ("CommitmentDiscountStatus", "CommitmentDiscountId"),
)
PRICES = ("ListUnitPrice", "ContractedUnitPrice")
PRICED = ("PricingQuantity", *PRICES, "PricingCategory", "SkuPriceId")
PRODUCTS = (("ListUnitPrice", "ListCost"), ("ContractedUnitPrice", "ContractedCost"))


def check(lines: Iterable[str], version: Version) -> list[Problem]:
    """What is wrong with a file, given as its lines of text."""
    columns = written(version)
    reader = csv.reader(lines)
    header = next(reader, [])
    if header != [column.name for column in columns]:
        return [Problem("wrong_columns", "The columns are not those of the version.", line=1)]
    found = []
    for row, cells in enumerate(reader, start=1):
        named = dict(zip(header, cells, strict=False))
        if len(cells) != len(header):
            found.append(Problem("wrong_cell_count", "Too many or too few cells.", row, row + 1))
            continue
        for code, column in _problems(columns, named):
            found.append(Problem(code, f"{named.get(column, '')!r}", row, row + 1, column))
    return found


def _problems(columns: Iterable[Column], row: Cells) -> Iterator[tuple[str, str]]:
    is_readable = True
    for column in columns:
        if code := _cell_problem(column, row[column.name]):
            is_readable = False
            yield code, column.name
    if is_readable:
        yield from _null_problems(row)
        yield from _cost_problems(row)
        yield from _word_problems(row)


def _cell_problem(column: Column, cell: str) -> str:
    if not cell:
        return "" if column.is_nullable else "missing_value"
    if cell == "NULL" or cell != cell.strip():
        return "bad_text"
    if column.words and cell not in column.words:
        return "word_not_allowed"
    return _kind_problem(column, cell)


def _kind_problem(column: Column, cell: str) -> str:
    if column.kind == Kind.DECIMAL:
        return _decimal_problem(column, cell)
    if column.kind == Kind.TIME and not _TIME.fullmatch(cell):
        return "bad_time"
    if column.kind == Kind.CURRENCY and not _CURRENCY.fullmatch(cell):
        return "bad_currency"
    if column.kind == Kind.PAIRS and not _is_object(cell):
        return "bad_pairs"
    if column.name.endswith("AccountId") and cell.isdigit():
        return "id_of_digits"
    return ""


def _decimal_problem(column: Column, cell: str) -> str:
    try:
        number = parse(cell)
    except ValueError:
        return "bad_number"
    if "." not in cell:
        return "number_without_point"
    return "negative_price" if column.is_never_negative and number < 0 else ""


def _is_object(cell: str) -> bool:
    try:
        return isinstance(json.loads(cell), dict)
    except ValueError:
        return False


def _null_problems(row: Cells) -> Iterator[tuple[str, str]]:
    for one, other in TOGETHER:
        if one in row and other in row and bool(row[one]) != bool(row[other]):
            yield "null_alone", other
    for one, other in NEEDS:
        if row.get(one) and not row[other]:
            yield "null_but_needed", other
    is_correction = row["ChargeClass"] == "Correction"
    if row["ChargeCategory"] in ("Usage", "Purchase") and not is_correction:
        yield from (("null_but_priced", name) for name in PRICED if not row[name])
    is_unused = row["CommitmentDiscountStatus"] == "Unused"
    may_consume = row["ChargeCategory"] == "Usage" and not is_unused
    if bool(row["ConsumedQuantity"]) != may_consume and not is_correction:
        yield "wrongly_consumed", "ConsumedQuantity"
    is_committed = bool(row["CommitmentDiscountId"]) and row["ChargeCategory"] == "Usage"
    if is_committed != bool(row["CommitmentDiscountStatus"]):
        yield "status_missing", "CommitmentDiscountStatus"


def _cost_problems(row: Cells) -> Iterator[tuple[str, str]]:
    for price, cost in PRODUCTS:
        if row[price] and row["PricingQuantity"] and row["ChargeClass"] != "Correction":
            product = EXACT.multiply(Decimal(row[price]), Decimal(row["PricingQuantity"]))
            if product != Decimal(row[cost]):
                yield "not_price_times_quantity", cost
    if row["ChargeCategory"] == "Credit" and Decimal(row["BilledCost"]) > 0:
        yield "credit_above_zero", "BilledCost"
    if row["CommitmentDiscountStatus"] and Decimal(row["BilledCost"]) != 0:
        yield "covered_but_billed", "BilledCost"


def _word_problems(row: Cells) -> Iterator[tuple[str, str]]:
    if row["ChargeCategory"] == "Purchase" and row["ChargeFrequency"] == "Usage-Based":
        yield "purchase_by_usage", "ChargeFrequency"
    if len({row["ProviderName"], row["InvoiceIssuerName"], row["PublisherName"]}) > 1:
        yield "several_providers", "ProviderName"
    for start, end in (
        ("BillingPeriodStart", "BillingPeriodEnd"),
        ("ChargePeriodStart", "ChargePeriodEnd"),
    ):
        if row[start] >= row[end]:
            yield "end_before_start", end
    category = row.get("ServiceSubcategory", "")
    if category.startswith("Other (") and category != f"Other ({row['ServiceCategory']})":
        yield "subcategory_of_another", "ServiceSubcategory"
