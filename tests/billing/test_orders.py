"""Prepaid orders: who pays, from what, how much, and when not (O1-O3, C2, F4, F5, D2, K4, V4)."""

from decimal import Decimal

import pytest

from billing.enums import OrderKind, VoucherShare
from billing.models import Charge, Coupon, Order, Resource, Voucher
from billing.services import orders
from billing.services.coupons import CouponRefused
from billing.services.orders import OrderRefused
from finance_mgmt.enums import Permission
from finance_mgmt.errors import InvalidAmount, KeyReused
from finance_mgmt.models import Movement
from finance_mgmt.services import caps
from finance_mgmt.services.changes import ChangeRefused
from finance_mgmt.services.relationships import LinkRefused
from tests.billing.shop import LATER, MAY, NOW, Shop, amounts, bill, books, charged, paid, refused
from tests.provider import at

SHARE_CREDIT = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)


@pytest.fixture
def shop(db):
    """A provider whose books are right at the start of every test, and at its end."""
    yield (it := Shop())
    it.verify_books()


@pytest.fixture
def alone(shop):
    return shop.account("A", cash_amount="100", credit_limit="50")


@pytest.fixture
def master(shop):
    return shop.account("HQ", cash_amount="500", credit_limit="1000")


@pytest.fixture
def member(shop, master):
    """A member in trusteeship with cash and a line of its own, which stay out of it."""
    account = shop.account("M", cash_amount="70", credit_limit="30")
    shop.link(master, account)
    return account


def moved(order: Order) -> list[tuple]:
    """(from whom, from which pocket, for whom, how much) of an order's movements."""
    rows = Movement.objects.filter(kind="order", reason=f"order {order.number}").order_by("id")
    return list(rows.values_list("from_account__number", "from_pocket", "owner__number", "amount"))


# -- Paying from one's own funds -------------------------------------------------------------------


@pytest.mark.rule("O1", "F5", "B1", "C6")
def test_an_own_order_draws_cash_then_credit_and_is_a_charge(shop, alone):
    order = shop.order(alone, shop.prepaid(), "120", number="o1", resource="web-1", months=2)
    assert paid(order) == amounts(list="120", payable="120", cash="100", credit="20")
    assert moved(order) == [("A", "cash", "A", 100), ("A", "credit", "A", 20)]
    assert shop.stored(alone) == {"credit_limit": 50, "used": 20}
    assert Resource.objects.values_list("code", "kind", "status", "started_at", "paid_until").get(
        account=alone
    ) == ("web-1", "prepaid", "running", NOW, at("2024-07-10 14:20:30"))
    row = Order.objects.get(pk=order.pk)
    assert (row.status, row.payer, row.relationship, row.paid_at) == ("paid", alone, None, NOW)
    assert (row.covers_from, row.covers_until) == (NOW, at("2024-07-10 14:20:30"))
    assert Charge.objects.values_list(
        "kind", "owner__number", "payer__number", "period_start", "period_end", "billing_month"
    ).get() == ("order", "A", "A", NOW, NOW, MAY)
    assert charged(order=order) == [("A", "A", 120, 0, 0, 0, 120)]


@pytest.mark.rule("F7", "O1")
def test_transferred_cash_is_spent_first(shop, master):
    account = shop.account("B", cash_amount="40")
    shop.manage(master, account)
    shop.transfer(master, account, "30")
    assert moved(shop.order(account, shop.prepaid(), "20")) == [("B", "transferred_cash", "B", 20)]
    assert moved(shop.order(account, shop.prepaid("vm2"), "30")) == [
        ("B", "transferred_cash", "B", 10),
        ("B", "cash", "B", 20),
    ]
    assert shop.stored(account) == {"cash": 20}


@pytest.mark.rule("F5")
@pytest.mark.parametrize(("amount", "fits"), [("150", True), ("150.01", False)])
def test_an_order_fits_to_the_cent(shop, alone, amount, fits):
    product = shop.prepaid()
    if fits:
        shop.order(alone, product, amount)
        assert shop.stored(alone) == {"credit_limit": 50, "used": 50}
    else:
        with refused(OrderRefused, "F5 funds_too_low"):
            shop.order(alone, product, amount)


@pytest.mark.rule("F3", "F5")
def test_what_is_unsettled_is_not_spent_twice(shop, alone):
    shop.use(alone, shop.product("ecs"), "60.5", at("2024-05-10 13:10"))
    shop.jobs(at("2024-05-10 14:00"))
    product = shop.prepaid()
    with refused(OrderRefused, "F5 funds_too_low"):
        shop.order(alone, product, "89.51")
    shop.order(alone, product, "89.50")
    assert shop.figures(alone).available == 0


