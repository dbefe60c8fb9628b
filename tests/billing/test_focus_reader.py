"""Reading FOCUS rows strictly (FOCUS.md 1.2 and 2, RELIABILITY B5-B7, B11, B14, B15, B17, B20)."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.focus.reader import UsageFile
from billing.focus.records import Limits
from billing.focus.refusals import RefusedFile
from billing.focus.rows import Dialect, from_content
from tests.billing.files import CELLS, FOCUS_FILE, LIMITS, focus, read, real_rows


def problems(content: bytes, limits: Limits = LIMITS, **options) -> list[tuple[str, int, str]]:
    """Code, line and column of each problem that a file is refused for."""
    with pytest.raises(RefusedFile) as caught:
        read(content, limits, **options)
    return [(problem.code, problem.line, problem.column) for problem in caught.value.problems]


def test_one_good_row():
    (row,) = read(focus({}))
    content = dict(row.content)
    row.content = {}
    assert repr(row) == repr(
        type(row)(
            number=1,
            line=2,
            key="1",
            provider="AWS",
            billing_account="M-1",
            sub_account="S-1",
            currency="USD",
            category="Usage",
            starts_at=datetime(2024, 9, 18, 22, tzinfo=UTC),
            ends_at=datetime(2024, 9, 18, 23, tzinfo=UTC),
            billing_start=datetime(2024, 9, 1, tzinfo=UTC),
            billing_end=datetime(2024, 10, 1, tzinfo=UTC),
            billed_cost=Decimal("1.5"),
            list_cost=Decimal("1.5"),
            list_unit_price=Decimal("0.5"),
            pricing_quantity=Decimal(3),
            consumed_quantity=Decimal(3),
            content={},
        )
    )
    assert content == {
        name: cell.strip('"') for name, cell in CELLS.items() if cell not in ("NULL", '"NULL"')
    }


def test_the_real_file_is_read_as_the_standard_library_reads_it():
    """Oddities 1, 4, 7, 8, 13: nulls of both kinds, a shifted column, odd words, leading minus."""
    rows = read(FOCUS_FILE.read_bytes())
    assert [row.content for row in rows] == [
        {name: cell for name, cell in row.items() if cell not in ("NULL", "")}
        for row in real_rows()
    ]
    assert (len(rows), sum(44 - len(row.content) for row in rows)) == (1000, 8973 + 56)
    assert sum(cell.startswith("-") for row in rows for cell in row.content.values()) == 77


@pytest.mark.rule("B3")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-2.61370000000", "-2.6137"),
        ("8E-7", "0.0000008"),
        ("1e-18", "1e-18"),
        ("0.123456789012345678", "0.123456789012345678"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        ('"0.0000004"', "0.0000004"),
    ],
)
def test_plain_numbers_are_exact(text, value):
    (row,) = read(focus({"BilledCost": text}))
    assert str(row.billed_cost) == str(
        Decimal(value).normalize() + 0 if value == "0" else row.billed_cost
    )
    assert row.billed_cost == Decimal(value)


@pytest.mark.rule("B3")
@pytest.mark.parametrize(
    "text",
    ["NaN", "Infinity", "-Infinity", "sNaN", "1e400", "1_000", "１２３", "١٢٣", '"1,000.5"', "0x10"]
    + ["+5", '" "', '" 1"', "1 ", ".5", "5.", "1e20", "100000000000000000000", "1e-30", "--1"]
    + ["0.1234567890123456789", '"NULL"', "null", "1e+5", "²"],
)
@pytest.mark.parametrize("column", ["BilledCost", "ListUnitPrice", "ConsumedQuantity"])
def test_other_numbers_are_refused_with_line_and_column(column, text):
    assert problems(focus({}, {column: text})) == [("bad_number", 3, column)]


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_any_number_is_exact_or_refused(number):
    text = f"{number:f}"
    try:
        (row,) = read(focus({"ListCost": text}))
    except RefusedFile:
        assert number.as_tuple().exponent < -18 or number.adjusted() >= 20
    else:
        assert row.list_cost == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-09-18 22:00:00", datetime(2024, 9, 18, 22, tzinfo=UTC)),
        ("2024-09-18T22:00:00Z", datetime(2024, 9, 18, 22, tzinfo=UTC)),
        ("2024-09-18T22:00:00+08:00", datetime(2024, 9, 18, 14, tzinfo=UTC)),
        ("2024-09-18T22:00:00.1234569Z", datetime(2024, 9, 18, 22, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_times(text, expected):
    (row,) = read(focus({"ChargePeriodStart": text, "ChargePeriodEnd": "2024-09-19 00:00:00"}))
    assert row.starts_at == expected


@pytest.mark.parametrize(
    "text",
    ["2024-09-18", "18.09.2024 22:00", "2024-02-30 00:00:00", "2024-09-18 24:00:00", "x", '"NULL"']
    + ["２024-09-18 22:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "2024-09-18 22:00"],
)
def test_other_times_are_refused(text):
    assert problems(focus({"ChargePeriodStart": text})) == [("bad_time", 2, "ChargePeriodStart")]


def test_times_without_a_zone_need_a_source_that_says_utc():
    """Oddity 2: never the server's zone."""
    dialects = {"AWS": Dialect(times_are_utc=False)}
    assert [code for code, *_ in problems(focus({}), dialects=dialects)] == ["bad_time"] * 4


