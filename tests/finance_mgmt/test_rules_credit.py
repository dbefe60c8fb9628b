"""The published formulas of funds (F2-F5), with worked examples."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finance_mgmt.rules.credit import Figures
from finance_mgmt.rules.ledger import ALL_FIGURES, FIGURES

NAMES = ("counted_limit", "effective_limit", "unsettled", "available", "headroom", "overshoot")


def figures(**given_figures) -> Figures:
    frozen = given_figures.pop("frozen", False)
    amounts = dict.fromkeys(ALL_FIGURES, Decimal(0))
    amounts |= {name: Decimal(amount) for name, amount in given_figures.items()}
    return Figures(**amounts, is_own_line_frozen=frozen)


TABLE = [
    # what the account has; then: counted, effective, unsettled, available, headroom, overshoot
    ({}, "0 0 0 0 0 0"),
    ({"cash": "100"}, "0 0 0 100 0 0"),  # cash is available, never headroom (F4)
    ({"credit_limit": "500"}, "500 500 0 500 500 0"),
    ({"cash": "100", "credit_limit": "500"}, "500 500 0 600 500 0"),
    ({"credit_limit": "500", "used": "500"}, "500 500 0 0 0 0"),
    ({"credit_limit": "500", "used": "620"}, "500 500 0 -120 -120 120"),  # metered usage only (F5)
    ({"credit_limit": "500", "cash": "200", "used": "620"}, "500 500 0 80 -120 120"),
    ({"credit_limit": "500", "unsettled_own": "80.5"}, "500 500 80.5 419.5 419.5 0"),
    ({"credit_limit": "500", "unsettled_members": "80"}, "500 500 80 420 420 0"),
    # own usage is paid from cash first: only members' share of it presses on the credit ...
    (
        {"credit_limit": "500", "cash": "90", "unsettled_own": "80", "unsettled_members": "30"},
        "500 500 110 480 470 0",
    ),
    # ... until the cash does not reach for it: then available bounds the headroom (F4)
    (
        {"credit_limit": "500", "cash": "50", "unsettled_own": "80", "unsettled_members": "30"},
        "500 500 110 440 440 0",
    ),
    ({"credit_limit": "500", "allocated_out": "200"}, "500 300 0 300 300 0"),
    ({"allocated_in": "200", "used": "50"}, "0 200 0 150 150 0"),
    # a frozen own line carries old debt, and nothing new (F2, L13)
    ({"credit_limit": "500", "frozen": True}, "0 0 0 0 0 0"),
    ({"credit_limit": "500", "cash": "40", "frozen": True}, "0 0 0 40 0 0"),
    ({"credit_limit": "500", "used": "120", "frozen": True}, "120 120 0 0 0 0"),
    ({"credit_limit": "500", "used": "620", "frozen": True}, "500 500 0 -120 -120 120"),
    (
        {"credit_limit": "500", "used": "100", "unsettled_own": "30", "frozen": True},
        "130 130 30 0 0 0",
    ),
    (
        {"credit_limit": "500", "used": "100", "unsettled_members": "30", "frozen": True},
        "100 100 30 -30 -30 0",  # what members cost is no old debt of its own
    ),
    ({"credit_limit": "500", "unsettled_own": "-20", "frozen": True}, "0 0 -20 20 0 0"),
    # share_credit: the allocated credit instead of the own line, with its old debt carried
    (
        {"credit_limit": "500", "used": "100", "allocated_in": "300", "frozen": True},
        "100 400 0 300 300 0",
    ),
]


@pytest.mark.rule("F1", "F2", "F3", "F4", "F5", "L13")
@pytest.mark.parametrize(("given_figures", "follows"), TABLE)
def test_what_follows_from_the_stored_figures(given_figures, follows):
    found = figures(**given_figures)
    assert [getattr(found, name) for name in NAMES] == [Decimal(n) for n in follows.split()]


@pytest.mark.rule("F5")
@pytest.mark.parametrize(
    ("given_figures", "spendable"),
    [
        ({"cash": "100", "credit_limit": "500"}, "600"),
        ({"cash": "100", "credit_limit": "500", "used": "450"}, "150"),
        ({"cash": "100", "credit_limit": "500", "used": "620"}, "-20"),  # overshot: in arrears
        ({"cash": "100", "credit_limit": "500", "used": "520"}, "80"),  # overshot: cash only
        ({"cash": "100", "unsettled_own": "30"}, "70"),
        # what is still to be billed in its favour is no credit: `used` stays within the limit
        ({"cash": "100", "credit_limit": "500", "unsettled_own": "-50"}, "600"),
    ],
)
def test_what_an_own_order_may_spend(given_figures, spendable):
    assert figures(**given_figures).spendable == Decimal(spendable)


@pytest.mark.rule("F4", "F5")
def test_a_correction_in_favour_of_members_is_no_headroom():
    found = figures(credit_limit="500", used="480", unsettled_members="-100")
    assert (found.available, found.headroom) == (120, 20)


AMOUNTS = st.decimals(0, 10**6, places=2)


@pytest.mark.rule("F2", "F3", "F4")
@given(amounts=st.tuples(*[AMOUNTS] * len(ALL_FIGURES)), frozen=st.booleans())
def test_headroom_never_counts_cash_and_freezing_never_adds(amounts, frozen):
    stored = dict(zip(ALL_FIGURES, amounts, strict=True))
    found, free = Figures(**stored, is_own_line_frozen=frozen), Figures(**stored)
    richer = Figures(**stored | {"cash": stored["cash"] + 10**7}, is_own_line_frozen=frozen)
    assert found.headroom <= found.available
    assert richer.headroom == found.effective_limit - found.used - found.unsettled_members
    assert richer.available == found.available + 10**7
    assert found.available <= free.available
    assert found.counted_limit <= stored["credit_limit"]
    assert free.counted_limit == stored["credit_limit"]


@pytest.mark.rule("F10")
def test_what_enters_a_pocket_moves_its_figures():
    assert {str(pocket): pairs for pocket, pairs in FIGURES.items()} == {
        "cash": (("cash", 1),),
        "transferred_cash": (("cash", 1), ("transferred_in", 1)),
        "credit_limit": (("credit_limit", 1),),
        "allocated_in": (("allocated_in", 1),),
        "allocated_out": (("allocated_out", -1),),
        "credit": (("used", -1),),
        "unsettled_own": (("unsettled_own", -1),),
        "unsettled_members": (("unsettled_members", -1),),
        "provider": (),
    }
    assert ALL_FIGURES == (
        "cash",
        "transferred_in",
        "credit_limit",
        "allocated_in",
        "allocated_out",
        "used",
        "unsettled_own",
        "unsettled_members",
    )