@pytest.mark.rule("F5")
def test_a_credit_balance_to_come_never_takes_an_order_over_the_limit(shop):
    """Available is 130, but 30 of it is neither cash nor limit yet."""
    account = shop.account("B", cash_amount="20", credit_limit="80")
    shop.adjust(account, "-30", at("2024-05-02"))
    assert shop.figures(account).available == 130
    product = shop.prepaid()
    with refused(OrderRefused, "F5 funds_too_low"):
        shop.order(account, product, "100.01")
    shop.order(account, product, "100")
    assert shop.figures(account).overshoot == 0


@pytest.mark.rule("F5", "F6")
def test_with_shared_credit_the_allocated_part_pays_and_not_the_own_line(shop, master):
    account = shop.account("B", credit_limit="300")
    shop.manage(master, account, *SHARE_CREDIT)
    product = shop.prepaid()
    with refused(OrderRefused, "F5 funds_too_low"):
        shop.order(account, product, "1")
    shop.allocate(master, account, "40")
    with refused(OrderRefused, "F5 funds_too_low"):
        shop.order(account, product, "40.01")
    shop.order(account, product, "40")
    assert shop.stored(account)["used"] == 40


@pytest.mark.rule("O1")
def test_an_order_of_nothing_is_paid_with_nothing(shop):
    account = shop.account("B")
    order = shop.order(account, shop.prepaid(), "0")
    assert (paid(order), moved(order), order.status) == ({}, [], "paid")


# -- Repeated keys, and later payment --------------------------------------------------------------


@pytest.mark.rule("F11", "O1")
def test_the_same_key_is_the_first_order(shop, alone):
    product, said = shop.prepaid(), shop.said(NOW)
    first = shop.order(alone, product, "10.00", number="o1", said=said)
    before = books()
    again = shop.order(alone, product, "10", number="o1", said=said)
    assert (again, books()) == (first, before)


@pytest.mark.rule("F11")
@pytest.mark.parametrize(
    "other",
    [
        {"amount": "10.01"},
        {"months": 2},
        {"number": "o2"},
        {"is_paid": False},
        {"kind": OrderKind.RENEW},
        {"resource": "web"},
    ],
)
def test_the_same_key_for_another_order_is_refused(shop, alone, other):
    product, said = shop.prepaid(), shop.said(NOW)
    shop.order(alone, product, "10", number="o1", said=said)
    facts = {"amount": "10", "number": "o1"} | other
    with refused(KeyReused, "F11 key_reused"):
        shop.order(alone, product, facts.pop("amount"), said=said, **facts)


@pytest.mark.rule("C2", "O1")
def test_an_order_waits_until_it_is_paid_once(shop, alone):
    order = shop.order(alone, shop.prepaid(), "10", is_paid=False)
    assert (order.status, Charge.objects.count(), Resource.objects.count()) == ("pending", 0, 0)
    said = shop.said(LATER)
    first = orders.pay(order=order, **said)
    assert (first.status, first.covers_from, moved(order)) == (
        "paid",
        LATER,
        [("A", "cash", "A", 10)],
    )
    before = books()
    assert orders.pay(order=order, **said) == first
    assert books() == before
    with refused(OrderRefused, "O1 not_pending"):
        shop.pay(order, LATER)


@pytest.mark.rule("C2")
def test_the_terms_are_those_of_the_instant_of_payment(shop, master):
    """Placed with its own discount, paid when the master's is shared."""
    account = shop.account("B", cash_amount="1000")
    link = shop.manage(master, account)
    product = shop.prepaid()
    shop.discount(account, rate="0.9")
    shop.discount(master, rate="0.5")
    order = shop.order(account, product, "100", is_paid=False)
    shop.grant(link, Permission.SHARE_DISCOUNTS, NOW)
    assert paid(shop.pay(order, LATER)) == amounts(
        list="100", discount="50", payable="50", cash="50"
    )


@pytest.mark.rule("C2", "L4")
def test_an_unpaid_order_keeps_its_owner_from_being_linked(shop, master, alone):
    """So no order is placed under one payer and paid under another unseen."""
    order = shop.order(alone, shop.prepaid(), "10", is_paid=False)
    with refused(LinkRefused, "L4 unpaid_orders"):
        shop.link(master, alone, NOW)
    shop.cancel(order)
    shop.link(master, alone, NOW)


