"""The close charges the same whichever way it takes: by sets, by loops, or one by one (K4, D1)."""

from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import transaction

from billing.enums import RecordKind
from billing.models import Charge, Family
from billing.services import close_sql
from billing.services.walked_groups import walked
from finance_mgmt.enums import Cycle, Mode, Permission
from tests.billing.shop import Shop
from tests.provider import at

BEGIN, END, LATER = at("2024-05-10"), at("2024-05-13"), at("2024-05-14")
SAID = (
    *("kind", "owner", "payer", "product", "resource", "period_start", "period_end"),
    *("billing_month", "quantity", "unit_price", "list_amount", "covered_amount"),
    *("discount_amount", "voucher_amount", "payable_amount", "currency", "relationship"),
    *("discount", "is_late", "reason", "record__quantity"),
)


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


class World:
    """Accounts that stand in every way to a master, with prices and discounts at random."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop, self.random = shop, Random(seed)
        self.accounts = [shop.account(name, credit_limit="99999") for name in ("HQ", "A", "B", "C")]
        master, in_trust, managed, _ = self.accounts
        shop.link(master, in_trust, BEGIN + timedelta(hours=self.random.randrange(60)))
        grants = (Permission.SHARE_DISCOUNTS,)
        begins = BEGIN + timedelta(hours=self.random.randrange(60))
        shop.link(master, managed, begins, mode=Mode.MANAGEMENT, grants=grants)
        self.products = [
            shop.product("ecs", unit_price="0.123456789"),
            shop.product("vm", cycle=Cycle.DAY, family="machines"),
            shop.product("sms", family="messages", keeps_own_discount=True),
        ]
        shop.price(self.products[0], "0.3", BEGIN + timedelta(hours=30, minutes=30))
        for account in self.accounts:
            for _ in range(self.random.choice((0, 1, 1, 3))):
                self._discount(account)
        for _ in range(80):
            self.use(BEGIN + timedelta(minutes=self.random.randrange(3 * 24 * 60)))

    def _discount(self, owner) -> None:
        random, product = self.random, self.random.choice(self.products)
        scope = random.choice(({}, {"product": product}, {"family": product.family}))
        worth = random.choice(({"rate": "0.77"}, {"rate": "0.5"}, {"fixed_price": "0.2"}))
        if random.random() < 0.4:
            scope["valid_from"] = BEGIN + timedelta(hours=random.randrange(70))
        if random.random() < 0.4:
            scope["valid_until"] = BEGIN + timedelta(hours=random.randrange(71, 90))
        self.shop.discount(owner, **worth, **scope)

    def use(self, when, reported=None) -> None:
        random = self.random
        facts = {"resource": random.choice(("", "i-1"))}
        chance = random.random()
        if chance < 0.2:
            facts["given_amount"] = random.choice(("0.7", "-0.1"))
        elif chance < 0.3:
            facts |= {"given_amount": "-2", "kind": RecordKind.ADJUSTMENT, "reason": "goodwill"}
        quantity = random.choice(("1", "2.5", "0.000000000000000001", "-1"))
        owner, product = random.choice(self.accounts), random.choice(self.products)
        self.shop.use(owner, product, quantity, when, reported=reported, **facts)

    def closed(self) -> list[tuple]:
        """What two closes charge, of which the second sees late usage only."""
        self.random.seed(1)
        self.shop.jobs(END)
        for hour in range(12):
            self.use(BEGIN + timedelta(hours=5 * hour), reported=END + timedelta(hours=1))
        self.shop.jobs(LATER)
        return sorted(map(repr, Charge.objects.values_list(*SAID)))


@contextmanager
def undone():
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        transaction.get_connection().needs_rollback = False


@pytest.mark.rule("B1", "C1", "D1", "D2", "K4")
@pytest.mark.parametrize("seed", range(6))
def test_sets_loops_and_a_walk_charge_the_same(shop, seed, monkeypatch):
    world = World(shop, seed)
    monkeypatch.setattr(close_sql, "MANY", 0)
    with undone():
        by_sets = world.closed()
    monkeypatch.setattr(close_sql, "MANY", 5_000)
    with undone():
        by_loops = world.closed()
    unused = Family.objects.create(code="unused", name="unused")
    for account in world.accounts:
        shop.plan(account, "1", "0.5", families=[unused])
    owners = [account.pk for account in world.accounts]
    assert walked(owners)[0] == sorted(owners)
    assert (by_sets, by_loops) == (world.closed(), by_sets)
    assert len(by_sets) > 40


@pytest.mark.rule("B2", "K4")
def test_what_is_no_usage_is_charged_once_where_usage_is_walked(shop):
    account = shop.account("A", cash_amount="100")
    product = shop.product("ecs")
    shop.plan(account, "1", "0.5", families=[product.family])
    shop.use(account, product, "1", BEGIN)
    given = {"given_amount": "-3", "kind": RecordKind.ADJUSTMENT, "reason": "goodwill"}
    shop.use(account, product, "0", BEGIN, **given)
    shop.jobs(END)
    assert sorted((c.kind, c.payable_amount) for c in shop.charges()) == [
        ("adjustment", Decimal(-3)),
        ("usage", Decimal(0)),
    ]
