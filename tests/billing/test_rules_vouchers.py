"""Which vouchers pay how much of what, in which order, and why not (V1-V4, K4)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.vouchers import Purchase, Purse, draw, refused

NOW = datetime(2024, 5, 10, 6, 20, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OWNER, MEMBER, OTHER = 1, 2, 3
PRODUCT, FAMILY = 10, 20


def purse(voucher: int = 1, remaining: str = "50", **facts) -> Purse:
    return Purse(
        voucher=voucher,
        code=f"v{voucher}",
        owner=facts.pop("owner", OWNER),
        remaining=Decimal(remaining),
        issued_at=facts.pop("issued_at", NOW - timedelta(days=1)),
        **facts,
    )


def purchase(amount: str = "30", owner: int = OWNER, at: datetime = NOW) -> Purchase:
    return Purchase(owner=owner, product=PRODUCT, family=FAMILY, amount=Decimal(amount), at=at)


# what is special about the voucher; who buys; why it can't pay
REASONS = [
    ({}, OWNER, ""),
    ({}, MEMBER, "not_shared_with_the_owner"),
    ({"share": "private"}, MEMBER, "not_shared_with_the_owner"),
    ({"share": "all_trusteeship_members"}, MEMBER, ""),
    ({"share": "listed_members", "members": frozenset({MEMBER})}, MEMBER, ""),
    ({"share": "listed_members", "members": frozenset({MEMBER})}, OWNER, ""),
    (
        {"share": "listed_members", "members": frozenset({OTHER})},
        MEMBER,
        "not_shared_with_the_owner",
    ),
    ({"share": "listed_members"}, MEMBER, "not_shared_with_the_owner"),
    ({"share": "private", "members": frozenset({MEMBER})}, MEMBER, "not_shared_with_the_owner"),
    ({"valid_from": NOW}, OWNER, ""),
    ({"valid_from": NOW + SECOND}, OWNER, "not_valid_yet"),
    ({"expires_at": NOW + SECOND}, OWNER, ""),
    ({"expires_at": NOW}, OWNER, "expired"),
    ({"products": frozenset({PRODUCT})}, OWNER, ""),
    ({"products": frozenset({PRODUCT + 1})}, OWNER, "other_products"),
    ({"families": frozenset({FAMILY})}, OWNER, ""),
    ({"families": frozenset({FAMILY + 1})}, OWNER, "other_products"),
    ({"products": frozenset({PRODUCT + 1}), "families": frozenset({FAMILY})}, OWNER, ""),
    ({"products": frozenset({PRODUCT}), "families": frozenset({FAMILY + 1})}, OWNER, ""),
    ({"minimum_spend": Decimal(30)}, OWNER, ""),
    ({"minimum_spend": Decimal("30.01")}, OWNER, "below_minimum_spend"),
    ({"remaining": "0"}, OWNER, "used_up"),
    ({"remaining": "0.000000000000000001"}, OWNER, ""),
]


@pytest.mark.rule("V1", "V3")
@pytest.mark.parametrize(("facts", "buyer", "why"), REASONS)
def test_why_a_voucher_can_not_pay(facts, buyer, why):
    assert refused(purse(**facts), purchase(owner=buyer)) == why


# Everything is wrong at once; each step mends the first reason and shows the next.
STAIRCASE = [
    ({"share": "all_trusteeship_members"}, "not_shared_with_the_owner"),
    ({"valid_from": None}, "not_valid_yet"),
    ({"expires_at": NOW + SECOND}, "expired"),
    ({"products": frozenset()}, "other_products"),
    ({"minimum_spend": Decimal(0)}, "below_minimum_spend"),
    ({"remaining": "1"}, "used_up"),
]


@pytest.mark.rule("V1", "V3", "K4")
def test_the_reasons_have_an_order():
    facts = {
        "share": "private",
        "valid_from": NOW + SECOND,
        "expires_at": NOW,
        "products": frozenset({PRODUCT + 1}),
        "minimum_spend": Decimal(31),
        "remaining": "0",
    }
    seen = []
    for mended, _ in STAIRCASE:
        seen.append(refused(purse(**facts), purchase(owner=MEMBER)))
        facts |= mended
    assert seen == [why for _, why in STAIRCASE]
    assert refused(purse(**facts), purchase(owner=MEMBER)) == ""


DAY = timedelta(days=1)

# vouchers in the wrong order; the order in which they are drawn
ORDERS = [
    pytest.param(
        [purse(1), purse(2, expires_at=NOW + 2 * DAY), purse(3, expires_at=NOW + DAY)],
        [3, 2, 1],
        id="earliest expiry, those that never expire last",
    ),
    pytest.param(
        [purse(1, "5"), purse(2, "7"), purse(3, "6")], [2, 3, 1], id="then the largest remaining"
    ),
    pytest.param(
        [
            purse(1, issued_at=NOW - DAY),
            purse(2, issued_at=NOW - 3 * DAY),
            purse(3, issued_at=NOW - 2 * DAY),
        ],
        [2, 3, 1],
        id="then the earliest issue",
    ),
    pytest.param([purse(3), purse(1), purse(2)], [1, 2, 3], id="then the first made"),
    pytest.param(
        [
            purse(1, "1", expires_at=NOW + DAY, issued_at=NOW - 9 * DAY),
            purse(2, "9", expires_at=NOW + 2 * DAY, issued_at=NOW - 9 * DAY),
            purse(3, "9", expires_at=NOW + DAY, issued_at=NOW - DAY),
        ],
        [3, 1, 2],
        id="expiry before size before age",
    ),
]


@pytest.mark.rule("V2")
@pytest.mark.parametrize(("purses", "order"), ORDERS)
def test_the_order_of_use(purses, order):
    _, tried = draw(purses, purchase("1000000"))
    assert [one["voucher"] for one in tried] == [f"v{voucher}" for voucher in order]


@pytest.mark.rule("V1", "V2")
def test_several_vouchers_pay_one_purchase_and_what_remains_is_exact():
    first = purse(1, "10.000000000000000001", expires_at=NOW + DAY)
    second = purse(2, "100", expires_at=NOW + 2 * DAY)
    third = purse(3, "100")

    drawn, tried = draw([third, second, first], purchase("30.5"))

    assert drawn == {1: Decimal("10.000000000000000001"), 2: Decimal("20.499999999999999999")}
    assert [one.remaining for one in (first, second, third)] == [
        Decimal(0),
        Decimal("79.500000000000000001"),
        Decimal(100),
    ]
    assert tried == [
        {"voucher": "v1", "paid": "10.000000000000000001", "refused": ""},
        {"voucher": "v2", "paid": "20.499999999999999999", "refused": ""},
        {"voucher": "v3", "paid": "0.00", "refused": "nothing_left_to_pay"},
    ]


@pytest.mark.rule("K4")
def test_the_minimum_looks_at_the_whole_amount_not_at_what_other_vouchers_left():
    first, second = purse(1, "25", expires_at=NOW + DAY), purse(2, minimum_spend=Decimal(30))
    assert draw([first, second], purchase("30"))[0] == {1: Decimal(25), 2: Decimal(5)}


@pytest.mark.rule("V1")
def test_a_refused_voucher_is_told_and_keeps_what_it_has():
    expired, good = purse(1, expires_at=NOW), purse(2)
    drawn, tried = draw([expired, good], purchase("30"))
    assert (drawn, expired.remaining) == ({2: Decimal(30)}, Decimal(50))
    assert tried == [
        {"voucher": "v1", "paid": "0.00", "refused": "expired"},
        {"voucher": "v2", "paid": "30.00", "refused": ""},
    ]


@pytest.mark.rule("B3")
def test_an_order_draws_whole_units_only():
    odd = purse(1, "10.019", expires_at=NOW + DAY)
    tiny = purse(2, "0.009", expires_at=NOW + 2 * DAY)
    rest = purse(3, "100")

    drawn, _ = draw([odd, tiny, rest], purchase("30.00"), Decimal("0.01"))

    assert drawn == {1: Decimal("10.01"), 3: Decimal("19.99")}
    assert (odd.remaining, tiny.remaining) == (Decimal("0.009"), Decimal("0.009"))


@pytest.mark.rule("V1", "B2")
@pytest.mark.parametrize("amount", ["0", "-5"])
def test_nothing_to_pay_draws_nothing(amount):
    one = purse(1)
    assert draw([one], purchase(amount))[0] == {}
    assert one.remaining == Decimal(50)


MONEY = st.decimals(0, 1000, places=4)


@pytest.mark.rule("V1", "V2")
@given(st.lists(st.tuples(MONEY, st.integers(0, 3)), max_size=6), st.lists(MONEY, max_size=6))
def test_no_voucher_ever_pays_more_than_it_has_and_no_purchase_more_than_it_costs(faces, amounts):
    purses = [
        purse(n, str(face), expires_at=NOW + days * DAY if days else None)
        for n, (face, days) in enumerate(faces)
    ]
    total = sum((Decimal(face) for face, _ in faces), Decimal(0))
    paid = Decimal(0)
    for amount in amounts:
        drawn, _ = draw(purses, purchase(str(amount)))
        assert sum(drawn.values(), Decimal(0)) == min(amount, total - paid)
        paid += sum(drawn.values(), Decimal(0))
    assert sum((one.remaining for one in purses), Decimal(0)) == total - paid
    assert [one for one in purses if one.remaining < 0] == []