@pytest.mark.rule("C2", "L4", "L10")
def test_a_change_of_payer_never_reaches_back_before_a_paid_order(shop, master, alone):
    """Both at once, the order first, the change by a clock that was read just before."""
    shop.order(alone, shop.prepaid(), "10", NOW)
    before, same = at("2024-05-10 14:20:29.999999"), NOW
    with refused(LinkRefused, "L4 unpaid_orders"):
        shop.link(master, alone, before)
    link = shop.link(master, alone, same)
    shop.order(alone, shop.prepaid("vm2"), "10", LATER)
    with refused(ChangeRefused, "L10 unpaid_orders"):
        shop.end(link, at("2024-05-20 09:59:59"))
    shop.end(link, LATER)


@pytest.mark.rule("C2", "L9")
def test_while_a_change_of_payer_takes_effect_no_order_is_paid(shop, master, alone):
    """The link is due and the job that makes it in force is late: nobody knows yet who pays."""
    shop.link_later(master, alone, NOW, LATER)
    shop.order(alone, shop.prepaid(), "10", at("2024-05-20 09:59:59"))
    product = shop.prepaid("vm2")
    with refused(OrderRefused, "L9 change_is_due"):
        shop.order(alone, product, "10", LATER)
    shop.apply_changes(LATER)
    order = shop.order(alone, product, "10", LATER)
    assert (order.payer, moved(order)) == (master, [("HQ", "credit", "A", 10)])


@pytest.mark.rule("O1")
def test_a_pending_order_is_cancelled_once(shop, alone):
    order = shop.order(alone, shop.prepaid(), "10", is_paid=False)
    said = shop.said(LATER)
    assert orders.cancel(order=order, **said).status == "cancelled"
    assert orders.cancel(order=order, **said).status == "cancelled"
    with refused(OrderRefused, "O1 not_pending"):
        shop.cancel(order)
    with refused(OrderRefused, "O1 not_pending"):
        shop.pay(order)


@pytest.mark.rule("O1")
def test_a_paid_order_is_not_cancelled(shop, alone):
    order = shop.order(alone, shop.prepaid(), "10")
    with refused(OrderRefused, "O1 not_pending"):
        shop.cancel(order)


@pytest.mark.rule("O1", "F5")
def test_an_unpaid_order_that_can_not_be_paid_stays_pending(shop):
    account = shop.account("B")
    order = shop.order(account, shop.prepaid(), "10", is_paid=False)
    with refused(OrderRefused, "F5 funds_too_low"):
        shop.pay(order)
    shop.top_up(account, "10")
    assert shop.pay(order).status == "paid"


# -- What can't be ordered -------------------------------------------------------------------------


@pytest.mark.rule("O1")
@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({"amount": "-0.01"}, ["O1 amount_negative"]),
        ({"amount": "NaN"}, ["O1 amount_negative"]),
        ({"amount": "Infinity"}, ["O1 amount_negative"]),
        ({"amount": "1E+15"}, ["O1 bad_amount"]),
        ({"amount": "1E-19"}, ["O1 bad_amount"]),
        ({"months": 0}, ["O1 months_missing"]),
        ({"number": "taken", "resource": "free"}, ["O1 number_taken"]),
        ({"resource": "taken"}, ["O1 resource_exists"]),
        ({"kind": OrderKind.RENEW}, ["O1 no_such_resource"]),
        ({"kind": OrderKind.UPGRADE}, ["O1 no_such_resource"]),
        ({"kind": OrderKind.RENEW, "resource": "metered"}, ["O1 no_such_resource"]),
        ({"kind": OrderKind.RENEW, "resource": "gone"}, ["O1 released"]),
        ({"kind": OrderKind.UPGRADE, "resource": "gone"}, ["O1 released"]),
        (
            {"amount": "-1", "months": 0, "number": "taken", "resource": "taken"},
            ["O1 amount_negative", "O1 months_missing", "O1 number_taken", "O1 resource_exists"],
        ),
    ],
)
@pytest.mark.parametrize("is_paid", [True, False])
def test_what_can_not_be_ordered_leaves_nothing(shop, alone, facts, reasons, is_paid):
    product = shop.prepaid()
    shop.order(alone, product, "1", number="taken")
    shop.start(alone, "metered", shop.product("ecs"))
    gone = shop.order(alone, product, "1", resource="gone")
    shop.release(Order.objects.get(pk=gone.pk).resource)
    with refused(OrderRefused, *reasons):
        shop.order(alone, product, **({"amount": "10", "is_paid": is_paid} | facts))


