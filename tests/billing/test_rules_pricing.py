"""List values with graduated steps (P1)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.pricing import ListPrice, steps_of

FLAT = ListPrice(Decimal("0.10"))
STEPPED = ListPrice(
    Decimal("0.10"), ((Decimal(100), Decimal("0.08")), (Decimal(500), Decimal("0.05")))
)

# quantity, before it in the month; list value: 0.10 to 100, 0.08 to 500, 0.05 above
VALUES = [
    ("0", "0", "0"),
    ("1", "0", "0.10"),
    ("99", "0", "9.90"),
    ("100", "0", "10"),
    ("101", "0", "10.08"),
    ("500", "0", "42"),
    ("501", "0", "42.05"),
    ("1", "99", "0.10"),
    ("1", "100", "0.08"),
    ("2", "99", "0.18"),
    ("1", "500", "0.05"),
    ("402", "99", "32.15"),  # 1 at 0.10, 400 at 0.08, 1 at 0.05
    ("1000", "1000", "50"),
    ("0.5", "99.75", "0.045"),
    ("-1", "101", "-0.08"),  # a correction takes back what the last unit cost
    ("-2", "101", "-0.18"),
    ("-101", "101", "-10.08"),
]


@pytest.mark.rule("P1")
@pytest.mark.parametrize(("quantity", "before", "value"), VALUES)
def test_each_unit_has_the_price_of_its_step(quantity, before, value):
    assert STEPPED.value(Decimal(quantity), Decimal(before)) == Decimal(value)


@pytest.mark.rule("P1")
def test_without_steps_every_unit_costs_the_same():
    assert FLAT.value(Decimal(1000), Decimal(1000)) == Decimal(100)


@pytest.mark.rule("P1", "B3")
def test_a_value_is_exact_to_18_decimals():
    tiny = ListPrice(Decimal("0.000000000000000001"))
    assert tiny.value(Decimal("1.5")) == Decimal("0.000000000000000002")
    assert tiny.value(Decimal("0.4")) == Decimal(0)


QUANTITY = st.decimals(0, 1000, places=3)


@pytest.mark.rule("P1")
@given(st.lists(QUANTITY, min_size=1, max_size=8))
def test_the_parts_of_a_month_sum_to_its_whole(quantities):
    before, total = Decimal(0), Decimal(0)
    for quantity in quantities:
        total += STEPPED.value(quantity, before)
        before += quantity
    assert total == STEPPED.value(before)


@pytest.mark.rule("P1")
def test_stored_steps_are_read():
    assert steps_of([["100", "0.08"], ["500", "0.05"]]) == STEPPED.steps
    assert steps_of([]) == ()


BAD = [
    ([["0", "1"]], "Each step"),
    ([["-1", "1"]], "Each step"),
    ([["100", "1"], ["100", "2"]], "Each step"),
    ([["500", "1"], ["100", "2"]], "Each step"),
    ([["500", "-1"], ["100", "2"]], "Each step"),  # the order of the steps first
    ([["100", "-1"]], "never negative"),
]


@pytest.mark.rule("P1")
@pytest.mark.parametrize(("tiers", "said"), BAD)
def test_steps_that_do_not_rise_are_refused(tiers, said):
    with pytest.raises(ValueError, match=said):
        steps_of(tiers)


@pytest.mark.rule("P1")
def test_a_step_may_be_free_or_dearer():
    price = ListPrice(Decimal(1), steps_of([["10", "0"], ["20", "3"]]))
    assert price.value(Decimal(21)) == Decimal(13)
