"""Movements are facts, figures are their sums, and both can be told apart (F1, F10)."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from finance_mgmt.enums import MovementKind, Pocket
from finance_mgmt.models import Funds, Movement
from finance_mgmt.queries.books import wrong_funds
from finance_mgmt.rules.ledger import ALL_FIGURES
from finance_mgmt.services import decisions, ledger
from finance_mgmt.services.ledger import Line
from tests.provider import LONG_AGO, Provider


@pytest.fixture
def provider(ground_floor):
    """Posts to the ledger what bills would: their own floor could not explain it."""
    return ground_floor


def line(giver, from_pocket, taker, to_pocket, amount) -> Line:
    return Line(
        MovementKind.CORRECTION,
        giver and giver.pk,
        from_pocket,
        taker and taker.pk,
        to_pocket,
        Decimal(amount),
        "CNY",
        "test",
    )


@pytest.mark.rule("F1", "F10")
def test_an_account_opens_with_all_figures_0_and_no_movement(provider):
    account = provider.account("A")
    assert Funds.objects.values_list(*ALL_FIGURES).get(pk=account.pk) == (0,) * 8
    assert Movement.objects.count() == 0


@pytest.mark.rule("F1", "F10")
def test_each_pocket_moves_its_own_figure_on_each_side(provider):
    giver, taker = provider.account("A", cash_amount="1000"), provider.account("B")
    provider.post(line(None, Pocket.PROVIDER, giver, Pocket.CREDIT_LIMIT, "500"))
    provider.post(
        line(giver, Pocket.CASH, taker, Pocket.TRANSFERRED_CASH, "30"),
        line(giver, Pocket.ALLOCATED_OUT, taker, Pocket.ALLOCATED_IN, "200"),
        line(giver, Pocket.CREDIT, None, Pocket.PROVIDER, "40"),
        line(giver, Pocket.UNSETTLED_OWN, None, Pocket.PROVIDER, "1.000000000000000001"),
        line(giver, Pocket.UNSETTLED_MEMBERS, None, Pocket.PROVIDER, "2.5"),
    )
    assert provider.stored(giver) == {
        "cash": Decimal(970),
        "credit_limit": Decimal(500),
        "allocated_out": Decimal(200),
        "used": Decimal(40),
        "unsettled_own": Decimal("1.000000000000000001"),
        "unsettled_members": Decimal("2.5"),
    }
    assert provider.stored(taker) == {
        "cash": Decimal(30),
        "transferred_in": Decimal(30),
        "allocated_in": Decimal(200),
    }
    provider.post(
        line(taker, Pocket.TRANSFERRED_CASH, giver, Pocket.CASH, "10"),
        line(taker, Pocket.ALLOCATED_IN, giver, Pocket.ALLOCATED_OUT, "200"),
        line(None, Pocket.PROVIDER, giver, Pocket.CREDIT, "40"),
        line(None, Pocket.PROVIDER, giver, Pocket.UNSETTLED_OWN, "1.000000000000000001"),
        line(None, Pocket.PROVIDER, giver, Pocket.UNSETTLED_MEMBERS, "2.5"),
    )
    assert provider.stored(giver) == {"cash": Decimal(980), "credit_limit": Decimal(500)}
    assert provider.stored(taker) == {"cash": Decimal(20), "transferred_in": Decimal(20)}


@pytest.mark.rule("F10")
def test_a_sum_that_needs_all_its_digits_keeps_them(provider):
    account = provider.account("A")
    big, small = Decimal(99_999_999_999_999), Decimal("0.000000000000000001")
    unsettled = (account, Pocket.UNSETTLED_OWN, None, Pocket.PROVIDER)
    provider.post(line(*unsettled, big), line(*unsettled, small))
    assert provider.stored(account) == {
        "unsettled_own": Decimal("99999999999999.000000000000000001")
    }
    assert wrong_funds() == []


@pytest.mark.rule("F10")
@pytest.mark.parametrize(
    "broken",
    [
        ("A", Pocket.CASH, None, Pocket.PROVIDER, "105.01"),  # cash below 0
        ("A", Pocket.TRANSFERRED_CASH, None, Pocket.PROVIDER, "0.01"),  # more than came in
        ("A", Pocket.ALLOCATED_OUT, None, Pocket.PROVIDER, "0.01"),  # no line to give from
        (None, Pocket.PROVIDER, "A", Pocket.CREDIT, "0.01"),  # used below 0
        ("A", Pocket.CREDIT_LIMIT, None, Pocket.PROVIDER, "0.01"),  # limit below 0
        ("A", Pocket.ALLOCATED_IN, None, Pocket.PROVIDER, "0.01"),
        ("A", Pocket.CASH, "A", Pocket.CASH, "1"),  # from itself to itself
        (None, Pocket.PROVIDER, None, Pocket.PROVIDER, "1"),  # of nobody
        ("A", Pocket.CASH, None, Pocket.PROVIDER, "0"),
        ("A", Pocket.CASH, None, Pocket.PROVIDER, "-1"),
        ("A", Pocket.CASH, None, Pocket.PROVIDER, "NaN"),
    ],
)
def test_what_breaks_a_bound_is_refused_with_all_of_its_decision(provider, broken):
    account = provider.account("A", cash_amount="100")
    giver, from_pocket, taker, to_pocket, amount = broken
    sides = (giver and account, from_pocket, taker and account, to_pocket)
    good = line(None, Pocket.PROVIDER, account, Pocket.CASH, "5")
    with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
        provider.post(good, line(*sides, amount))
    assert provider.stored(account) == {"cash": Decimal(100)}
    assert Movement.objects.count() == 1


def test_an_account_without_funds_moves_nothing(provider):
    account = provider.account("A")
    account.pk += 1
    with pytest.raises(AssertionError, match="without funds"), transaction.atomic():
        provider.post(line(None, Pocket.PROVIDER, account, Pocket.CASH, "5"))


def test_a_decision_is_written_in_the_transaction_of_its_command(transactional_db):
    with pytest.raises(AssertionError, match="in the transaction"):
        decisions.record(verb="x", facts={}, key="k", by="test", at=LONG_AGO)


@pytest.mark.rule("F10")
@pytest.mark.parametrize("figure", ALL_FIGURES)
def test_verify_ledger_finds_a_planted_wrong_figure_and_names_it(db, figure, capsys):
    provider = Provider()  # not the fixture: these books are wrong on purpose
    account = provider.account("A-1", cash_amount="100", credit_limit="500")
    _break(account, cash=1, credit_limit=2)  # so that each bound of the database still holds
    _break(account, **{figure: 3})
    expected = {"cash": (101, 100), "credit_limit": (502, 500), figure: None}
    expected[figure] = {"cash": (104, 100), "credit_limit": (505, 500)}.get(figure, (3, 0))
    sentences = [
        f"A-1: {name} is stored as {stored}, its movements make {made}."
        for name, (stored, made) in sorted(expected.items())
    ]
    assert wrong_funds() == sentences
    with pytest.raises(CommandError, match=r"^The books are wrong in \d places.$") as told:
        call_command("verify_ledger")
    assert told.value.returncode == 1
    assert capsys.readouterr().err.splitlines()[:3] == sentences


def _break(account, **by) -> None:
    added = ", ".join(f"{name} = {name} + {amount}" for name, amount in by.items())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE finance_mgmt_funds SET {added} WHERE account_id = %s", [account.pk])


@pytest.mark.rule("F10")
def test_verify_ledger_says_that_right_books_are_right(provider, capsys):
    provider.account("A", cash_amount="100", credit_limit="500")
    call_command("verify_ledger")
    assert capsys.readouterr().out.splitlines()[-1] == "The books are right."


@pytest.mark.rule("F10")
def test_a_figure_off_by_the_last_digit_is_found(db):
    account = Provider().account("A")
    _break(account, unsettled_own="0.000000000000000001")
    assert wrong_funds() == [
        "A: unsettled_own is stored as 0.000000000000000001, its movements make 0."
    ]


def test_posting_nothing_changes_nothing(provider):
    provider.account("A", cash_amount="100")
    with transaction.atomic():
        decision, _ = decisions.record(verb="x", facts={}, **provider.said())
        assert ledger.post([], decision=decision, at=LONG_AGO) == []
    assert Movement.objects.count() == 1