@pytest.mark.rule("O1")
def test_two_waiting_orders_for_one_new_resource_are_not_both_paid(shop, alone):
    product = shop.prepaid()
    first, second = (
        shop.order(alone, product, "10", resource="web", is_paid=False) for _ in range(2)
    )
    shop.pay(first)
    with refused(OrderRefused, "O1 resource_exists"):
        shop.pay(second)


@pytest.mark.rule("O1")
def test_a_waiting_renewal_of_what_was_released_meanwhile_is_not_paid(shop, alone):
    product = shop.prepaid()
    new = shop.order(alone, product, "10", resource="web")
    renewal = shop.order(alone, product, "10", resource="web", kind="renew", is_paid=False)
    shop.release(new.resource)
    with refused(OrderRefused, "O1 released"):
        shop.pay(renewal)


@pytest.mark.rule("S3", "F5")
def test_in_arrears_nothing_more_is_ordered(shop):
    account = shop.account("B", credit_limit="500")
    product = shop.prepaid()
    shop.order(account, product, "40", at("2024-05-10 10:00"))
    shop.jobs(at("2024-06-01"))
    shop.order(account, shop.prepaid("vm2"), "1", at("2024-06-16 23:59"))  # due on the 16th
    with refused(OrderRefused, "S3 in_arrears"):
        shop.order(account, product, "1", at("2024-06-17"), number="x")
    with refused(OrderRefused, "S3 in_arrears", "F5 funds_too_low"):
        shop.order(account, product, "1000", at("2024-06-17"), number="x")
    shop.top_up(account, "40")
    shop.settle(account, at("2024-06-17"))
    shop.order(account, product, "1", at("2024-06-17"), number="x")


@pytest.mark.rule("S3")
def test_with_funds_below_0_not_even_a_voucher_buys(shop):
    account = shop.account("B", cash_amount="1")
    shop.use(account, shop.product("ecs"), "5", at("2024-05-10 13:10"))
    shop.jobs(at("2024-05-10 14:00"))
    shop.voucher(account, "50")
    product = shop.prepaid()
    with refused(OrderRefused, "S3 in_arrears"):
        shop.order(account, product, "50")
    shop.top_up(account, "4")
    shop.order(account, product, "50")


# -- New, renew, upgrade ---------------------------------------------------------------------------

MONTHS = [
    ("2024-01-31 10:00", 1, "2024-02-29 10:00"),
    ("2023-01-31 10:00", 1, "2023-02-28 10:00"),
    ("2024-01-31 10:00", 2, "2024-03-31 10:00"),
    ("2024-08-31 10:00", 1, "2024-09-30 10:00"),
    ("2024-05-15 10:00", 12, "2025-05-15 10:00"),
    ("2024-02-29 10:00", 12, "2025-02-28 10:00"),
    ("2024-12-31 23:59:59", 1, "2025-01-31 23:59:59"),
    # The month is that of the billing zone: in UTC these are the last of the month before.
    ("2024-03-01 01:00", 1, "2024-04-01 01:00"),
    ("2024-05-31 01:00", 1, "2024-06-30 01:00"),
]


@pytest.mark.rule("O1", "R1")
@pytest.mark.parametrize(("begins", "months", "ends"), MONTHS)
def test_a_paid_period_ends_on_the_same_day_or_the_last_of_the_month(shop, begins, months, ends):
    account = shop.account("B", cash_amount="10")
    order = shop.order(account, shop.prepaid(), "1", at(begins), months=months)
    assert (order.covers_from, order.covers_until) == (at(begins), at(ends))
    assert Resource.objects.get().paid_until == at(ends)


@pytest.mark.rule("O1", "R1")
def test_a_renewal_goes_on_where_the_paid_period_ends(shop, alone):
    product = shop.prepaid()
    shop.order(alone, product, "10", at("2024-05-10 10:00"), resource="web")
    renewal = shop.order(alone, product, "10", NOW, resource="web", kind="renew", months=2)
    assert (renewal.covers_from, renewal.covers_until) == (
        at("2024-06-10 10:00"),
        at("2024-08-10 10:00"),
    )
    assert Resource.objects.get().paid_until == at("2024-08-10 10:00")


@pytest.mark.rule("O1", "R1")
def test_a_renewal_after_the_end_begins_now(shop, alone):
    product = shop.prepaid()
    shop.order(alone, product, "10", at("2024-03-10 10:00"), resource="web")
    renewal = shop.order(alone, product, "10", NOW, resource="web", kind="renew")
    assert (renewal.covers_from, renewal.covers_until) == (NOW, at("2024-06-10 14:20:30"))


