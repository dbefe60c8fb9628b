"""Tax is rounded once per rate; lines, members, rates and credit notes sum to it (I7, R3)."""

from collections import defaultdict
from decimal import ROUND_FLOOR, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finance_mgmt.money import EXACT, ZERO
from invoicing.documents.content import Group, sections_of
from invoicing.rules.tax_split import Part, by_rate, hand_out, of_credit, to_lines

CENT = Decimal("0.01")
THIRTEEN, SIX, NONE = Decimal("0.13"), Decimal("0.06"), Decimal(0)


def d(*texts: str) -> list[Decimal]:
    return [Decimal(text) for text in texts]


@pytest.mark.rule("I7")
@pytest.mark.parametrize(
    ("exact", "total", "parts"),
    [
        ({THIRTEEN: "113"}, "113.00", [("0.13", "113.00", "13.00")]),
        ({NONE: "7"}, "7.00", [("0", "7.00", "0.00")]),
        # 0.009 is rounded off, by the part that had the smallest remainder of a cent
        (
            {THIRTEEN: "10.004", SIX: "10.005"},
            "20.00",
            [("0.13", "10.00", "1.15"), ("0.06", "10.00", "0.57")],
        ),
        (
            {THIRTEEN: "10.004", SIX: "10.009"},
            "20.01",
            [("0.13", "10.00", "1.15"), ("0.06", "10.01", "0.57")],
        ),
        # more came back at one rate than was used
        (
            {THIRTEEN: "-5.65", NONE: "100"},
            "94.35",
            [("0.13", "-5.65", "-0.65"), ("0", "100.00", "0.00")],
        ),
    ],
)
def test_a_total_falls_apart_by_rate(exact, total, parts):
    amounts = {rate: Decimal(text) for rate, text in exact.items()}
    assert by_rate(amounts, Decimal(total), CENT) == [Part(*d(*part)) for part in parts]


@pytest.mark.parametrize(
    ("total", "exact", "parts"),
    [
        ("1.00", ("0.333", "0.333", "0.334"), ("0.33", "0.33", "0.34")),
        ("0.01", ("0.005", "0.005"), ("0.01", "0.00")),
        ("0.01", ("100.019", "-100.00"), ("100.01", "-100.00")),
        ("-0.01", ("0.004", "-0.013"), ("0.00", "-0.01")),
        ("0.00", (), ()),
    ],
)
def test_cents_go_to_the_largest_remainders(total, exact, parts):
    assert hand_out(Decimal(total), d(*exact), CENT) == d(*parts)


def test_something_for_nobody_is_a_mistake():
    with pytest.raises(ValueError, match="nothing to hand"):
        hand_out(Decimal(1), [], CENT)


def test_lines_take_their_rates_amounts():
    part = Part(THIRTEEN, Decimal("1.00"), Decimal("0.12"))
    assert to_lines(part, d("0.333", "0.333", "0.334"), CENT) == [
        Part(THIRTEEN, *d("0.33", "0.04")),
        Part(THIRTEEN, *d("0.33", "0.04")),
        Part(THIRTEEN, *d("0.34", "0.04")),
    ]


@pytest.mark.rule("I6")
def test_two_half_credit_notes_undo_what_was_taxed_once():
    # 0.115 of tax each: rounded alone they would give back 0.24 of 0.23.
    parts = [Part(THIRTEEN, Decimal("2.00"), Decimal("0.23"))]
    half = (Decimal("1.00"), {THIRTEEN: Decimal("1.00")})
    first = of_credit(parts, [half], CENT)
    second = of_credit(parts, [half, half], CENT)
    assert first == [Part(THIRTEEN, Decimal("1.00"), Decimal("0.12"))]
    assert second == [Part(THIRTEEN, Decimal("1.00"), Decimal("0.11"))]


amounts = st.decimals(min_value="-500", max_value="5000", places=18, allow_nan=False)
rates = st.sampled_from([THIRTEEN, SIX, NONE, Decimal("0.09"), Decimal("0.21")])
groups = st.lists(
    st.builds(
        Group,
        owner_number=st.sampled_from(["A", "B", "C"]),
        owner_name=st.just("name"),
        product_code=st.text("pqr", max_size=2),
        description=st.just("product"),
        unit=st.just(""),
        rate=rates,
        amount=amounts,
        quantity=st.none(),
        charges=st.just(1),
    ),
    min_size=1,
    max_size=30,
)


# Keeps the total above 0, as that of an invoice is; its own rate keeps others free to be below.
MOST = Group("D", "name", "", "product", "", Decimal("0.05"), Decimal(20000), None, 1)


@pytest.mark.rule("I6", "I7")
@settings(max_examples=150, deadline=None)
@given(groups, st.lists(st.integers(min_value=1, max_value=100), max_size=4))
def test_no_cent_is_lost_or_made(groups, shares):
    groups = [*groups, MOST]
    exact = sum((group.amount for group in groups), ZERO)
    total = exact.quantize(CENT, ROUND_FLOOR)
    sections, parts = sections_of(groups, total, "CNY")
    lines = [line.part for section in sections for line in section.lines]
    assert len(lines) == len(groups)
    assert sum((part.gross for part in parts), ZERO) == total
    of_rate = defaultdict(list)
    for line in lines:
        of_rate[line.rate].append(line)
    assert {rate: _sums(some) for rate, some in of_rate.items()} == {
        part.rate: (part.gross, part.tax, part.net) for part in parts
    }
    assert _sums([section.total for section in sections]) == _sums(parts)
    credited = _credits(total, shares)
    takes = [
        (amount, {part.rate: EXACT.divide(part.gross * amount, total) for part in parts})
        for amount in credited
    ]
    taken = [of_credit(parts, takes[: n + 1], CENT) for n in range(len(takes))]
    assert [sum((part.gross for part in some), ZERO) for some in taken] == credited
    assert _sums([part for some in taken for part in some]) == _sums(parts)


def _sums(parts):
    return tuple(
        sum((getattr(part, name) for part in parts), ZERO) for name in ("gross", "tax", "net")
    )


def _credits(total: Decimal, shares: list[int]) -> list[Decimal]:
    """Amounts that sum to the total: what each credit note undoes, the last the rest."""
    left, made = total, []
    for share in shares:
        amount = (left * share / 200).quantize(CENT, ROUND_FLOOR)
        if amount > 0:
            made.append(amount)
            left -= amount
    return [*made, left]
