"""Reading a whole file of usage, strictly and row by row."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from . import columns
from .records import Limits, Record, Records
from .refusals import Problem, RefusedFile
from .rows import Builder, Dialect, Row

MOST_PROBLEMS = 100


class UsageFile:
    """The rows of a FOCUS cost file or of a token meter file, in order.

    Iterating yields the good rows. It raises RefusedFile at the end if any row was bad, naming
    the first 100 problems, or earlier when there are more: so take nothing as read before the
    iteration ended. `dialects` says how each provider (by its name in the file) writes.
    """

    def __init__(
        self, stream: BinaryIO, limits: Limits, dialects: Mapping[str, Dialect] | None = None
    ) -> None:
        self._records = Records(stream, limits)
        self._limits = limits
        self._dialects = dialects or {}
        self._builder = Builder()
        self._columns: tuple[str, ...] = ()
        self.rows_read = 0

    @property
    def bytes_read(self) -> int:
        """How far the reading is."""
        return self._records.bytes_read

    @property
    def sha256(self) -> str:
        """Digest of the file, once it is read to its end."""
        return self._records.sha256

    def __iter__(self) -> Iterator[Row]:
        records = iter(self._records)
        self._columns = _header(next(records, None), self._limits)
        rows = self._token_rows if self._is_token_file() else self._focus_rows
        yield from rows(records)
        if not self.rows_read:
            raise RefusedFile([Problem("no_rows", "The file has a header but no rows.")])
        if self._builder.problems:
            raise RefusedFile(self._builder.problems)

    def _is_token_file(self) -> bool:
        return set(self._columns) == set(columns.TOKEN_COLUMNS)

    def _focus_rows(self, records: Iterator[Record]) -> Iterator[Row]:
        _require_focus(self._columns)
        names, standard = self._columns, Dialect()
        provider = names.index("ProviderName")
        for record in self._counted(records):
            cells = record.cells(standard.null_words)
            if not self._is_whole(cells, record):
                continue
            dialect = self._dialects.get(cells[provider] or "", standard)
            if dialect.null_words != standard.null_words:
                cells = record.cells(dialect.null_words)
            content = {
                name: cell for name, cell in zip(names, cells, strict=True) if cell is not None
            }
            row = self._builder.focus_row(content, dialect, self.rows_read, record.line)
            if row:
                yield row

    def _token_rows(self, records: Iterator[Record]) -> Iterator[Row]:
        for record in self._counted(records):
            cells = record.cells(Dialect().null_words)
            if not self._is_whole(cells, record):
                continue
            line = {name: cell or "" for name, cell in zip(self._columns, cells, strict=True)}
            named = {name: line[name] for name in ("TIMESTAMP", "Workload", "SourceRow")}
            for meter in columns.TOKEN_METERS:
                content = named | {"Meter": meter, "Quantity": line[meter]}
                row = self._builder.token_row(content, self.rows_read, record.line)
                if row:
                    yield row

    def _counted(self, records: Iterator[Record]) -> Iterator[Record]:
        for record in records:
            if len(self._builder.problems) >= MOST_PROBLEMS:
                raise RefusedFile(self._builder.problems[:MOST_PROBLEMS])
            self.rows_read += 1
            if self.rows_read > self._limits.rows:
                message = f"More than {self._limits.rows} rows. Split the file."
                raise RefusedFile([Problem("too_many_rows", message)])
            yield record

    def _is_whole(self, cells: list[str | None], record: Record) -> bool:
        if len(cells) == len(self._columns):
            return True
        message = (
            f"{len(cells)} cells instead of {len(self._columns)}. The file may have been cut short."
        )
        self._builder.problems.append(
            Problem("wrong_cell_count", message, self.rows_read, record.line)
        )
        return False


def _header(record: Record | None, limits: Limits) -> tuple[str, ...]:
    if record is None:
        raise RefusedFile([Problem("empty_file", "The file is empty.")])
    names = tuple(cell or "" for cell in record.cells(frozenset()))
    if len(names) > limits.columns:
        message = f"{len(names)} columns; {limits.columns} are the most."
        raise RefusedFile([Problem("too_many_columns", message, line=1)])
    if len(names) == 1:
        for mark, word in ((";", "semicolons"), ("\t", "tabs")):
            if mark in names[0]:
                message = f"The columns are separated by {word}. Save the file with commas."
                raise RefusedFile([Problem("wrong_separator", message, line=1)])
    doubled = sorted({name for name in names if names.count(name) > 1})
    problems = [
        Problem("doubled_column", "This column stands in the header twice.", 0, 1, name)
        for name in doubled
        if name
    ]
    if "" in names:
        problems.append(Problem("unnamed_column", "A column of the header has no name.", line=1))
    if problems:
        raise RefusedFile(problems)
    return names


def _require_focus(names: tuple[str, ...]) -> None:
    missing = [column for column in columns.MANDATORY if column not in names]
    if missing:
        raise RefusedFile(
            [
                Problem("missing_column", "The header lacks this column.", 0, 1, column)
                for column in missing
            ]
        )