@pytest.mark.rule("O1", "R1")
def test_an_upgrade_is_for_the_rest_of_the_paid_period(shop, alone):
    product = shop.prepaid()
    shop.order(alone, product, "10", at("2024-05-01 10:00"), resource="web")
    upgrade = shop.order(alone, product, "5", NOW, resource="web", kind="upgrade")
    assert (upgrade.covers_from, upgrade.covers_until) == (NOW, at("2024-06-01 10:00"))
    assert Resource.objects.get().paid_until == at("2024-06-01 10:00")


@pytest.mark.rule("O1", "R1")
def test_nothing_is_left_to_upgrade_after_the_paid_period(shop, alone):
    product = shop.prepaid()
    shop.order(alone, product, "10", at("2024-04-10 14:20:30"), resource="web")
    with refused(OrderRefused, "O1 nothing_left"):
        shop.order(alone, product, "5", NOW, resource="web", kind="upgrade")


# -- What it costs: discount, coupon, vouchers -----------------------------------------------------


@pytest.mark.rule("K4", "D1", "V5", "V1")
def test_discount_then_coupon_then_vouchers_then_cash_then_credit(shop, alone):
    shop.discount(alone, rate="0.8")
    shop.coupon(alone, "15", "c1")
    shop.voucher(alone, "40", "v1")
    order = shop.order(alone, shop.prepaid(), "225")
    assert paid(order) == amounts(
        list="225", discount="45", coupon="15", voucher="40", payable="125", cash="100", credit="25"
    )
    assert charged() == [("A", "A", 225, 0, 60, 40, 125)]


@pytest.mark.rule("B3", "K4")
def test_what_is_below_the_minor_unit_counts_as_discount(shop, alone):
    shop.discount(alone, rate="0.333333333333333333")
    order = shop.order(alone, shop.prepaid(), "10.555")
    assert paid(order) == amounts(list="10.555", discount="7.045", payable="3.51", cash="3.51")


@pytest.mark.rule("B3")
def test_a_currency_without_decimals_is_cut_to_whole_units(shop):
    account = shop.account("J", cash_amount="100", currency="JPY")
    shop.discount(account, rate="0.7")
    assert paid(shop.order(account, shop.prepaid(), "55")) == amounts(
        list="55", discount="17", payable="38", cash="38"
    )


@pytest.mark.rule("D1")
def test_the_best_rate_in_force_now_on_this_product_counts(shop, alone):
    product, other = shop.prepaid(), shop.prepaid("db", family="data")
    shop.discount(alone, rate="0.9")
    shop.discount(alone, rate="0.8", family=product.family)
    shop.discount(alone, rate="0.1", product=other)
    shop.discount(alone, rate="0.2", valid_until=NOW)
    shop.discount(alone, rate="0.3", valid_from=LATER)
    assert paid(shop.order(alone, product, "10")) == amounts(
        list="10", discount="2", payable="8", cash="8"
    )
    assert paid(shop.order(alone, other, "10")) == amounts(
        list="10", discount="9", payable="1", cash="1"
    )


@pytest.mark.rule("D1")
@pytest.mark.parametrize(
    ("cycle", "kind", "months", "payable"),
    [
        ("", "new", 1, "7"),  # a month of what is only sold prepaid
        ("", "new", 3, "21"),
        ("", "upgrade", 1, "30"),  # no month: the fixed price says nothing
        ("hour", "new", 1, "30"),  # a metered unit is no order
    ],
)
def test_a_fixed_price_is_of_a_month_never_of_a_metered_unit(
    shop, alone, cycle, kind, months, payable
):
    product = shop.product("vm", cycle=cycle)
    shop.order(alone, product, "10", resource="web")
    shop.discount(alone, fixed_price="7", product=product)
    resource = {"resource": "web"} if kind == "upgrade" else {}
    order = shop.order(alone, product, "30", kind=kind, months=months, **resource)
    assert order.payable_amount == Decimal(payable)


@pytest.mark.rule("V5", "K4")
def test_the_coupon_that_cuts_most_is_used_up_once(shop, alone):
    product = shop.prepaid()
    shop.coupon(alone, "5", "small")
    shop.coupon(alone, "12.345", "big")
    first = shop.order(alone, product, "20", number="o1")
    assert (first.coupon.code, paid(first)) == (
        "big",
        amounts(list="20", coupon="12.34", payable="7.66", cash="7.66"),
    )
    second = shop.order(alone, product, "20", number="o2")
    assert second.coupon.code == "small"
    assert shop.order(alone, product, "20", number="o3").coupon is None


