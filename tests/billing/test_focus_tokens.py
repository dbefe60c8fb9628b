"""Token meters: the real Azure file, one line two readings (FOCUS.md 2)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from billing.focus.refusals import RefusedFile
from tests.billing.files import TOKEN_FILE, read

HEADER = b"TIMESTAMP,Workload,SourceRow,ContextTokens,GeneratedTokens\n"


def test_the_real_file():
    rows = read(TOKEN_FILE.read_bytes())
    assert len(rows) == 20_000
    assert [
        (row.number, row.key, row.sub_account, row.starts_at, row.pricing_quantity)
        for row in rows[:2]
    ] == [
        (
            1,
            f"conv:1:{meter}",
            "conv",
            datetime(2023, 11, 16, 18, 15, 46, 680590, tzinfo=UTC),
            Decimal(tokens),
        )
        for meter, tokens in (("ContextTokens", 374), ("GeneratedTokens", 44))
    ]
    lines = [line.split(",") for line in TOKEN_FILE.read_text().splitlines()[1:]]
    assert sum(row.pricing_quantity for row in rows) == sum(
        int(context) + int(generated) for *_, context, generated in lines
    )
    assert len({row.key for row in rows}) == 20_000


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"2023-11-16 18:15:46,code,1,-3,4", ("bad_number", "Quantity")),
        (b"2023-11-16 18:15:46,code,1,3,4.5", ("bad_number", "Quantity")),
        (b"2023-11-16 18:15:46,,1,3,4", ("missing_value", "Workload")),
        (b"yesterday,code,1,3,4", ("bad_time", "TIMESTAMP")),
        (b"2023-11-16 18:15:46,code,1,3", ("wrong_cell_count", "")),
    ],
)
def test_bad_lines_are_refused(line, problem):
    with pytest.raises(RefusedFile) as caught:
        read(HEADER + line + b"\n")
    found = {(each.code, each.column) for each in caught.value.problems}
    assert found == {problem}
