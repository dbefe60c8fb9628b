"""The short way of paying a new order: the same rows as the long one, and never on old facts."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from billing.enums import OrderStatus
from billing.models import Order
from billing.services import hot_orders, orders
from finance_mgmt.enums import Permission
from finance_mgmt.errors import FinanceError
from finance_mgmt.services import caps, changes, decisions
from finance_mgmt.services import cash as tills
from tests.billing.shop import NEW_YEAR, NOW, Shop, books, paid, refused
from tests.provider import LONG_AGO, at


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


def wish(shop, account, product, amount: str, number: str = "o1", months: int = 1, when=NOW):
    """A new order, and how the trail is to know it."""
    order = Order(
        number=number,
        kind="new",
        status=OrderStatus.PENDING,
        owner=account,
        product=product,
        resource_code=number,
        months=months,
        placed_at=when,
        list_amount=Decimal(amount),
    )
    return hot_orders.Wish(order, f"key {number}", {"number": number}, "test")


# -- The same rows ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """One provider at random, with one order to pay in it."""

    standing: str
    cash: int
    transferred: int
    limit: int
    used: int
    masters_limit: int
    amount: str
    months: int
    rate: str | None
    masters_rate: str | None
    fixed_price: str | None
    is_metered: bool
    keeps_own_discount: bool
    has_voucher: bool
    has_cap: bool


tens = some.integers(0, 12).map(lambda n: 10 * n)
rates = some.sampled_from([None, "0.8", "0.333333", "0", "1"])
worlds = some.builds(
    World,
    standing=some.sampled_from(["alone", "trusteeship", "management", "share", "discounts"]),
    cash=tens,
    transferred=tens,
    limit=tens,
    used=tens,
    masters_limit=tens,
    amount=some.sampled_from(["0", "0.01", "7.005", "30", "55.55", "120", "1000"]),
    months=some.integers(1, 13),
    rate=rates,
    masters_rate=rates,
    fixed_price=some.sampled_from([None, "3.3333"]),
    is_metered=some.booleans(),
    keeps_own_discount=some.booleans(),
    has_voucher=some.sampled_from([False, False, False, True]),
    has_cap=some.sampled_from([False, False, False, True]),
)

GRANTS = {
    "management": (),
    "share": (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT),
    "discounts": (Permission.SHARE_DISCOUNTS,),
}


def build(shop, world: World):
    master = shop.account("HQ", credit_limit=str(world.masters_limit + 200))
    account = shop.account("A", cash_amount=str(world.cash), credit_limit=str(world.limit))
    shop.top_up(master, "200")
    product = shop.prepaid("vm", keeps_own_discount=world.keeps_own_discount)
    if world.is_metered:
        product.cycle = "hour"
        product.save()
    before = min(world.used, world.cash + world.limit)
    if before:
        shop.order(account, product, str(before), LONG_AGO, number="before")
    tie(shop, world, master, account)
    if world.rate:
        shop.discount(account, rate=world.rate)
    if world.masters_rate:
        shop.discount(master, rate=world.masters_rate, family=product.family)
    if world.fixed_price:
        shop.discount(account, fixed_price=world.fixed_price, product=product)
    if world.has_voucher:
        shop.voucher(account, "5")
    return account, product


def tie(shop, world: World, master, account) -> None:
    """Link both as the world wants it, with what the master gives."""
    if world.standing == "trusteeship":
        link = shop.link(master, account, NEW_YEAR)
        if world.has_cap:
            caps.set_cap(relationship=link, amount=Decimal(50), is_hard=True, **shop.said())
    elif world.standing in GRANTS:
        shop.manage(master, account, *GRANTS[world.standing], when=NEW_YEAR)
        if world.transferred:
            shop.transfer(master, account, str(world.transferred))
        if world.standing == "share" and world.limit:
            shop.allocate(master, account, str(world.limit))


ROWS = """
SELECT 'order', to_jsonb(o) - 'id' - 'decision_id' - 'resource_id', d.key, r.code
FROM billing_order o JOIN finance_mgmt_decision d ON d.id = o.decision_id
LEFT JOIN billing_resource r ON r.id = o.resource_id
UNION ALL SELECT 'charge', to_jsonb(c) - 'id' - 'order_id', o.number, ''
FROM billing_charge c JOIN billing_order o ON o.id = c.order_id
UNION ALL SELECT 'movement', to_jsonb(m) - 'id' - 'decision_id', d.key,
    (row_number() OVER (ORDER BY m.id))::text