@pytest.mark.rule("V5")
@pytest.mark.parametrize(
    "facts",
    [
        {"minimum_spend": Decimal("20.01")},
        {"expires_at": NOW},
        {"valid_from": LATER},
        {"amount": "0.009"},  # below one cent
    ],
)
def test_a_coupon_that_does_not_apply_is_kept(shop, alone, facts):
    shop.coupon(alone, **({"amount": "5"} | facts))
    order = shop.order(alone, shop.prepaid(), "20")
    assert (order.coupon, order.coupon_amount) == (None, 0)


@pytest.mark.rule("V5")
def test_a_coupon_for_other_products_or_of_another_account_is_kept(shop, alone):
    product, other = shop.prepaid(), shop.prepaid("db", family="data")
    shop.coupon(alone, "5", products=[other])
    shop.coupon(alone, "6", families=[other.family])
    shop.coupon(shop.account("B"), "7")
    assert shop.order(alone, product, "20").coupon is None
    assert shop.order(alone, other, "20").coupon_amount == 6


@pytest.mark.rule("V5")
def test_a_coupon_is_not_spent_on_nothing(shop, alone):
    shop.coupon(alone, "5")
    shop.discount(alone, rate="0")
    assert shop.order(alone, shop.prepaid(), "20").coupon is None
    assert Coupon.objects.filter(order=None).count() == 1


@pytest.mark.rule("V5")
@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ({"amount": "0"}, ["V5 bad_amount"]),
        ({"amount": "NaN"}, ["V5 bad_amount"]),
        ({"minimum_spend": Decimal(-1)}, ["V5 bad_minimum_spend"]),
        ({"valid_from": LATER, "expires_at": LATER}, ["V5 bad_validity"]),
        ({"code": "taken"}, ["V5 code_taken"]),
        ({"amount": "-1", "code": "taken"}, ["V5 bad_amount", "V5 code_taken"]),
    ],
)
def test_an_unusable_coupon_is_not_issued(shop, alone, facts, reasons):
    shop.coupon(alone, "1", "taken")
    with refused(CouponRefused, *reasons):
        shop.coupon(alone, **({"amount": "5", "code": "new"} | facts))


@pytest.mark.rule("V1", "V2", "K4")
def test_several_vouchers_pay_and_the_minimum_looks_at_the_price_after_discount(shop, alone):
    shop.discount(alone, rate="0.5")
    shop.voucher(alone, "10.005", "first", expires_at=at("2024-06-01"))
    shop.voucher(alone, "100", "too high", minimum_spend=Decimal("50.01"))
    shop.voucher(alone, "30", "second", minimum_spend=Decimal(50))
    order = shop.order(alone, shop.prepaid(), "100")
    assert paid(order) == amounts(list="100", discount="50", voucher="40", payable="10", cash="10")
    assert dict(Voucher.objects.values_list("code", "remaining")) == {
        "first": Decimal("0.005"),
        "too high": 100,
        "second": 0,
    }
    assert Charge.objects.get().explanation == {
        "vouchers": [
            {"voucher": "first", "paid": "10.00", "refused": ""},
            {"voucher": "too high", "paid": "0.00", "refused": "below_minimum_spend"},
            {"voucher": "second", "paid": "30.00", "refused": ""},
        ]
    }


@pytest.mark.rule("V1", "F5")
def test_an_order_that_does_not_fit_draws_no_voucher(shop):
    account = shop.account("B", cash_amount="5")
    shop.voucher(account, "10")
    shop.coupon(account, "1")
    product = shop.prepaid()
    with refused(OrderRefused, "F5 funds_too_low"):
        shop.order(account, product, "16.01")
    order = shop.order(account, product, "16")
    assert paid(order) == amounts(list="16", coupon="1", voucher="10", payable="5", cash="5")


# -- Price override --------------------------------------------------------------------------------


@pytest.mark.rule("O3")
def test_an_override_is_what_is_payable_before_vouchers(shop, alone):
    """Neither discount nor coupon come on top."""
    shop.discount(alone, rate="0.5")
    shop.coupon(alone, "5")
    shop.voucher(alone, "10")
    order = shop.order(alone, shop.prepaid(), "100", is_paid=False)
    assert shop.override(order, "80").override_amount == 80
    shop.override(order, "70")
    assert paid(shop.pay(order)) == amounts(
        list="100", discount="30", voucher="10", payable="60", cash="60"
    )
    assert Coupon.objects.filter(order=None).count() == 1


@pytest.mark.rule("O3")
def test_an_order_may_be_made_free(shop):
    account = shop.account("B")
    order = shop.order(account, shop.prepaid(), "100", is_paid=False)
    shop.override(order, "0")
    assert paid(shop.pay(order)) == amounts(list="100", discount="100")


