"""List prices with steps and contract prices, each in force from an instant on (P1, D1)."""

from decimal import Decimal

import pytest

from billing.models import Charge, Discount, Price
from billing.services import prices
from billing.services.prices import PriceRefused
from finance_mgmt.errors import KeyReused
from finance_mgmt.services import runs
from tests.billing.shop import NEW_YEAR, NOW, Shop, books, charged, refused
from tests.provider import LONG_AGO, at

STEPS = (("100", "0.08"), ("500", "0.05"))


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


@pytest.fixture
def account(shop):
    return shop.account("A", cash_amount="100000")


def rated() -> list[tuple]:
    """(owner, quantity, list amount) of usage, in the order it was charged; then by period."""
    rows = Charge.objects.filter(kind="usage")
    rows = rows.order_by("step__run_id", "period_start", "owner", "list_amount")
    return list(rows.values_list("owner__number", "quantity", "list_amount"))


# -- Setting prices --------------------------------------------------------------------------------


@pytest.mark.rule("P1", "F11")
def test_a_price_is_a_new_row_from_its_instant_on(shop):
    product = shop.product("ecs", unit_price=None)
    shop.set_price(product, "0.5", NEW_YEAR)
    shop.set_price(product, "0.4", NEW_YEAR, STEPS, effective_from=NOW)
    assert list(
        Price.objects.order_by("effective_from").values_list(
            "unit_price", "tiers", "effective_from"
        )
    ) == [
        (Decimal("0.5"), [], NEW_YEAR),
        (Decimal("0.4"), [["100", "0.08"], ["500", "0.05"]], NOW),
    ]


@pytest.mark.rule("P1", "F11")
def test_a_price_is_safe_to_repeat(shop):
    product, said = shop.product("ecs", unit_price=None), shop.said(NOW)
    first = prices.set_price(product=product, unit_price=Decimal("0.50"), **said)
    before = books()
    assert prices.set_price(product=product, unit_price=Decimal("0.5"), **said) == first
    assert books() == before
    with refused(KeyReused, "F11 key_reused"):
        prices.set_price(product=product, unit_price=Decimal("0.51"), **said)


@pytest.mark.rule("P1")
def test_only_a_first_price_begins_in_the_past(shop):
    product = shop.product("ecs", unit_price=None)
    shop.set_price(product, "1", NOW, effective_from=NEW_YEAR)
    with refused(PriceRefused, "P1 dated_in_the_past"):
        shop.set_price(product, "2", NOW, effective_from=at("2024-05-10 14:20:29"))
    shop.set_price(product, "2", NOW, effective_from=NOW)


