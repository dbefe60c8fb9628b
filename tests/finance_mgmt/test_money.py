"""Exact amounts (B3, F10): reading, rounding like PostgreSQL, cutting, splitting, writing."""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from threading import Thread

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finance_mgmt import money
from finance_mgmt.errors import InvalidAmount

CURRENCIES = st.sampled_from(["CNY", "JPY", "KWD"])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.000", "0"),
        ("007", "7"),
        ("-2.6137", "-2.6137"),
        ("8E-7", "0.0000008"),
        ("8e-7", "0.0000008"),
        ("1E5", "100000"),
        ("0e99", "0"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("1e-18", "0.000000000000000001"),
        ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        ("100000000000000000000e-1", "10000000000000000000"),
        ("1.0000000000000000000", "1"),  # 19 decimals, but the last says nothing
    ],
)
def test_a_plain_number_is_read_to_the_last_digit(text, number):
    assert money.parse(text) == Decimal(number)
    assert f"{money.parse(text):f}" == money.plain(Decimal(number))


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "NaN", "nan", "sNaN", "Infinity", "-Infinity", "inf", "1_000", "1,000.5", "0x10",
        "+5", "--5", "1.", ".5", "1..2", "1 000", " 5", "5 ", "5\n", "5\x00", "1e400", "1e-400",
        "1e", "e5", "５", "１２３", "١٢٣", "1٫5", "½", "五", "1e+5", "£5", "5%", "None", "1e99",
        "100000000000000000000", "0.0000000000000000001", "1e-19", "9" * 200, "1e20",
    ],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused_and_quoted(text):
    with pytest.raises(ValueError, match=f"^{re.escape(repr(text))} "):
        money.parse(text)


# The widest numbers a NUMERIC(38,18) holds, with up to 12 digits more behind than it keeps.
WIDE = st.decimals(
    min_value=Decimal(-(10**19)),
    max_value=Decimal(10**19),
    places=30,
    allow_nan=False,
    allow_infinity=False,
)
HALVES = st.integers(-(10**12), 10**12).map(lambda n: Decimal(2 * n + 1).scaleb(-19) * 5)


@pytest.mark.rule("B3")
@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(numbers=st.lists(WIDE | HALVES, min_size=1, max_size=40))
def test_python_rounds_as_postgresql_does(numbers):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(n::numeric(38,18) ORDER BY i), sum(n::numeric(38,18))"
            " FROM unnest(%s::numeric[]) WITH ORDINALITY AS x(n, i)",
            [numbers],
        )
        rounded, total = cursor.fetchone()
    ours = [money.exact(number) for number in numbers]
    assert ours == rounded
    assert sum(ours, Decimal(0)) == total


@pytest.mark.rule("B3")
def test_sums_keep_every_digit_in_this_thread_and_in_others():
    big, small = Decimal(99_999_999_999_999_999_999), Decimal("0.000000000000000001")
    sums = [big + small - big]
    thread = Thread(target=lambda: sums.append(sum([big, small], -big)))
    thread.start()
    thread.join()
    assert sums == [small, small]


@pytest.mark.rule("B3")
def test_a_half_goes_away_from_zero_and_not_to_even():
    half = Decimal("0.0000000000000000005")
    assert money.exact(half) == Decimal("0.000000000000000001")
    assert money.exact(-half) == Decimal("-0.000000000000000001")
    assert half.quantize(Decimal("1e-18"), ROUND_HALF_EVEN) == 0


@pytest.mark.rule("B3")
@pytest.mark.parametrize(
    ("amount", "currency", "kept"),
    [
        ("20.52022672899", "CNY", "20.52"),
        ("20.509", "CNY", "20.50"),
        ("20.50", "CNY", "20.50"),
        ("-2.301", "CNY", "-2.31"),
        ("-2.30", "CNY", "-2.30"),
        ("0.009999999999999999", "CNY", "0"),
        ("-0.000000000000000001", "CNY", "-0.01"),
        ("1234.999", "JPY", "1234"),
        ("-1234.001", "JPY", "-1235"),
        ("1.2349", "KWD", "1.234"),
        ("-1.2341", "KWD", "-1.235"),
        ("1.99", "KRW", "1"),
        ("1.2399", "XXX", "1.23"),
    ],
)
def test_a_bill_is_cut_in_the_customers_favour(amount, currency, kept):
    assert money.cut(Decimal(amount), currency) == Decimal(kept)


@pytest.mark.rule("B3")
@given(amount=WIDE, currency=CURRENCIES)
def test_the_rest_of_a_cut_is_below_one_minor_unit_and_never_negative(amount, currency):
    rest = amount - money.cut(amount, currency)
    assert 0 <= rest < Decimal(1).scaleb(-money.minor_places(currency))


@pytest.mark.rule("F10")
@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.01", "CNY"),
        ("1", "CNY"),
        ("1E+2", "CNY"),
        ("1.10000", "CNY"),
        ("1", "JPY"),
        ("0.001", "KWD"),
        ("999999999999999", "CNY"),
        ("999999999999999.99", "CNY"),
    ],
)
def test_money_moves_in_whole_minor_units(amount, currency):
    assert money.require_movable(Decimal(amount), currency) == Decimal(amount)