@pytest.mark.rule("O3", "F11")
def test_an_override_is_safe_to_repeat(shop, alone):
    order, said = shop.order(alone, shop.prepaid(), "100", is_paid=False), shop.said(NOW)
    orders.override_price(order=order, amount=Decimal(80), **said)
    before = books()
    orders.override_price(order=order, amount=Decimal(80), **said)
    assert books() == before
    with refused(KeyReused, "F11 key_reused"):
        orders.override_price(order=order, amount=Decimal(70), **said)


@pytest.mark.rule("O3")
def test_an_override_is_refused(shop, alone, member):
    order = shop.order(alone, shop.prepaid(), "100", is_paid=False)
    theirs = shop.order(member, shop.prepaid("vm2"), "100", is_paid=False)
    with refused(OrderRefused, "O3 above_list_amount"):
        shop.override(order, "100.01")
    with refused(InvalidAmount, "F10 amount_not_positive"):
        shop.override(order, "-1")
    with refused(InvalidAmount, "F10 amount_too_precise"):
        shop.override(order, "1.001")
    with refused(OrderRefused, "O3 in_trusteeship"):
        shop.override(theirs, "80")
    with refused(OrderRefused, "O3 in_trusteeship", "O3 above_list_amount"):
        shop.override(theirs, "101")
    shop.pay(order)
    with refused(OrderRefused, "O3 not_pending"):
        shop.override(order, "80")


# -- Trusteeship -----------------------------------------------------------------------------------


@pytest.mark.rule("O2", "F4", "B4", "L13")
def test_a_members_order_draws_the_masters_vouchers_then_its_credit_never_cash(
    shop, master, member
):
    shop.voucher(master, "30", "shared")
    shop.voucher(master, "30", "private", share=VoucherShare.PRIVATE)
    shop.voucher(member, "30", "frozen")
    shop.coupon(member, "7")
    shop.coupon(master, "8")
    shop.discount(master, rate="0.8")
    shop.discount(member, rate="0.1")
    order = shop.order(member, shop.prepaid(), "100")
    assert paid(order) == amounts(
        list="100", discount="20", voucher="30", payable="50", credit="50"
    )
    assert moved(order) == [("HQ", "credit", "M", 50)]
    assert (order.payer, order.relationship.member) == (master, member)
    assert charged() == [("M", "HQ", 100, 0, 20, 30, 50)]
    assert shop.stored(member) == {"cash": 70, "credit_limit": 30}
    assert shop.stored(master) == {"cash": 500, "credit_limit": 1000, "used": 50}
    assert dict(Voucher.objects.values_list("code", "remaining")) == {
        "shared": 0,
        "private": 30,
        "frozen": 30,
    }
    assert Coupon.objects.filter(order=None).count() == 2


@pytest.mark.rule("F4")
def test_the_masters_cash_is_no_headroom(shop, master, member):
    product = shop.prepaid()
    with refused(OrderRefused, "F4 funds_too_low"):
        shop.order(member, product, "1000.01")
    shop.order(member, product, "1000")
    assert shop.stored(master) == {"cash": 500, "credit_limit": 1000, "used": 1000}
    with refused(OrderRefused, "F4 funds_too_low"):
        shop.order(member, product, "0.01", number="x")


@pytest.mark.rule("F4")
def test_members_unsettled_usage_takes_headroom_and_own_does_not(shop, master, member):
    ecs = shop.product("ecs")
    shop.use(member, ecs, "300", at("2024-05-10 13:10"))
    shop.use(master, ecs, "400", at("2024-05-10 13:10"))
    shop.jobs(at("2024-05-10 14:00"))
    assert shop.figures(master).headroom == 700
    product = shop.prepaid()
    with refused(OrderRefused, "F4 funds_too_low"):
        shop.order(member, product, "700.01")
    shop.order(member, product, "700")


@pytest.mark.rule("F4", "F3")
def test_headroom_is_never_more_than_the_available_funds(shop, master, member):
    shop.use(master, shop.product("ecs"), "900", at("2024-05-10 13:10"))
    shop.jobs(at("2024-05-10 14:00"))
    assert shop.figures(master).headroom == 600
    product = shop.prepaid()
    with refused(OrderRefused, "F4 funds_too_low"):
        shop.order(member, product, "600.01")