@pytest.mark.rule("P1")
@pytest.mark.parametrize(
    ("unit_price", "steps", "reasons"),
    [
        ("-0.01", (), ["P1 negative_price"]),
        ("1", (("0", "1"),), ["P1 bad_steps"]),
        ("1", (("100", "-1"),), ["P1 bad_steps"]),
        ("1", (("100", "1"), ("100", "2")), ["P1 bad_steps"]),
        ("-1", (("100", "1"), ("50", "2")), ["P1 negative_price", "P1 bad_steps"]),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(shop, unit_price, steps, reasons):
    product = shop.product("ecs", unit_price=None)
    with refused(PriceRefused, *reasons):
        shop.set_price(product, unit_price, NOW, steps)


# -- Rating by them --------------------------------------------------------------------------------


@pytest.mark.rule("P1", "C1")
def test_a_new_price_is_for_periods_that_start_then_or_later(shop, account):
    product = shop.product("ecs", unit_price=None)
    shop.set_price(product, "1", NEW_YEAR)
    shop.set_price(product, "3", NEW_YEAR, effective_from=at("2024-05-10 14:30"))
    shop.set_price(product, "5", NEW_YEAR, effective_from=at("2024-05-10 16:00"))
    for hour in (14, 15, 16):
        shop.use(account, product, "1", at(f"2024-05-10 {hour}:40"))
    shop.jobs(at("2024-05-10 17:00"))
    assert [listed for _, _, listed in rated()] == [1, 3, 5]


@pytest.mark.rule("P1")
def test_steps_count_by_owner_product_and_month_over_many_closes(shop, account):
    """0.10 up to 100, 0.08 up to 500, 0.05 above: each unit by its own step, whoever pays."""
    other = shop.account("B", cash_amount="1000")
    product, twin = (shop.product(code, unit_price=None) for code in ("traffic", "twin"))
    for one in (product, twin):
        shop.set_price(one, "0.10", NEW_YEAR, STEPS)
    for owner, what, quantity, when in [
        (account, product, "60", "2024-05-10 10:10"),
        (account, product, "60", "2024-05-10 11:10"),  # 40 at 0.10, 20 at 0.08
        (account, product, "500", "2024-05-11 09:10"),  # 380 at 0.08, 120 at 0.05
        (account, twin, "10", "2024-05-11 10:10"),
        (other, product, "10", "2024-05-11 11:10"),
        (account, product, "10", "2024-06-01 00:10"),  # a new month
    ]:
        shop.use(owner, what, quantity, at(when))
        shop.close(at(when) + (at("2024-05-01 01:00") - at("2024-05-01 00:00")))
    assert rated() == [
        ("A", 60, 6),
        ("A", 60, Decimal("5.6")),
        ("A", 500, Decimal("36.4")),
        ("A", 10, 1),
        ("B", 10, 1),
        ("A", 10, 1),
    ]


@pytest.mark.rule("P1", "B1")
def test_one_late_close_makes_the_same_amounts_as_many(shop, account):
    product = shop.product("traffic", unit_price=None)
    shop.set_price(product, "0.10", NEW_YEAR, STEPS)
    for hour, quantity in ((12, "500"), (10, "60"), (11, "60")):
        shop.use(account, product, quantity, at(f"2024-05-10 {hour}:10"))
    shop.jobs(at("2024-05-11"))
    assert rated() == [("A", 60, 6), ("A", 60, Decimal("5.6")), ("A", 500, Decimal("36.4"))]


@pytest.mark.rule("P1", "C4", "B2")
def test_late_usage_and_corrections_count_on_from_their_billing_month(shop, account):
    product = shop.product("traffic", unit_price=None)
    shop.set_price(product, "0.10", NEW_YEAR, STEPS)
    shop.use(account, product, "120", at("2024-05-10 10:10"))
    shop.jobs(at("2024-05-10 11:00"))
    shop.use(account, product, "10", at("2024-05-10 10:20"), reported=at("2024-05-11"))
    shop.jobs(at("2024-05-11"))
    shop.use(account, product, "-40", at("2024-05-10 10:20"), reported=at("2024-05-12"))
    shop.jobs(at("2024-05-12"))
    assert rated() == [
        ("A", 120, Decimal("11.6")),
        ("A", 10, Decimal("0.8")),
        ("A", -40, Decimal("-3.4")),  # 30 at 0.08 and 10 at 0.10 go back
    ]


@pytest.mark.rule("P1", "C4", "C6")
def test_what_comes_after_the_month_counts_in_the_month_it_was_used_in(shop, account):
    """A correction gives back what was charged, and no step of the new month moves by it."""
    product = shop.product("traffic", unit_price=None)
    shop.set_price(product, "0.10", NEW_YEAR, STEPS)
    shop.use(account, product, "120", at("2024-05-10 10:10"))
    shop.jobs(at("2024-06-01 00:00"))
    shop.use(account, product, "-120", at("2024-05-10 10:20"), reported=at("2024-06-01 09:00"))
    shop.use(account, product, "110", at("2024-05-10 10:20"), reported=at("2024-06-01 09:00"))
    shop.jobs(at("2024-06-01 09:00"))
    shop.use(account, product, "110", at("2024-06-01 10:10"))
    shop.jobs(at("2024-06-01 11:00"))
    assert rated() == [
        ("A", 120, Decimal("11.6")),
        ("A", -120, Decimal("-11.6")),
        ("A", 110, Decimal("10.8")),
        ("A", 110, Decimal("10.8")),
    ]


@pytest.mark.rule("P1", "B1")
def test_what_came_with_its_amount_is_no_quantity_of_the_steps(shop, account):
    product = shop.product("traffic", unit_price=None)
    shop.set_price(product, "0.10", NEW_YEAR, STEPS)
    shop.use(account, product, "1000", at("2024-05-10 10:10"), given_amount="7")
    shop.jobs(at("2024-05-10 11:00"))
    shop.use(account, product, "10", at("2024-05-10 11:10"))
    shop.jobs(at("2024-05-10 12:00"))
    assert rated() == [("A", 1000, 7), ("A", 10, 1)]


@pytest.mark.rule("P1", "D1")
def test_a_discount_is_on_the_stepped_list_value(shop, account):
    product = shop.product("traffic", unit_price=None)
    shop.set_price(product, "0.10", NEW_YEAR, STEPS)
    shop.offer(account, rate=Decimal("0.5"))
    shop.offer(account, fixed_price=Decimal("0.07"))
    shop.use(account, product, "200", at("2024-05-10 10:10"))
    shop.jobs(at("2024-05-10 11:00"))
    assert charged() == [("A", "A", 18, 0, 9, 0, 9)]


@pytest.mark.rule("P1")
def test_without_a_price_nothing_is_walked_for_free(shop, account):
    """An owner with a voucher takes the other way through the close: it refuses there, too."""
    shop.voucher(account, "5")
    product = shop.product("ecs", unit_price=None)
    shop.set_price(product, "1", NEW_YEAR)
    shop.use(account, product, "3", at("2024-05-10 10:10"))
    Price.objects.all().delete()
    run = shop.close(at("2024-05-10 11:00"))
    (step,) = run.steps.all()
    assert (run.state, step.error, Charge.objects.count()) == (
        "failed",
        "No price is in force for ecs. Add one, then try again.",
        0,
    )
    Price.objects.create(product=product, unit_price=2, effective_from=LONG_AGO)
    runs.retry(run, by="test", at=LONG_AGO)
    runs.work(run.pk, worker="test")
    assert charged() == [("A", "A", 6, 0, 0, 5, 1)]


# -- Contract prices -------------------------------------------------------------------------------


@pytest.mark.rule("D1", "F11")
def test_a_discount_is_given_once(shop, account):
    said = shop.said(NOW)
    for _ in range(2):
        prices.add_discount(owner=account, rate=Decimal("0.8"), **said)
    assert Discount.objects.values_list(
        "owner__number", "rate", "fixed_price", "valid_from", "valid_until"
    ).get() == ("A", Decimal("0.8"), None, NOW, None)
    with refused(KeyReused, "F11 key_reused"):
        prices.add_discount(owner=account, rate=Decimal("0.7"), **said)


@pytest.mark.rule("D1")
@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({}, ["D1 rate_or_price"]),
        ({"rate": Decimal(1), "fixed_price": Decimal(1)}, ["D1 rate_or_price"]),
        ({"rate": Decimal("1.01")}, ["D1 bad_rate"]),
        ({"rate": Decimal("-0.01")}, ["D1 bad_rate"]),
        ({"fixed_price": Decimal("-0.01")}, ["D1 negative_price"]),
        ({"rate": Decimal(1), "valid_from": NOW, "valid_until": NOW}, ["D1 bad_validity"]),
        ({"rate": Decimal(1), "valid_until": NEW_YEAR}, ["D1 bad_validity"]),  # begins now
    ],
)
def test_a_discount_that_makes_no_sense_is_refused(shop, account, facts, reasons):
    with refused(PriceRefused, *reasons):
        shop.offer(account, NOW, **facts)