@pytest.mark.rule("F10")
@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("0", "CNY", "amount_not_positive"),
        ("-0", "CNY", "amount_not_positive"),
        ("-0.01", "CNY", "amount_not_positive"),
        ("NaN", "CNY", "amount_not_positive"),
        ("-NaN", "CNY", "amount_not_positive"),
        ("sNaN", "CNY", "amount_not_positive"),
        ("Infinity", "CNY", "amount_not_positive"),
        ("-Infinity", "CNY", "amount_not_positive"),
        ("0.001", "CNY", "amount_too_precise"),
        ("1.1", "JPY", "amount_too_precise"),
        ("0.0001", "KWD", "amount_too_precise"),
        ("1E-400", "CNY", "amount_too_precise"),
        ("1E+15", "CNY", "amount_too_large"),
        ("1E+400", "CNY", "amount_too_large"),
    ],
)
def test_what_funds_cannot_move_by_is_refused_with_its_reason(amount, currency, code):
    with pytest.raises(InvalidAmount) as refused:
        money.require_movable(Decimal(amount), currency)
    assert [(r.rule, r.code) for r in refused.value.reasons] == [("F10", code)]


@pytest.mark.rule("B3")
@pytest.mark.parametrize(
    ("total", "weights", "currency", "parts"),
    [
        ("100.00", [1, 1, 1], "CNY", ["33.34", "33.33", "33.33"]),
        ("0.02", [1, 1, 1], "CNY", ["0.01", "0.01", "0.00"]),
        ("100", [1, 1, 1], "JPY", ["34", "33", "33"]),
        ("100.000", [1, 1, 1], "KWD", ["33.334", "33.333", "33.333"]),
        ("10.00", [1, 0, 3], "CNY", ["2.50", "0.00", "7.50"]),
        (
            "1.00",
            [1, 2, 4],
            "CNY",
            ["0.14", "0.29", "0.57"],
        ),  # the largest remainder, not the first
        ("0.01", ["0.000000000000000001", 1], "CNY", ["0.00", "0.01"]),
        ("0.00", [1, 2], "CNY", ["0.00", "0.00"]),
        ("-1.00", [1, 1, 1], "CNY", ["-0.33", "-0.33", "-0.34"]),
    ],
)
def test_a_split_goes_by_largest_remainder_the_earlier_first(total, weights, currency, parts):
    weights = [Decimal(weight) for weight in weights]
    assert money.split(Decimal(total), weights, currency) == [Decimal(part) for part in parts]


@pytest.mark.rule("B3")
@pytest.mark.parametrize("members", [3, 7, 66])
def test_one_hundred_over_3_7_and_66_members_sums_to_one_hundred(members):
    parts = money.split(Decimal(100), [Decimal(1)] * members, "CNY")
    assert sum(parts) == Decimal(100)
    assert max(parts) - min(parts) <= Decimal("0.01")
    assert parts == sorted(parts, reverse=True)


@pytest.mark.rule("B3")
@given(
    cents=st.integers(-(10**12), 10**12),
    weights=st.lists(
        st.decimals(min_value=0, max_value=10**9, places=18), min_size=1, max_size=70
    ).filter(any),
    currency=CURRENCIES,
)
def test_the_parts_of_a_split_always_sum_and_stay_within_a_unit_of_their_share(
    cents, weights, currency
):
    unit = Decimal(1).scaleb(-money.minor_places(currency))
    total = cents * unit
    parts = money.split(total, weights, currency)
    shares = [money.EXACT.divide(money.EXACT.multiply(total, w), sum(weights)) for w in weights]
    assert sum(parts) == total
    assert len(parts) == len(weights)
    assert [p for p, s in zip(parts, shares, strict=True) if abs(p - s) >= unit] == []
    assert parts == money.split(total, weights, currency)


@pytest.mark.parametrize("weights", [[], ["0"], ["0", "0"], ["-1", "2"], ["-1"]])
def test_a_split_needs_weights(weights):
    with pytest.raises(ValueError, match="Weights"):
        money.split(Decimal(1), [Decimal(weight) for weight in weights], "CNY")


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        ("8", 2, "8.00"),
        ("8.50", 2, "8.50"),
        ("0.0000012", 2, "0.0000012"),
        ("1.20E-6", 0, "0.0000012"),
        ("1E+3", 0, "1000"),
        ("1E+3", 2, "1000.00"),
        ("100.000", 0, "100"),
        ("-0.00", 2, "0.00"),
        ("-2.30", 0, "-2.3"),
        ("0.123456789012345678", 3, "0.123456789012345678"),
    ],
)
def test_numbers_are_written_without_exponent(number, places, text):
    assert money.plain(Decimal(number), places) == text


@given(
    number=st.decimals(
        allow_nan=False, allow_infinity=False, places=18, max_value=10**19, min_value=-(10**19)
    )
)
def test_what_is_written_is_read_back(number):
    assert money.parse(money.plain(number)) == number


@pytest.mark.parametrize(
    ("currency", "places"), [("CNY", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TND", 3)]
)
def test_each_currency_has_its_minor_unit(currency, places):
    assert money.minor_places(currency) == places
