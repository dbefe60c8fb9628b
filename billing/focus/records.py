"""CSV as RFC 4180 has it, read record by record with limits: text cells that know their quotes.

The standard library's reader forgets which cells were quoted, so that the word NULL and the text
"NULL" become one; it also takes NUL bytes, an unclosed quote and a quote inside a bare cell.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .refusals import Problem, RefusedFile

_CELL = r'(?:"[^"]*+(?:""[^"]*+)*+"|[^",\r\n]*+)'
_RECORD = re.compile(f"{_CELL}(?:,{_CELL})*+")
_CELLS = re.compile(r'(?:^|,)(?:"([^"]*+(?:""[^"]*+)*+)"|([^",]*+))')

_FOREIGN = {
    b"\x1f\x8b": "It is compressed (gzip). Unpack it first.",
    b"PK\x03\x04": "It is a spreadsheet or another zip archive. Save the sheet as CSV (UTF-8).",
    b"\xd0\xcf\x11\xe0": "It is an old Excel file. Save the sheet as CSV (UTF-8).",
    b"%PDF": "It is a PDF document. Ask for the CSV file.",
    b"<?xml": "It is an XML document. Ask for the CSV file.",
    b"\xff\xfe": "It is UTF-16. Save it as CSV (UTF-8).",
    b"\xfe\xff": "It is UTF-16. Save it as CSV (UTF-8).",
}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Limits:
    """The most a file may have (settings.IMPORT_LIMITS)."""

    bytes: int
    rows: int
    columns: int
    cell_bytes: int


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its text as it stands in the file, and the line it begins at."""

    line: int
    text: str

    def cells(self, null_words: frozenset[str]) -> list[str | None]:
        """The cells; None for an empty one and for a bare (never a quoted) null word."""
        return [
            (quoted.replace('""', '"') if '"' in quoted else quoted)
            if quoted
            else (bare if bare and bare not in null_words else None)
            for quoted, bare in _CELLS.findall(self.text)
        ]


class Records:
    """The records of one file, in order. Memory does not grow with the file.

    `bytes_read` and `sha256` tell what was read so far. Raises RefusedFile where the file can't
    be cut into records at all.
    """

    def __init__(self, stream: BinaryIO, limits: Limits) -> None:
        self.bytes_read = 0
        self._stream = stream
        self._limits = limits
        self._longest = limits.columns * limits.cell_bytes
        self._line = 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Digest of the bytes read so far."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Record]:
        while raw := self._read_line():
            begins_at = self._line
            if raw.count(b'"') % 2:
                raw = self._read_until_closed(raw)
            if not raw.endswith((b"\n", b'"')):  # 1.50 may have become 1
                sentence = "The last line has no end. If the file is whole, add an end of line."
                raise _refused("cut_short", sentence, self._line)
            raw = raw.removesuffix(b"\n").removesuffix(b"\r")
            if raw:
                yield Record(begins_at, self._checked(raw, begins_at))

    def _read_line(self) -> bytes:
        raw = self._stream.readline(self._longest + 1)
        self._digest.update(raw)
        self._line += 1
        self.bytes_read += len(raw)
        if self._line == 1:
            _refuse_foreign(raw)
            raw = raw.removeprefix(_BYTE_ORDER_MARK) or b"\n"
        if self.bytes_read > self._limits.bytes:
            raise _refused("file_too_large", f"More than {self._limits.bytes} bytes. Split it.")
        if len(raw) > self._longest:
            raise _refused("line_too_long", f"Longer than {self._longest} bytes.", self._line)
        return raw

    def _read_until_closed(self, first: bytes) -> bytes:
        begins_at, parts, inside = self._line, [first], 0
        while raw := self._read_line():
            parts.append(raw)
            if raw.count(b'"') % 2:
                return b"".join(parts)
            inside += len(raw)
            if inside > self._limits.cell_bytes:
                break
        raise _refused(
            "unclosed_quote",
            "A quote opened here is not closed (or the file was cut short).",
            begins_at,
        )

    def _checked(self, raw: bytes, line: int) -> str:
        if b"\0" in raw:
            raise _refused("nul_byte", "NUL bytes; it may be UTF-16. Save it as UTF-8.", line)
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise _refused("not_utf8", f"Not UTF-8{_guess(raw)}. Save it as UTF-8.", line) from None
        if not _RECORD.fullmatch(text):
            raise _refused("bad_quotes", "A quote or a line break stands where none may.", line)
        if len(raw) > self._limits.cell_bytes and self._has_long_cell(text):
            most = self._limits.cell_bytes
            raise _refused("cell_too_long", f"A cell has more than {most} bytes.", line)
        return text

    def _has_long_cell(self, text: str) -> bool:
        pairs = _CELLS.findall(text)
        return any(len((q or bare).encode()) > self._limits.cell_bytes for q, bare in pairs)


def _refuse_foreign(raw: bytes) -> None:
    if not raw:
        raise _refused("empty_file", "The file is empty.")
    for magic, sentence in _FOREIGN.items():
        if raw.startswith(magic):
            raise _refused("not_csv", f"This is not a CSV file. {sentence}")


def _guess(raw: bytes) -> str:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return " (it may be GBK)"


def _refused(code: str, message: str, line: int = 0) -> RefusedFile:
    return RefusedFile([Problem(code, message, line=line)])
