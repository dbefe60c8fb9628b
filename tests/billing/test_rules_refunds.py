"""What of a paid order is unused, when it is worth nothing, and where a refund goes (O4, R2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.rules.refunds import Turn, destination, is_worthless, unused

FROM = datetime(2024, 5, 1, 6, 20, 30, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
UNTIL = FROM + 30 * DAY

# instant; what is unused of 300.00 for 30 days
DAYS = [
    (FROM - 90 * DAY, "300"),
    (FROM - SECOND, "300"),
    (FROM, "300"),  # no day has begun to pass yet
    (FROM + SECOND, "290"),
    (FROM + DAY, "290"),
    (FROM + DAY + SECOND, "280"),
    (FROM + 29 * DAY, "10"),
    (FROM + 29 * DAY + SECOND, "0"),
    (UNTIL, "0"),
    (UNTIL + DAY, "0"),
]


@pytest.mark.rule("O4")
@pytest.mark.parametrize(("instant", "left"), DAYS)
def test_started_days_are_used(instant, left):
    assert unused(Decimal(300), FROM, UNTIL, instant, "CNY") == Decimal(left)


# paid, days, days used, currency; what is unused, cut to the minor unit
CUTS = [
    ("100", 30, 10, "CNY", "66.66"),
    ("100", 31, 30, "CNY", "3.22"),
    ("0.01", 30, 1, "CNY", "0"),
    ("0.01", 30, 0, "CNY", "0.01"),
    ("100", 3, 1, "JPY", "66"),
    ("100", 3, 1, "KWD", "66.666"),
    ("0", 30, 0, "CNY", "0"),
]


@pytest.mark.rule("O4", "B3")
@pytest.mark.parametrize(("paid", "days", "used", "currency", "left"), CUTS)
def test_the_unused_part_is_cut_to_the_minor_unit(paid, days, used, currency, left):
    until, now = FROM + days * DAY, FROM + used * DAY
    assert unused(Decimal(paid), FROM, until, now, currency) == Decimal(left)


@pytest.mark.rule("O4")
def test_a_part_of_a_day_is_a_day():
    assert unused(Decimal(30), FROM, FROM + 2 * DAY + SECOND, FROM + SECOND, "CNY") == Decimal(20)


@pytest.mark.rule("O4")
@pytest.mark.parametrize("until", [FROM, FROM - DAY])
def test_an_order_for_no_time_has_nothing_unused(until):
    assert unused(Decimal(300), FROM, until, FROM, "CNY") == Decimal(0)


# turning points after the payment; is the order worthless
POINTS = [
    ([], False),
    ([-SECOND], False),  # before it was paid
    ([timedelta(0)], False),  # it was paid by the terms that began at that instant
    ([SECOND], True),
    ([10 * DAY], True),  # exactly now
    ([10 * DAY + SECOND], False),  # not yet
    ([-SECOND, 20 * DAY], False),
    ([-SECOND, DAY, 20 * DAY], True),
]


@pytest.mark.rule("R2")
@pytest.mark.parametrize(("after", "worthless"), POINTS)
def test_any_turn_between_payment_and_now_takes_the_value(after, worthless):
    turns = [Turn(FROM + one, is_before_payment=True) for one in after]
    assert is_worthless(FROM, FROM + 10 * DAY, turns) is worthless


@pytest.mark.rule("R2")
def test_a_turn_at_the_instant_of_the_payment_counts_if_it_came_after_it():
    assert is_worthless(FROM, FROM, [Turn(FROM, is_before_payment=False)])


# refunded now; credit of the order not given back yet, still unsettled; to credit, to cash
DESTINATIONS = [
    ("50", "0", "0", "0", "50"),  # paid in cash
    ("50", "60", "60", "50", "0"),  # credit first
    ("50", "40", "60", "40", "10"),  # then cash
    ("50", "60", "60", "50", "0"),
    ("50", "60", "20", "20", "30"),  # partly settled: that part returns as cash
    ("50", "60", "0", "0", "50"),  # all settled
    ("50", "20", "10", "10", "40"),
    ("50", "0", "100", "0", "50"),  # other orders' credit is not this one's
]


@pytest.mark.rule("O4")
@pytest.mark.parametrize(("amount", "credit", "open_", "to_credit", "to_cash"), DESTINATIONS)
def test_a_refund_goes_to_credit_then_cash(amount, credit, open_, to_credit, to_cash):
    assert destination(Decimal(amount), Decimal(credit), Decimal(open_)) == (
        Decimal(to_credit),
        Decimal(to_cash),
    )
