"""Cutting a file into records and cells (FOCUS.md 1.2 and 2, RELIABILITY B5, B15-B18)."""

import csv
import io
import tracemalloc
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.focus.records import Limits, Records
from billing.focus.refusals import RefusedFile

LIMITS = Limits(bytes=1_000_000, rows=1000, columns=10, cell_bytes=1000)
NULL = frozenset({"NULL"})


def cells(content: bytes, limits: Limits = LIMITS) -> list[list[str | None]]:
    return [record.cells(NULL) for record in Records(io.BytesIO(content), limits)]


def refusal(content: bytes, limits: Limits = LIMITS) -> tuple[str, int]:
    with pytest.raises(RefusedFile) as caught:
        cells(content, limits)
    (problem,) = caught.value.problems
    return problem.code, problem.line


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b'NULL,"NULL",,""\n', [[None, "NULL", None, None]], id="two nulls, one text"),
        pytest.param(b'NULLS,"null",Null\n', [["NULLS", "null", "Null"]], id="only the exact word"),
        pytest.param(b'NULL\n"NULL"\n', [[None], ["NULL"]], id="alone in a line"),
        pytest.param(b"a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]], id="CRLF"),
        pytest.param(b'a,b\nc,"d"', [["a", "b"], ["c", "d"]], id="the last cell is whole"),
        pytest.param(b'"a,b","c""d"\n', [["a,b", 'c"d']], id="comma and quote inside"),
        pytest.param(b'"a\nb",c\r\n', [["a\nb", "c"]], id="line break inside"),
        pytest.param(b'""""\n', [['"']], id="only a quote"),
        pytest.param(b",\n", [[None, None]], id="two empty cells"),
        pytest.param(b",a,,b,\n", [[None, "a", None, "b", None]], id="empty first and last"),
        pytest.param(b"a\n\n\nb\n\n", [["a"], ["b"]], id="blank lines"),
        pytest.param(b"\xef\xbb\xbfa,b\n", [["a", "b"]], id="byte order mark"),
        pytest.param(b" a , b\n", [[" a ", " b"]], id="blanks are kept"),
        pytest.param("é,𠮷,😀,e\u0301\n".encode(), [["é", "𠮷", "😀", "e\u0301"]], id="any script"),
        pytest.param("\u202eabc,\u200b\n".encode(), [["\u202eabc", "\u200b"]], id="kept as is"),
        pytest.param(b"-2.61,=1+1,@x\n", [["-2.61", "=1+1", "@x"]], id="formulas are text"),
    ],
)
def test_cells(content, expected):
    assert cells(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", ("empty_file", 0), id="empty"),
        pytest.param(b"\x1f\x8b\x08\x00rest", ("not_csv", 0), id="gzip"),
        pytest.param(b"PK\x03\x04rest", ("not_csv", 0), id="xlsx or zip"),
        pytest.param(b"\xd0\xcf\x11\xe0rest", ("not_csv", 0), id="old Excel"),
        pytest.param(b"%PDF-1.7", ("not_csv", 0), id="PDF"),
        pytest.param(b"<?xml version", ("not_csv", 0), id="XML"),
        pytest.param("a,b\n".encode("utf-16"), ("not_csv", 0), id="UTF-16 with mark"),
        pytest.param("a,b\nc,d\n".encode("utf-16-le"), ("nul_byte", 1), id="UTF-16 without mark"),
        pytest.param(b"a,b\nc,\x00d\n", ("nul_byte", 2), id="NUL byte"),
        pytest.param("a,b\n服务,数据\n".encode("gbk"), ("not_utf8", 2), id="GBK"),
        pytest.param(b"a,b\nc,\xff\n", ("not_utf8", 2), id="broken UTF-8"),
        pytest.param(b'a,b\n"c,d\ne,f\n', ("unclosed_quote", 2), id="unclosed quote"),
        pytest.param(b'a,b\nc,"d', ("unclosed_quote", 2), id="cut inside a cell"),
        pytest.param(b"a,b\nc,1.5", ("cut_short", 2), id="perhaps cut inside a number"),
        pytest.param(b"a,b\nc,", ("cut_short", 2), id="perhaps cut before a cell"),
        pytest.param(b'a,b\n"c"x,d\n', ("bad_quotes", 2), id="text after a quote"),
        pytest.param(b'a,b\nc"",d\n', ("bad_quotes", 2), id="quotes in a bare cell"),
        pytest.param(b'a,b\n"a,b,c"x"",d\n', ("bad_quotes", 2), id="quotes astray"),
        pytest.param(b"a,b\rc,d\r\n", ("bad_quotes", 1), id="bare carriage returns"),
        pytest.param(b"a\n" + b"x" * 1001 + b"\n", ("cell_too_long", 2), id="long cell"),
        pytest.param(b'a\n"' + b"x\n" * 1001, ("unclosed_quote", 2), id="long open cell"),
        pytest.param(b"x" * 10_001, ("line_too_long", 1), id="long line"),
    ],
)
def test_refusals(content, expected):
    assert refusal(content) == expected


def test_messages_say_what_to_do():
    with pytest.raises(RefusedFile) as caught:
        cells("服务\n".encode("gbk"))
    assert str(caught.value) == "Line 1: Not UTF-8 (it may be GBK). Save it as UTF-8."


def test_lines_are_those_of_an_editor():
    content = b'a,b\n"c\n\nd",e\n\nf,g\n'
    assert [record.line for record in Records(io.BytesIO(content), LIMITS)] == [1, 2, 6]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
            min_size=2,
            max_size=5,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_a_writer_quotes_is_read_back(rows):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    assert cells(out.getvalue().encode()) == [[cell or None for cell in row] for row in rows]


class Endless(io.RawIOBase):
    """A file that goes on for ever, in lines of a given length."""

    def __init__(self, width: int) -> None:
        self.line = b"x" * (width - 1) + b"\n"

    def readline(self, size: int | None = -1) -> bytes:
        return self.line[:size]


def test_memory_does_not_grow_with_the_rows():
    limits = Limits(bytes=10**12, rows=10**9, columns=10, cell_bytes=1000)
    tracemalloc.start()
    try:
        for _ in islice(Records(Endless(100), limits), 20_000):
            pass
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_endless_file_is_refused_by_its_limit():
    with pytest.raises(RefusedFile) as caught:
        list(Records(Endless(100), LIMITS))
    assert [problem.code for problem in caught.value.problems] == ["file_too_large"]
