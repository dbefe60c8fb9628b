"""What a bill draws from cash and what from credit (B3, B5)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules.funding import Draw, credit_by_owner, draw
from finance_mgmt.money import minor_places

ME, A, B = 1, 2, 3


def drawn(own, members, carried, cash, currency="CNY") -> Draw:
    amounts = dict(
        zip(("own", "members", "carried", "cash"), (own, members, carried, cash), strict=True)
    )
    return draw(**{name: Decimal(amount) for name, amount in amounts.items()}, currency=currency)


TABLE = [
    # own, members, carried, cash; then: total, round-off, from cash, on credit
    ("20", "0", "0", "100", "20 0 20 0"),
    ("20", "0", "0", "5", "20 0 5 15"),
    ("20", "0", "0", "0", "20 0 0 20"),
    ("0", "20", "0", "100", "20 0 0 20"),  # members' usage never draws cash
    ("20", "30", "0", "100", "50 0 20 30"),
    ("20", "30", "0", "7.5", "50 0 7.50 42.50"),
    ("20.519", "0", "0", "100", "20.51 0.009 20.51 0"),
    ("10.006", "10.006", "0", "100", "20.01 0.002 10 10.01"),  # own part is cut down for itself
    ("0.004", "0.004", "0", "100", "0 0.008 0 0"),
    ("0.006", "0.006", "0", "100", "0.01 0.002 0 0.01"),
    ("0", "0", "0", "100", "0 0 0 0"),
    ("20", "-5", "0", "100", "15 0 15 0"),  # members' corrections lower what is drawn at all
    ("-5", "20", "0", "100", "15 0 0 15"),
    ("-20", "5", "0", "100", "-15 0 0 0"),
    ("-2.301", "0", "0", "100", "-2.31 0.009 0 0"),
    ("20", "0", "-2.31", "100", "17.69 0 17.69 0"),
    ("20", "30", "-2.31", "10", "47.69 0 10 37.69"),
    ("2", "30", "-2.31", "10", "29.69 0 0 29.69"),
    ("2", "0", "-2.31", "10", "-0.31 0 0 0"),
    ("2.31", "0", "-2.31", "10", "0 0 0 0"),
]


@pytest.mark.rule("B3", "B5")
@pytest.mark.parametrize(("own", "members", "carried", "cash", "result"), TABLE)
def test_own_charges_draw_cash_then_credit_members_credit_only(own, members, carried, cash, result):
    assert drawn(own, members, carried, cash) == Draw(*map(Decimal, result.split()))


@pytest.mark.rule("B5")
@pytest.mark.parametrize(
    ("own", "ordered_credit", "on_credit", "carried_forward"),
    [
        ("-30", "100", "-30", "0"),  # lowers what the month's orders put on credit
        ("-30", "30", "-30", "0"),
        ("-30.001", "30", "0", "-30.01"),  # they can't bear all of it
        ("-30", "0", "0", "-30"),
        ("30", "100", "30", "0"),
    ],
)
def test_what_is_left_in_favour_lowers_the_credit_of_orders(
    own, ordered_credit, on_credit, carried_forward
):
    bill = draw(
        own=Decimal(own),
        members=Decimal(0),
        carried=Decimal(0),
        cash=Decimal(0),
        ordered_credit=Decimal(ordered_credit),
        currency="CNY",
    )
    assert (bill.on_credit, bill.carried_forward) == (Decimal(on_credit), Decimal(carried_forward))


@pytest.mark.rule("B3")
@pytest.mark.parametrize(
    ("currency", "result"),
    [
        ("JPY", "20 0.5196 10 10"),
        ("KWD", "20.519 0.0006 10 10.519"),
        ("CNY", "20.51 0.0096 10 10.51"),
    ],
)
def test_a_bill_is_cut_to_its_currencys_minor_unit(currency, result):
    assert drawn("20.5196", "0", "0", "10", currency) == Draw(*map(Decimal, result.split()))


EXACT = st.decimals(-(10**9), 10**9, places=18)
CURRENCIES = st.sampled_from(["CNY", "JPY", "KWD"])


@pytest.mark.rule("B3", "B5")
@given(
    own=EXACT,
    members=EXACT,
    carried=st.integers(-(10**6), 0),
    cash=st.integers(0, 10**9),
    currency=CURRENCIES,
)
def test_every_bill_adds_up_and_draws_only_what_it_may(own, members, carried, cash, currency):
    unit = Decimal(1).scaleb(-minor_places(currency))
    carried, cash = carried * unit, cash * unit
    bill = draw(own=own, members=members, carried=carried, cash=cash, currency=currency)
    assert own + members + carried - bill.round_off == bill.total
    assert 0 <= bill.round_off < unit
    assert bill.total % unit == 0
    if bill.total < 0:
        assert (bill.from_cash, bill.on_credit) == (0, 0)
    else:
        assert bill.from_cash + bill.on_credit == bill.total
        assert 0 <= bill.from_cash <= min(cash, max(own + carried, Decimal(0)))
        assert bill.on_credit >= 0


@pytest.mark.rule("B4")
@pytest.mark.parametrize(
    ("on_credit", "amounts", "from_cash", "named"),
    [
        ("0", {ME: "20"}, "20", {}),
        ("30", {ME: "20", A: "30"}, "20", {A: "30"}),
        ("40", {ME: "20", A: "30"}, "10", {ME: "10", A: "30"}),
        ("50", {A: "30", B: "20"}, "0", {A: "30", B: "20"}),
        ("10.01", {A: "5.006", B: "5.006"}, "0", {A: "5.01", B: "5.00"}),
        ("15", {A: "20", B: "-5"}, "0", {A: "15"}),  # who has nothing to pay is not named
        ("0.01", {ME: "0.004", A: "0.006"}, "0", {A: "0.01"}),
        ("5", {ME: "-5", A: "10"}, "0", {A: "5"}),
        ("3", {}, "0", {ME: "3"}),
        ("3", {A: "0", B: "-1"}, "0", {ME: "3"}),
    ],
)
def test_each_part_of_the_credit_names_its_owner(on_credit, amounts, from_cash, named):
    found = credit_by_owner(
        Decimal(on_credit),
        {owner: Decimal(amount) for owner, amount in amounts.items()},
        payer=ME,
        from_cash=Decimal(from_cash),
        currency="CNY",
    )
    assert found == {owner: Decimal(amount) for owner, amount in named.items()}


@pytest.mark.rule("B4")
@given(
    cents=st.integers(0, 10**9),
    amounts=st.dictionaries(st.integers(1, 70), EXACT, max_size=70),
    cash=st.integers(0, 10**9),
    currency=CURRENCIES,
)
def test_the_named_parts_always_sum_to_the_whole(cents, amounts, cash, currency):
    whole = cents * Decimal(1).scaleb(-minor_places(currency))
    parts = credit_by_owner(whole, amounts, payer=ME, from_cash=Decimal(cash), currency=currency)
    assert sum(parts.values(), Decimal(0)) == whole
    assert [part for part in parts.values() if part <= 0] == []
