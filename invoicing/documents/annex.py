"""The annex of an invoice: every charge on it as CSV, in constant memory."""

import csv
from collections.abc import Callable
from typing import IO

from finance_mgmt.money import plain

from ..models import Invoice

COLUMNS = [
    "invoice",
    "member_number",
    "member_name",
    "product_code",
    "description",
    "resource",
    "period_start",
    "period_end",
    "quantity",
    "unit",
    "amount_with_tax",
    "currency",
    "tax_rate",
]
AT_ONCE = 2_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(invoice: Invoice, file: IO[str], tell: Callable[[int], None]) -> None:
    """One row per charge, exact amounts. Texts that a spreadsheet would run are quoted by '."""
    rows = csv.writer(file)
    rows.writerow(COLUMNS)
    lines = invoice.lines.select_related("charge").order_by("owner_number", "id")
    for number, line in enumerate(lines.iterator(chunk_size=AT_ONCE), start=1):
        charge = line.charge
        texts = [line.owner_number, line.owner_name, line.product_code, line.description]
        rows.writerow(
            [
                invoice.number,
                *map(_inert, [*texts, charge.resource]),
                charge.period_start.isoformat(),
                charge.period_end.isoformat(),
                "" if line.quantity is None else plain(line.quantity),
                _inert(line.unit),
                plain(line.amount),
                invoice.currency,
                plain(line.tax_rate),
            ]
        )
        if number % AT_ONCE == 0:
            tell(number)


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