FROM finance_mgmt_movement m JOIN finance_mgmt_decision d ON d.id = m.decision_id
UNION ALL SELECT 'decision', to_jsonb(d) - 'id', '', '' FROM finance_mgmt_decision d
UNION ALL SELECT 'resource', to_jsonb(r) - 'id', '', '' FROM billing_resource r
UNION ALL SELECT 'funds', to_jsonb(f), '', '' FROM finance_mgmt_funds f
ORDER BY 1, 2, 3, 4
"""


def outcome(place) -> tuple:
    """What placing an order answers and leaves behind; all of it is taken back."""
    point = transaction.savepoint()
    try:
        order = place()
        stored = Order.objects.get(pk=order.pk)
        columns = [field.attname for field in Order._meta.concrete_fields]
        ids = {"id", "decision_id", "resource_id"}
        assert {name: getattr(order, name) for name in columns} == {
            name: getattr(stored, name) for name in columns
        }
        said = {name: getattr(stored, name) for name in columns if name not in ids}
    except FinanceError as refusal:
        said = [(reason.rule, reason.code, str(reason.facts)) for reason in refusal.reasons]
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        rows = cursor.fetchall()
    transaction.savepoint_rollback(point)
    return said, rows


@pytest.mark.slow
@pytest.mark.rule("O1", "O2", "F4", "F5", "D1", "D2", "B3")
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(world=worlds)
def test_both_ways_write_the_same_rows(db, world):
    with transaction.atomic():
        shop = Shop()
        account, product = build(shop, world)
        asked = {
            "number": "o1",
            "account": account,
            "product": product,
            "list_amount": Decimal(world.amount),
            "months": world.months,
            "key": "k",
            "by": "test",
            "at": NOW,
        }
        facts = {
            "number": "o1",
            "account": account.number,
            "product": product.code,
            "list_amount": Decimal(world.amount),
            "kind": "new",
            "months": world.months,
            "resource": "",
            "is_paid": True,
        }

        def the_long_way() -> Order:
            asked = wish(shop, account, product, world.amount, months=world.months)
            with transaction.atomic():
                return orders._place(asked.order, facts, True, "k", "test", NOW)

        by_the_long_way = outcome(the_long_way)
        assert outcome(lambda: orders.place(**asked)) == by_the_long_way
        (priced,) = hot_orders.decide(
            [wish(shop, account, product, world.amount, months=world.months).order]
        )
        is_odd = (
            world.has_voucher
            and (world.standing != "trusteeship" or world.keeps_own_discount)
            or (world.has_cap and world.standing == "trusteeship")
            or isinstance(by_the_long_way[0], list)
            or by_the_long_way[0]["payable_amount"] == 0
            or (world.standing == "share" and world.limit and by_the_long_way[0]["from_credit"])
        )
        assert (priced is None) == bool(is_odd)
        assert shop.wrong_books() == []
        transaction.set_rollback(True)


# -- Never on old facts ----------------------------------------------------------------------------


@pytest.fixture
def hq(shop):
    shop.start_closing()
    return shop.account("HQ", cash_amount="50", credit_limit="100")


@pytest.fixture
def member(shop, hq):
    return shop.account("M")


def change_nothing(shop, hq, member, link):
    return None


def end_the_relationship(shop, hq, member, link):
    shop.end(link, NOW)


def cut_the_limit(shop, hq, member, link):
    shop.limit(hq, "29.99")


def spend_the_limit(shop, hq, member, link):
    shop.order(member, shop.prepaid("other"), "70.01", number="o0")


def fall_into_arrears(shop, hq, member, link):
    shop.order(hq, shop.prepaid("other"), "140", number="o0")
    shop.limit(hq, "80")


def bill_the_month(shop, hq, member, link):
    shop.order(member, shop.prepaid("other"), "1", number="o0")
    shop.jobs(at("2024-06-01"))


def take_the_number(shop, hq, member, link):
    shop.order(hq, shop.prepaid("other"), "1", number="o1", resource="other")


def take_the_resource(shop, hq, member, link):
    shop.order(member, shop.prepaid("other"), "1", number="o0", resource="o1")


def use_the_key(shop, hq, member, link):
    shop.top_up(hq, "1")
    with transaction.atomic():
        decisions.record(verb="test", facts={}, key="key o1", by="test", at=NOW)


def plan_an_end_that_is_due(shop, hq, member, link):
    changes.end(relationship=link, effective_at=NOW, **shop.said(at("2024-05-01")))


@pytest.mark.rule("C2", "F4", "F5", "F11", "O1", "B2", "S3")
@pytest.mark.parametrize(
    ("change", "is_paid"),
    [
        (change_nothing, True),
        (end_the_relationship, False),
        (plan_an_end_that_is_due, False),
        (cut_the_limit, False),
        (spend_the_limit, False),
        (fall_into_arrears, False),
        (bill_the_month, False),
        (take_the_number, False),
        (take_the_resource, False),
        (use_the_key, False),
    ],
)
def test_what_changed_since_it_was_read_is_not_paid_on(shop, hq, member, change, is_paid):
    link = shop.link(hq, member)
    asked = wish(shop, member, shop.prepaid(), "30")
    (priced,) = hot_orders.decide([asked.order])
    change(shop, hq, member, link)
    before = books()
    written = hot_orders.write([(asked, priced)])
    assert (written is not None) == is_paid
    assert (books() != before) == is_paid


@pytest.mark.rule("F5", "F7")
@pytest.mark.parametrize(
    ("cash", "is_paid"), [("-50", False), ("-20", False), ("0", True), ("10", True)]
)
def test_an_own_order_is_paid_only_from_the_cash_it_was_decided_on(shop, hq, cash, is_paid):
    """With less of it, it would have to draw credit; with more of it, it draws the same."""
    asked = wish(shop, hq, shop.prepaid(), "40")
    (priced,) = hot_orders.decide([asked.order])
    if Decimal(cash) > 0:
        shop.top_up(hq, cash)
    elif Decimal(cash):
        tills.withdraw(account=hq, amount=-Decimal(cash), **shop.said(NOW))
    written = hot_orders.write([(asked, priced)])
    assert (written is not None) == is_paid


@pytest.mark.rule("F5")
def test_an_order_that_draws_all_the_cash_is_not_paid_from_more(shop, hq):
    asked = wish(shop, hq, shop.prepaid(), "80")
    (priced,) = hot_orders.decide([asked.order])
    assert (priced.from_cash, priced.from_credit) == (50, 30)
    shop.top_up(hq, "0.01")
    assert hot_orders.write([(asked, priced)]) is None
    assert paid(shop.order(hq, shop.prepaid("b"), "80")) == {
        "list": 80,
        "payable": 80,
        "cash": Decimal("50.01"),
        "credit": Decimal("29.99"),
    }


@pytest.mark.rule("F4", "F5")
def test_a_payer_over_its_limit_by_usage_pays_nothing_more(shop, hq, member):
    shop.link(hq, member)
    product = shop.product("disk", cycle="hour")
    shop.use(member, product, "200", NOW)
    shop.jobs(at("2024-05-11"))
    prepaid = shop.prepaid()
    with refused(orders.OrderRefused, "S3 in_arrears", "F4 funds_too_low"):
        shop.order(member, prepaid, "1", at("2024-05-12"))
