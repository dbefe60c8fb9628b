"""Tables as XLSX and CSV files, row by row: the memory does not grow with the table."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from finance_mgmt.money import plain

from .tables import Field, Kind, Sheet, as_text, certain, is_formula

BYTE_ORDER_MARK = "\ufeff"  # or a spreadsheet program takes Chinese for Latin
MOST_ROWS = 1_048_576  # of one sheet, by the format
LONGEST_CELL = 32_767
ROWS_AT_ONCE = 500
NUMBER = "#,##0.00##################"


def csv_text(sheet: Sheet) -> Iterator[str]:
    """A CSV file for spreadsheet programs, in pieces of a few hundred rows."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow(field.heading for field in sheet.fields)
    kinds = [field.kind for field in sheet.fields]
    for number, row in enumerate(sheet.rows, start=1):
        writer.writerow(map(as_text, row, kinds))
        if number % ROWS_AT_ONCE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def write_xlsx(out: BinaryIO, sheets: Iterable[Sheet]) -> None:
    """An XLSX file. Rows beyond a sheet's most go on in a next sheet of the same headings."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with Workbook(out, options) as book:
        formats = _Formats(book)
        for sheet in sheets:
            _write(book, formats, sheet)


class _Formats:
    """How cells look. `quoted` keeps a text a text even after somebody edits its cell."""

    def __init__(self, book: Workbook) -> None:
        self.heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.quoted = book.add_format({"quote_prefix": True})
        self.exact = book.add_format({"align": "right"})
        self.number = book.add_format({"num_format": NUMBER})
        self.instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})


def _write(book: Workbook, formats: _Formats, sheet: Sheet) -> None:
    page, line, pages = _page(book, formats, sheet, 1), 1, 1
    for row in sheet.rows:
        if line == MOST_ROWS:
            pages += 1
            page, line = _page(book, formats, sheet, pages), 1
        for column, (value, field) in enumerate(zip(row, sheet.fields, strict=True)):
            _cell(page, formats, line, column, value, field)
        line += 1


def _page(book: Workbook, formats: _Formats, sheet: Sheet, number: int) -> Worksheet:
    title = sheet.title if number == 1 else f"{sheet.title} {number}"
    page = book.add_worksheet(title[:31])
    for column, field in enumerate(sheet.fields):
        page.set_column(column, column, field.width)
        page.write_string(0, column, field.heading, formats.heading)
    page.freeze_panes(1, 0)
    return page


def _cell(
    page: Worksheet, formats: _Formats, line: int, column: int, value: Any, field: Field
) -> None:
    if value is None or value == "":
        return
    if field.kind == Kind.NUMBER:
        page.write_number(line, column, certain(value), formats.number)
    elif field.kind == Kind.EXACT:
        page.write_string(line, column, plain(value), formats.exact)
    elif field.kind in (Kind.INSTANT, Kind.DAY):
        look = formats.instant if field.kind == Kind.INSTANT else formats.day
        page.write_datetime(line, column, value, look)
    else:
        text = str(value)[:LONGEST_CELL]
        look = formats.quoted if is_formula(text) else None
        page.write_string(line, column, text, look)