def test_null_words_are_those_of_the_source():
    dialects = {"AWS": Dialect(null_words=frozenset({"n/a"}))}
    (row,) = read(focus({"SubAccountId": "n/a", "ChargeClass": ""}), dialects=dialects)
    assert row.sub_account is None
    (row,) = read(focus({"SubAccountId": '"n/a"', "ChargeClass": ""}), dialects=dialects)
    assert row.sub_account == "n/a"
    (row,) = read(focus({"SubAccountId": "NULL", "ChargeClass": ""}), dialects=dialects)
    assert row.sub_account == "NULL"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"BillingCurrency": "RMB"}, ("bad_currency", "BillingCurrency"), id="RMB"),
        pytest.param({"BillingCurrency": "usd"}, ("bad_currency", "BillingCurrency"), id="lower"),
        pytest.param({"BillingCurrency": "US$"}, ("bad_currency", "BillingCurrency"), id="sign"),
        pytest.param({"BillingCurrency": "NULL"}, ("missing_value", "BillingCurrency"), id="none"),
        pytest.param({"ProviderName": '""'}, ("missing_value", "ProviderName"), id="no provider"),
        pytest.param({"BilledCost": "NULL"}, ("missing_value", "BilledCost"), id="no amount"),
        pytest.param({"ChargeCategory": "Gift"}, ("bad_category", "ChargeCategory"), id="category"),
        pytest.param({"ChargeClass": "New"}, ("bad_class", "ChargeClass"), id="class"),
        pytest.param(
            {"ChargePeriodEnd": "2024-09-18 22:00:00"},
            ("end_before_start", "ChargePeriodEnd"),
            id="empty period",
        ),
        pytest.param(
            {"ChargePeriodEnd": "2024-09-18 21:00:00"},
            ("end_before_start", "ChargePeriodEnd"),
            id="inverted period",
        ),
        pytest.param(
            {"ChargePeriodEnd": "2025-10-23 22:00:00"},
            ("period_too_long", "ChargePeriodEnd"),
            id="an hour of 400 days",
        ),
        pytest.param(
            {"BillingPeriodEnd": "2024-09-01 00:00:00"},
            ("end_before_start", "BillingPeriodEnd"),
            id="empty billing period",
        ),
        pytest.param({"ResourceId": "x" * 1001}, ("too_long", "ResourceId"), id="long resource"),
        pytest.param({"Id": "9" * 201}, ("too_long", "Id"), id="long key"),
    ],
)
def test_refused_values(changes, expected):
    code, column = expected
    assert problems(focus({}, changes, {})) == [(code, 3, column)]


def test_a_commitment_may_be_bought_for_three_years():
    content = focus({"ChargeCategory": "Purchase", "ChargePeriodEnd": "2027-09-18 22:00:00"})
    assert [row.category for row in read(content)] == ["Purchase"]


def test_message_shows_what_would_not_be_seen():
    with pytest.raises(RefusedFile) as caught:
        read(focus({"BilledCost": "1\u202e2"}))
    assert str(caught.value) == r"Line 2, column BilledCost: '1\u202e2' is not a plain number."


