"""The best discount for the customer, and that none stack (D1)."""

from decimal import Decimal

import pytest

from billing.rules.discounts import Offer, best


def rate(discount: int, of: str) -> Offer:
    return Offer(discount, Decimal(of), None)


def fixed(discount: int, price: str) -> Offer:
    return Offer(discount, None, Decimal(price))


# offers; list amount, quantity; the discount that decides, what is left to pay
TABLE = [
    pytest.param([], "100", "10", None, "100", id="nothing offered"),
    pytest.param([rate(1, "0.8")], "100", "10", 1, "80", id="a rate"),
    pytest.param([rate(1, "1")], "100", "10", None, "100", id="a rate of 1 helps nobody"),
    pytest.param([rate(1, "0")], "100", "10", 1, "0", id="a rate of 0 is free"),
    pytest.param([fixed(1, "7.5")], "100", "10", 1, "75", id="a fixed unit price"),
    pytest.param([fixed(1, "10")], "100", "10", None, "100", id="a fixed price that is the list's"),
    pytest.param([fixed(1, "12")], "100", "10", None, "100", id="a fixed price above the list's"),
    pytest.param([rate(1, "0.9"), rate(2, "0.5")], "100", "10", 2, "50", id="they do not stack"),
    pytest.param([rate(1, "0.5"), fixed(2, "6")], "100", "10", 1, "50", id="rate below price"),
    pytest.param([rate(1, "0.7"), fixed(2, "6")], "100", "10", 2, "60", id="price below rate"),
    pytest.param([fixed(7, "5"), rate(3, "0.5")], "100", "10", 3, "50", id="equal: the older"),
    pytest.param([rate(1, "0.8")], "0", "0", None, "0", id="nothing to pay"),
    pytest.param([rate(1, "0.8")], "-100", "-10", 1, "-80", id="a correction gets the same"),
    pytest.param(
        [rate(1, "0.8"), fixed(2, "6")], "-100", "-10", 2, "-60", id="a correction by size"
    ),
    pytest.param(
        [rate(1, "0.333333333333333333")],
        "0.000000000000000001",
        "1",
        1,
        "0",
        id="rounded to 18 decimals",
    ),
    pytest.param(
        [rate(1, "0.5")],
        "0.000000000000000003",
        "1",
        1,
        "0.000000000000000002",
        id="half away from zero, as the database rounds",
    ),
]


@pytest.mark.rule("D1")
@pytest.mark.parametrize(("offers", "listed", "quantity", "decides", "left"), TABLE)
def test_the_best_offer(offers, listed, quantity, decides, left):
    assert best(offers, Decimal(listed), Decimal(quantity)) == (decides, Decimal(left))
    assert best(reversed(offers), Decimal(listed), Decimal(quantity)) == (decides, Decimal(left))


@pytest.mark.rule("D1")
def test_an_offer_is_a_rate_or_a_price():
    with pytest.raises(AssertionError, match="a rate or a fixed price"):
        Offer(1, None, None).payable(Decimal(1), Decimal(1))
