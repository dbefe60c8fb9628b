"""Which thresholds a running figure crosses: the tables (W1, W3)."""

from datetime import date
from decimal import Decimal

import pytest

from billing.rules.warnings import Bound, fall, rise

APRIL, MAY, JUNE = date(2024, 4, 1), date(2024, 5, 1), date(2024, 6, 1)


def numbers(text: str) -> list[Decimal]:
    return [Decimal(one) for one in text.split()]


# (armed thresholds, already crossed ones, running figures, told as threshold@figure, crossed after)
FALLS = [
    ("100", "", "150 100 120", "", ""),  # at the threshold is not below it
    ("100", "", "150 99.99", "100@99.99", "100"),
    ("100", "", "99 50 10", "100@99", "100"),  # once per crossing
    ("100", "", "99 100 99", "100@99 100@99", "100"),  # re-armed by recovery
    ("100 50 0", "", "-1", "100@-1 50@-1 0@-1", "0 50 100"),  # a jump tells all, highest first
    ("50", "100", "40", "50@40", "50 100"),
    ("", "100", "99", "", "100"),
    ("", "100", "100", "", ""),
    ("", "100", "100 99", "100@99", "100"),
    ("100", "", "", "", ""),
    ("-10", "", "-9.99 -10 -10.01", "-10@-10.01", "-10"),
]


@pytest.mark.rule("W1", "W3")
@pytest.mark.parametrize(("armed", "crossed", "figures", "told", "after"), FALLS)
def test_funds_fall(armed, crossed, figures, told, after):
    bounds = [Bound(1, amount, None) for amount in numbers(armed)]
    bounds += [Bound(1, amount, APRIL) for amount in numbers(crossed)]
    found = fall(bounds, numbers(figures), MAY)
    assert " ".join(f"{one.amount}@{one.figure}" for one in found) == told
    assert sorted(bound.amount for bound in bounds if bound.crossed) == numbers(after)


@pytest.mark.rule("W3")
@pytest.mark.parametrize(
    ("before", "told"),
    [("99.99", []), ("100", [("100", "90")]), (None, [])],  # crossed already; recovered unseen
)
def test_what_recovered_without_a_row_is_armed_again(before, told):
    bound = Bound(1, Decimal(100), APRIL)
    found = fall([bound], numbers("90"), MAY, before=before and Decimal(before))
    assert [(str(one.amount), str(one.figure)) for one in found] == told


# (thresholds with the month they were crossed in, spends, spent before in May, told)
RISES = [
    ({"100": None}, [(MAY, "100")], "0", []),  # at the threshold is not above it
    ({"100": None}, [(MAY, "100.01")], "0", [("100", "100.01")]),
    ({"100": None}, [(MAY, "1")], "100", [("100", "101")]),
    ({"100": None}, [(MAY, "60"), (MAY, "60"), (MAY, "60")], "0", [("100", "120")]),  # once a month
    ({"100": MAY}, [(MAY, "500")], "0", []),
    ({"100": APRIL}, [(MAY, "500")], "0", [("100", "500")]),  # a new month re-arms
    ({"100": None}, [(MAY, "101"), (MAY, "-50"), (MAY, "50")], "0", [("100", "101")]),
    ({"100": None, "50": None}, [(MAY, "500")], "0", [("50", "500"), ("100", "500")]),  # a jump
    ({"100": None}, [(MAY, "101"), (JUNE, "101")], "0", [("100", "101"), ("100", "101")]),
    ({"100": MAY}, [(APRIL, "500")], "0", []),  # late: of a month before the one it was told in
    ({"0": None}, [(MAY, "0.000000000000000001")], "0", [("0", "1E-18")]),
]


@pytest.mark.rule("W1", "W3")
@pytest.mark.parametrize(("thresholds", "spends", "before", "told"), RISES)
def test_spending_rises(thresholds, spends, before, told):
    bounds = [Bound(1, Decimal(amount), month) for amount, month in thresholds.items()]
    given = [(month, Decimal(amount)) for month, amount in spends]
    found = rise(bounds, given, {MAY: Decimal(before)})
    assert [(one.amount, one.figure) for one in found] == [
        (Decimal(amount), Decimal(figure)) for amount, figure in told
    ]