def test_all_problems_are_told_up_to_a_hundred():
    content = focus({"BilledCost": "x", "ListCost": "y"}, {}, {"ListCost": "z"})
    assert problems(content) == [
        ("bad_number", 2, "BilledCost"),
        ("bad_number", 2, "ListCost"),
        ("bad_number", 4, "ListCost"),
    ]
    assert len(problems(focus(*[{"BilledCost": "x"}] * 150))) == 100


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param("a;b;c", [("wrong_separator", 1, "")], id="semicolons"),
        pytest.param("a\tb", [("wrong_separator", 1, "")], id="tabs"),
        pytest.param(
            "a,b,a,b", [("doubled_column", 1, "a"), ("doubled_column", 1, "b")], id="twice"
        ),
        pytest.param("a,,b", [("unnamed_column", 1, "")], id="no name"),
        pytest.param(
            ",".join(f"c{i}" for i in range(10_000)), [("too_many_columns", 1, "")], id="many"
        ),
        pytest.param(
            ",".join(name for name in CELLS if name not in ("BilledCost", "SubAccountId")),
            [("missing_column", 1, "BilledCost"), ("missing_column", 1, "SubAccountId")],
            id="missing",
        ),
        pytest.param(
            ",".join(name.replace("BilledCost", "billedcost") for name in CELLS),
            [("missing_column", 1, "BilledCost")],
            id="spelled otherwise",
        ),
    ],
)
def test_refused_headers(header, expected):
    assert problems(header.encode() + b"\nx\n") == expected


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("columns", [list(CELLS), sorted(CELLS), sorted(CELLS, reverse=True)])
def test_line_ends_mark_and_order_of_columns_do_not_matter(columns, mark, end):
    (row,) = read(mark + focus({}, columns=columns, end=end))
    assert row == read(focus({}))[0]


def test_unknown_columns_are_kept_and_other_columns_may_lack():
    columns = [*CELLS, "x_Team"]
    columns.remove("ResourceId")
    (row,) = read(focus({"x_Team": '"red"'}, columns=columns))
    assert (row.get("x_Team"), row.get("ResourceId")) == ("red", "")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(focus(), [("no_rows", 0, "")], id="header only"),
        pytest.param(focus({}, {})[:-12], [("wrong_cell_count", 3, "")], id="cut after a quote"),
        pytest.param(focus({}) + b"a,b\n", [("wrong_cell_count", 3, "")], id="two cells"),
        pytest.param(focus({})[:-1] + b",more\n", [("wrong_cell_count", 2, "")], id="one too many"),
    ],
)
def test_refused_shapes(content, expected):
    assert problems(content) == expected


def test_a_file_cut_anywhere_in_its_last_row_is_refused():
    whole, last = focus({}, {}), len(focus({}, {})) - len(focus({}))
    refused = [problems(whole[:-cut])[0][0] for cut in range(1, last)]
    assert set(refused) == {"cut_short", "unclosed_quote", "wrong_cell_count"}
    assert len(read(whole[:-last])) == 1


def test_too_many_rows_are_refused():
    limits = Limits(bytes=10_000_000, rows=2, columns=200, cell_bytes=65_536)
    assert [row.number for row in read(focus({}, {}), limits)] == [1, 2]
    assert problems(focus({}, {}, {}), limits) == [("too_many_rows", 0, "")]


def test_without_id_the_key_is_all_that_the_row_says_but_money():
    columns = [name for name in CELLS if name != "Id"]
    (row,) = read(focus({}, columns=columns))
    (dearer,) = read(focus({"BilledCost": "9", "ListCost": "9"}, columns=columns))
    (later,) = read(focus({"ChargePeriodEnd": "2024-09-18 23:30:00"}, columns=columns))
    (reordered,) = read(focus({}, columns=sorted(columns)))
    assert (row.key[:7], len(row.key)) == ("sha256:", 71)
    assert (dearer.key, reordered.key) == (row.key, row.key)
    assert later.key != row.key


def test_a_row_comes_back_from_its_content():
    (row,) = read(focus({}))
    again = from_content(row.content, Dialect(), row.number)
    again.line = row.line
    assert again == row


def test_progress_and_digest():
    import hashlib

    with FOCUS_FILE.open("rb") as stream:
        file = UsageFile(stream, LIMITS)
        rows = sum(1 for _ in file)
    content = FOCUS_FILE.read_bytes()
    assert (rows, file.rows_read, file.bytes_read) == (1000, 1000, len(content))
    assert file.sha256 == hashlib.sha256(content).hexdigest()