@pytest.mark.rule("D1")
def test_a_discount_has_one_scope(shop, account):
    product = shop.product("ecs")
    with refused(PriceRefused, "D1 two_scopes"):
        shop.offer(account, product=product, family=product.family, rate=Decimal(1))


@pytest.mark.rule("D1", "K4")
def test_walked_or_not_the_same_discount_decides(shop, account):
    """A voucher of 1 makes the owner walked; list, discount and decision are the same."""
    other = shop.account("B", cash_amount="1000")
    product = shop.product("ecs", unit_price="2")
    for owner in (account, other):
        shop.offer(owner, rate=Decimal("0.9"))
        shop.offer(owner, fixed_price=Decimal("1.5"), product=product)
        shop.offer(owner, rate=Decimal("0.7"), family=product.family, valid_until=NOW)
        shop.offer(owner, rate=Decimal("0.1"), valid_from=at("2024-05-10 10:01"))
        shop.use(owner, product, "10", at("2024-05-10 10:10"))
        shop.use(owner, product, "-1", at("2024-05-10 09:10"), reported=at("2024-05-10 10:30"))
    shop.voucher(other, "1")
    shop.jobs(at("2024-05-10 11:00"))
    alone, walked = charged(owner=account), charged(owner=other)
    assert [row[2:5] for row in alone] == [row[2:5] for row in walked]
    assert [row[2:] for row in walked] == [
        (-2, 0, Decimal("-0.6"), 0, Decimal("-1.4")),
        (20, 0, 6, 1, 13),
    ]