@pytest.mark.rule("F4", "F5")
def test_what_is_to_be_billed_in_the_masters_favour_is_no_headroom(shop, master, member):
    """Members' usage corrected below 0: the limit stays the limit."""
    shop.adjust(member, "-50", at("2024-05-02"))
    assert shop.figures(master).headroom == 1000
    product = shop.prepaid()
    with refused(OrderRefused, "F4 funds_too_low"):
        shop.order(member, product, "1000.01")


@pytest.mark.rule("S3")
def test_the_masters_arrears_refuse_a_members_order_not_the_members_own(shop, master, member):
    other = shop.account("N", credit_limit="100")
    shop.order(other, shop.prepaid("own"), "20", at("2024-05-01"))
    shop.order(member, shop.prepaid("theirs"), "20", at("2024-05-01"))
    shop.jobs(at("2024-06-01"))
    past_due, product = at("2024-06-17"), shop.prepaid()
    with refused(OrderRefused, "S3 in_arrears"):
        shop.order(member, product, "1", past_due)
    shop.settle(master, past_due)
    shop.order(member, product, "1", past_due)


@pytest.mark.rule("C2", "L3")
def test_after_the_end_the_member_pays_itself(shop, master):
    account = shop.account("B", cash_amount="10")
    link = shop.link(master, account)
    product = shop.prepaid()
    assert shop.order(account, product, "1", NOW, number="o1").payer == master
    shop.end(link, LATER)
    order = shop.order(account, product, "1", LATER, number="o2")
    assert (order.payer, order.relationship, order.from_cash) == (account, None, 1)


@pytest.mark.rule("D2", "V4", "V5", "O2")
def test_in_a_flagged_family_the_user_keeps_its_own_and_the_master_pays_the_rest(
    shop, master, member
):
    product = shop.prepaid("sms", family="communications", keeps_own_discount=True)
    shop.voucher(master, "30", "the master's")
    shop.voucher(member, "20", "own")
    shop.coupon(member, "7")
    shop.discount(master, rate="0.1")
    shop.discount(member, rate="0.9")
    order = shop.order(member, product, "100")
    assert paid(order) == amounts(
        list="100", discount="10", coupon="7", voucher="20", payable="63", credit="63"
    )
    assert moved(order) == [("HQ", "credit", "M", 63)]
    assert dict(Voucher.objects.values_list("code", "remaining")) == {"the master's": 30, "own": 0}


@pytest.mark.rule("F12")
def test_a_hard_cap_refuses_a_members_order_a_soft_one_does_not(shop, master, member):
    link = member.as_member.get()
    caps.set_cap(relationship=link, amount=Decimal(60), is_hard=True, **shop.said(NOW))
    product = shop.prepaid()
    shop.order(member, product, "40")
    with refused(OrderRefused, "F12 above_cap"):
        shop.order(member, product, "20.01")
    shop.order(member, product, "20")
    caps.set_cap(relationship=link, amount=Decimal(60), is_hard=False, **shop.said(NOW))
    shop.order(member, product, "20")


# -- On the bill -----------------------------------------------------------------------------------


@pytest.mark.rule("B1", "B5")
def test_a_bill_says_what_its_orders_drew_when_they_were_paid(shop, alone):
    shop.order(alone, shop.prepaid(), "120", at("2024-05-31 23:59:59.999999"))
    shop.order(alone, shop.prepaid("vm2"), "5", at("2024-06-01"))
    shop.use(alone, shop.product("ecs"), "7.125", at("2024-05-10 13:10"))
    shop.jobs(at("2024-06-01"))
    assert bill(alone, MAY) == amounts(
        total="127.12", round_off="0.005", from_cash="100", on_credit="27.12", outstanding="27.12"
    ) | {"status": "outstanding"}
    assert shop.stored(alone) == {"credit_limit": 50, "used": Decimal("32.12")}


@pytest.mark.rule("B2", "B1")
def test_an_order_that_comes_too_late_for_its_month_is_on_the_next_bill(shop, alone):
    """Paid at the last instant of May by a clock that read it before the bill was handed out."""
    shop.order(alone, shop.prepaid(), "1", at("2024-05-10"))
    shop.jobs(at("2024-06-01"))
    shop.order(alone, shop.prepaid("vm2"), "2", at("2024-05-31 23:59:59.999999"))
    other = shop.account("B", cash_amount="10")
    shop.order(other, shop.prepaid("vm3"), "3", at("2024-05-31 23:59:59.999999"))
    shop.jobs(at("2024-07-01"))
    assert [(b.payer.number, b.month.month, b.total) for b in shop.bills()] == [
        ("A", 5, 1),
        ("A", 6, 2),
        ("B", 6, 3),
    ]
