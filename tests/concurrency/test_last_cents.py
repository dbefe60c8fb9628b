"""The race for the last cents, a hundred times over (RELIABILITY C1: 100 of 100 exact)."""

from contextlib import contextmanager
from decimal import Decimal

import pytest

from billing.services import orders
from tests.billing.shop import Shop
from tests.concurrency.races import Meeting, counted, team, without_row_locks
from tests.concurrency.test_money_races import WAYS, the_long_way

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CLIENTS = 8
CENTS = 3  # for which they race
ROUNDS = 100


@contextmanager
def market(way: str):
    """An account and a product, made once; each round gives the account its last cents anew."""
    shop = Shop()
    shop.start_closing()
    account, product = shop.account("A"), shop.prepaid()
    the_long_way(shop, account, way)

    def buy() -> object:
        return shop.order(account, product, "0.01")

    with team(CLIENTS) as race:
        yield shop, account, lambda: counted(race([buy] * CLIENTS))


@pytest.mark.rule("F5")
@WAYS
def test_c1_a_hundred_races_for_the_last_cents_are_exact_a_hundred_times(transactional_db, way):
    with market(way) as (shop, account, race):
        for number in range(1, ROUNDS + 1):
            limit = number * CENTS * Decimal("0.01")
            shop.limit(account, str(limit))
            found = race()
            assert found == {"done": CENTS, "funds_too_low": CLIENTS - CENTS}, f"round {number}"
            assert shop.stored(account) == {"credit_limit": limit, "used": limit}
    assert shop.wrong_books() == []


@pytest.mark.rule("F5")
def test_c1_twin_of_the_hundred_without_the_lock_rounds_lose(transactional_db, monkeypatch):
    with market("long") as (shop, account, race):
        without_row_locks(monkeypatch)
        Meeting(CLIENTS).before(monkeypatch, orders, "write_remaining")
        lost = []
        for _ in range(3):
            used = shop.stored(account).get("used", Decimal())
            shop.limit(account, str(used + CENTS * Decimal("0.01")))
            lost.append(race()["done"] - CENTS)  # who is late to the meeting may be refused
            assert shop.figures(account).overshoot == lost[-1] * Decimal("0.01")
        assert max(lost) > 0
