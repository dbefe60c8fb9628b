"""What comes back of a paid order: how much, to whom, to which pocket, on which bill (O4, R2)."""

from decimal import Decimal

import pytest

from billing.enums import BillStatus
from billing.models import Charge, Order, Refund, Resource, Settlement, Voucher
from billing.services import refunds
from billing.services.refunds import RefundRefused, refundable
from finance_mgmt.errors import InvalidAmount, KeyReused
from finance_mgmt.models import Movement
from tests.billing.shop import JULY, JUNE, MAY, Shop, amounts, bill, books, refused
from tests.provider import at

BOUGHT = at("2024-05-10 14:20:30")  # for a month: 31 days, to 06-10 14:20:30
DAY_10 = at("2024-05-19 18:00")  # the tenth day has begun


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


@pytest.fixture
def buyer(shop):
    return shop.account("A", cash_amount="100", credit_limit="1000")


def bought(shop, account, amount: str, when=BOUGHT, **more) -> Order:
    return shop.order(account, shop.prepaid(f"vm-{shop.key()}"), amount, when, **more)


def left(order: Order, when) -> Decimal:
    return refundable(Order.objects.get(pk=order.pk), when)


def moved(order: Order) -> list[tuple]:
    """(to whom, to which pocket, for whom, how much) of what came back."""
    rows = Movement.objects.filter(kind="refund", reason__endswith=f" {order.number}")
    return list(
        rows.order_by("id").values_list(
            "to_account__number", "to_pocket", "owner__number", "amount"
        )
    )


def state(order: Order) -> tuple:
    row = Order.objects.get(pk=order.pk)
    resource = Resource.objects.get(pk=row.resource_id)
    return (row.status, row.refunded_amount, row.refunded_to_credit, resource.status)


# -- How much --------------------------------------------------------------------------------------


@pytest.mark.rule("O4", "B1", "R1")
def test_a_whole_refund_gives_the_unused_days_back_and_releases(shop, buyer):
    order = bought(shop, buyer, "93", resource="web")
    assert left(order, DAY_10) == 63
    shop.refund(order, DAY_10)
    assert state(order) == ("refunded", 63, 0, "released")
    assert Resource.objects.get().released_at == DAY_10
    assert moved(order) == [("A", "cash", "A", 63)]
    assert Charge.objects.filter(kind="refund").values_list(
        "owner__number",
        "payer__number",
        "resource",
        "period_start",
        "period_end",
        "billing_month",
        "list_amount",
        "payable_amount",
        "reason",
    ).get() == (
        "A",
        "A",
        "web",
        DAY_10,
        DAY_10,
        MAY,
        -63,
        -63,
        f"refund of order {order.number}",
    )
    assert shop.stored(buyer) == amounts(cash="70", credit_limit="1000")
    with refused(RefundRefused, "O4 nothing_unused"):
        shop.refund(order, DAY_10)


@pytest.mark.rule("O4", "O1")
def test_parts_come_back_until_the_unused_part_is_gone(shop, buyer):
    order = bought(shop, buyer, "93")
    shop.refund(order, DAY_10, "20")
    assert state(order) == ("partly refunded", 20, 0, "running")
    assert left(order, DAY_10) == 43
    with refused(RefundRefused, "O4 above_unused"):
        shop.refund(order, DAY_10, "43.01")
    shop.refund(order, DAY_10)
    assert state(order) == ("refunded", 63, 0, "released")


@pytest.mark.rule("O4")
def test_a_part_given_back_early_was_a_part_of_what_is_unused_later(shop, buyer):
    """30.00 for 30 days: 10 back on day 1, then all but the last day used: nothing is left."""
    order = bought(shop, buyer, "30", at("2024-04-01"))
    shop.refund(order, at("2024-04-01 01:00"), "10")
    assert left(order, at("2024-04-20 01:00")) == 0
    with refused(RefundRefused, "O4 nothing_unused"):
        shop.refund(order, at("2024-04-20 01:00"))
    assert left(order, at("2024-04-19 01:00")) == 1


@pytest.mark.rule("O4")
def test_a_refund_of_all_that_is_unused_is_a_whole_one(shop, buyer):
    order = bought(shop, buyer, "93")
    shop.refund(order, DAY_10, "63")
    assert state(order) == ("refunded", 63, 0, "released")


@pytest.mark.rule("O4", "B3")
def test_the_unused_part_is_cut_and_never_more_than_was_paid(shop, buyer):
    shop.discount(buyer, rate="0.9")
    order = bought(shop, buyer, "100")  # 90 for 31 days
    assert left(order, BOUGHT) == 90
    assert left(order, DAY_10) == Decimal("60.96")
    assert left(order, at("2024-06-09 14:20:31")) == 0
    assert left(order, at("2025-01-01")) == 0


@pytest.mark.rule("O4", "V1")
def test_vouchers_and_coupons_do_not_return(shop, buyer):
    shop.voucher(buyer, "31", "v")
    shop.coupon(buyer, "7")
    order = bought(shop, buyer, "100")  # 62 paid
    shop.refund(order, BOUGHT)
    assert state(order)[:2] == ("refunded", 62)
    assert Voucher.objects.get().remaining == 0
    assert Order.objects.get(pk=order.pk).coupon.amount == 7


@pytest.mark.rule("O4")
def test_what_vouchers_paid_alone_gives_nothing_back(shop, buyer):
    shop.voucher(buyer, "50")
    order = bought(shop, buyer, "50")
    with refused(RefundRefused, "O4 nothing_unused"):
        shop.refund(order, BOUGHT)


@pytest.mark.rule("O4", "O1")
def test_what_can_not_be_refunded(shop, buyer):
    pending = bought(shop, buyer, "10", is_paid=False)
    cancelled = shop.cancel(bought(shop, buyer, "10", is_paid=False))
    order = bought(shop, buyer, "31")
    for one in (pending, cancelled):
        with refused(RefundRefused, "O4 not_paid"):
            shop.refund(one, DAY_10)
        with refused(RefundRefused, "O4 not_paid"):
            shop.downgrade(one, "1", DAY_10)
    with refused(RefundRefused, "O4 nothing_unused"):
        shop.refund(order, at("2024-06-10 14:20:30"))
    with refused(RefundRefused, "O4 above_unused"):
        shop.refund(order, DAY_10, "21.01")
    for amount, reason in (("0", "not_positive"), ("-1", "not_positive"), ("0.001", "too_precise")):
        with refused(InvalidAmount, f"F10 amount_{reason}"):
            shop.refund(order, DAY_10, amount)


@pytest.mark.rule("F11", "O4")
def test_the_same_key_gives_back_once(shop, buyer):
    order, said = bought(shop, buyer, "93"), shop.said(DAY_10)
    first = refunds.refund(order=order, amount=Decimal(20), **said)
    before = books()
    assert refunds.refund(order=order, amount=Decimal("20.00"), **said) == first
    assert books() == before
    with refused(KeyReused, "F11 key_reused"):
        refunds.refund(order=order, **said)
    with refused(KeyReused, "F11 key_reused"):
        refunds.downgrade(order=order, amount=Decimal(20), **said)


# -- What becomes of the resource ------------------------------------------------------------------


@pytest.mark.rule("O4", "R1")
def test_a_renewal_to_come_is_refunded_in_full_and_the_paid_period_goes_on(shop, buyer):
    product = shop.prepaid()
    new = shop.order(buyer, product, "31", BOUGHT, resource="web")
    renewal = shop.order(buyer, product, "30", DAY_10, resource="web", kind="renew")
    shop.refund(renewal, DAY_10)
    assert state(renewal) == ("refunded", 30, 0, "running")
    assert Resource.objects.get().paid_until == new.covers_until
    assert left(new, DAY_10) == 21


@pytest.mark.rule("O4", "R1")
def test_a_renewal_in_progress_is_the_resource(shop, buyer):
    product = shop.prepaid()
    shop.order(buyer, product, "31", BOUGHT, resource="web")
    renewal = shop.order(buyer, product, "30", DAY_10, resource="web", kind="renew")
    shop.refund(renewal, at("2024-06-12 10:00"))
    assert state(renewal) == ("refunded", 28, 0, "released")


@pytest.mark.rule("O4", "R1")
def test_an_upgrade_is_refunded_and_the_resource_stays(shop, buyer):
    product = shop.prepaid()
    shop.order(buyer, product, "31", BOUGHT, resource="web")
    upgrade = shop.order(buyer, product, "22", DAY_10, resource="web", kind="upgrade")
    shop.refund(upgrade, DAY_10)
    assert state(upgrade) == ("refunded", 22, 0, "running")
    assert Resource.objects.get().paid_until == at("2024-06-10 14:20:30")


# -- To which pocket -------------------------------------------------------------------------------


@pytest.mark.rule("O4")
def test_credit_first_then_cash(shop, buyer):
    order = bought(shop, buyer, "150")  # 100 cash, 50 credit
    shop.refund(order, BOUGHT, "20")
    assert moved(order) == [("A", "credit", "A", 20)]
    shop.refund(order, BOUGHT, "70")
    assert moved(order)[1:] == [("A", "credit", "A", 30), ("A", "cash", "A", 40)]
    shop.refund(order, BOUGHT)
    assert moved(order)[3:] == [("A", "cash", "A", 60)]
    assert shop.stored(buyer) == amounts(cash="100", credit_limit="1000")


@pytest.mark.rule("O4", "F7")
def test_transferred_cash_comes_back_as_what_it_was(shop):
    """Else an order and its refund would make money of it that can be withdrawn."""
    master = shop.account("HQ", cash_amount="100")
    account = shop.account("B", cash_amount="10")
    shop.manage(master, account)
    shop.transfer(master, account, "30", BOUGHT)
    order = bought(shop, account, "35")
    shop.refund(order, BOUGHT, "20")
    shop.refund(order, BOUGHT)
    assert moved(order) == [
        ("B", "transferred_cash", "B", 20),
        ("B", "transferred_cash", "B", 10),
        ("B", "cash", "B", 5),
    ]
    assert shop.stored(account) == amounts(cash="40", transferred_in="30")


@pytest.mark.rule("O4", "B5", "S1")
def test_credit_on_an_issued_bill_comes_off_that_bill(shop, buyer):
    order = bought(shop, buyer, "410", at("2024-05-31 12:00"))  # 100 cash, 310 credit; 30 days
    shop.jobs(at("2024-06-01"))
    assert bill(buyer, MAY)["outstanding"] == 310
    shop.refund(order, at("2024-06-05 10:00"), "200")
    assert bill(buyer, MAY) == amounts(
        total="410", from_cash="100", on_credit="310", outstanding="110"
    ) | {"status": "outstanding"}
    assert [(s.kind, s.amount, s.bill.month) for s in Settlement.objects.all()] == [
        ("refund", 200, MAY)
    ]
    shop.jobs(at("2024-07-01"))
    assert bill(buyer, JUNE) == amounts(total="-200", on_credit="-200") | {"status": "settled"}
    assert shop.stored(buyer) == amounts(credit_limit="1000", used="110")


@pytest.mark.rule("O4", "S1")
def test_credit_that_is_settled_comes_back_as_cash(shop, buyer):
    order = bought(shop, buyer, "410", at("2024-05-31 12:00"))
    shop.jobs(at("2024-06-01"))
    shop.top_up(buyer, "310")
    shop.settle(buyer, at("2024-06-02"))
    shop.refund(order, at("2024-06-05 10:00"), "200")
    assert moved(order) == [("A", "cash", "A", 200)]
    shop.jobs(at("2024-07-01"))
    assert bill(buyer, MAY)["status"] == "settled"
    assert bill(buyer, JUNE) == amounts(total="-200", from_cash="-200") | {"status": "settled"}
    assert shop.stored(buyer) == amounts(cash="200", credit_limit="1000")


@pytest.mark.rule("O4", "S1")
def test_of_a_partly_settled_bill_only_the_rest_is_credit(shop, buyer):
    order = bought(shop, buyer, "410", at("2024-05-31 12:00"))
    shop.jobs(at("2024-06-01"))
    shop.top_up(buyer, "250")
    shop.settle(buyer, at("2024-06-02"))  # 60 of 310 are left
    shop.refund(order, at("2024-06-05 10:00"), "200")
    assert moved(order) == [("A", "credit", "A", 60), ("A", "cash", "A", 140)]
    assert bill(buyer, MAY)["status"] == "settled"
    shop.jobs(at("2024-07-01"))
    assert bill(buyer, JUNE) == amounts(total="-200", from_cash="-140", on_credit="-60") | {
        "status": "settled"
    }


@pytest.mark.rule("O4", "B5", "B2")
def test_a_refund_over_the_months_end_before_the_bill_is_issued_meets_its_order(shop, buyer):
    """Else May's bill would have 50 outstanding that nobody owes, and June's less than nothing."""
    shop.policy(close_delay=86400)
    order = bought(shop, buyer, "150", at("2024-05-31 12:00"))
    shop.jobs(at("2024-06-01"))
    assert shop.bills() == []
    shop.refund(order, at("2024-06-01 10:00"))
    shop.jobs(at("2024-06-02"))
    shop.jobs(at("2024-07-02"))
    assert [(b.month, b.charge_count) for b in shop.bills()] == [(MAY, 2)]
    assert bill(buyer, MAY) == amounts(total="5", from_cash="5") | {"status": "settled"}
    assert shop.stored(buyer) == amounts(cash="95", credit_limit="1000")


@pytest.mark.rule("O4", "B1")
def test_an_order_and_its_refund_in_one_month_are_on_one_bill(shop, buyer):
    order = bought(shop, buyer, "150")
    shop.refund(order, DAY_10)  # 21 of 31 days: 101.61
    shop.use(buyer, shop.product("ecs"), "10", at("2024-05-20 10:00"))
    shop.jobs(at("2024-06-01"))
    assert bill(buyer, MAY) == amounts(total="58.39", from_cash="58.39") | {"status": "settled"}
    assert shop.stored(buyer) == amounts(cash="41.61", credit_limit="1000")


@pytest.mark.rule("O4", "B5", "S1")
def test_refunds_orders_and_usage_over_three_months_stay_one_story(shop, buyer):
    first = bought(shop, buyer, "310", at("2024-05-31 12:00"))  # 100 cash, 210 credit
    shop.use(buyer, shop.product("ecs"), "40.005", at("2024-05-20 10:00"))
    shop.jobs(at("2024-06-01"))
    assert bill(buyer, MAY) == amounts(
        total="350", round_off="0.005", from_cash="100", on_credit="250", outstanding="250"
    ) | {"status": "outstanding"}
    second = bought(shop, buyer, "60", at("2024-06-03 12:00"), months=2)  # all credit
    shop.refund(first, at("2024-06-05 10:00"), "100")  # comes off May
    shop.refund(second, at("2024-06-06 10:00"), "15")  # comes off June, not yet issued
    shop.top_up(buyer, "140")
    shop.settle(buyer, at("2024-06-07"), "130")  # May: 20 are left
    shop.refund(first, at("2024-06-08 10:00"), "50")  # 20 credit, 30 cash
    shop.jobs(at("2024-07-01"))
    assert bill(buyer, MAY)["status"] == "settled"
    assert bill(buyer, JUNE) == amounts(
        total="-105", from_cash="-30", on_credit="-75", outstanding="45"
    ) | {"status": BillStatus.OUTSTANDING}
    shop.refund(second, at("2024-07-01 10:00"), "2")
    shop.jobs(at("2024-08-01"))
    assert bill(buyer, JULY) == amounts(total="-2", on_credit="-2") | {"status": "settled"}
    assert shop.stored(buyer) == amounts(cash="40", credit_limit="1000", used="43")


# -- Trusteeship -----------------------------------------------------------------------------------


@pytest.fixture
def master(shop):
    return shop.account("HQ", cash_amount="500", credit_limit="1000")


@pytest.mark.rule("O4", "B4")
def test_the_master_who_paid_gets_it_back(shop, master, buyer):
    shop.link(master, buyer)
    order = bought(shop, buyer, "31")
    shop.refund(order, DAY_10)
    assert moved(order) == [("HQ", "credit", "A", 21)]
    assert Charge.objects.filter(kind="refund").values_list("payer__number", "owner__number")[
        0
    ] == ("HQ", "A")
    assert shop.stored(buyer) == amounts(cash="100", credit_limit="1000")


TURNS = ["begin", "end", "move", "upgrade"]


@pytest.mark.rule("R2", "O4", "L7", "L8")
@pytest.mark.parametrize("turn", TURNS)
def test_any_turn_of_a_trusteeship_takes_the_value_not_the_use(shop, master, buyer, turn):
    other = shop.account("HQ2", credit_limit="1000")
    turned = at("2024-05-15")
    if turn == "begin":
        order = bought(shop, buyer, "31")
        shop.link(master, buyer, turned)
    elif turn == "upgrade":
        link = shop.manage(master, buyer)
        order = bought(shop, buyer, "31")
        shop.upgrade(link, turned)
    else:
        link = shop.link(master, buyer)
        order = bought(shop, buyer, "31")
        shop.end(link, turned) if turn == "end" else shop.move(link, other, turned)
    assert left(order, at("2024-05-14")) == 27
    assert left(order, DAY_10) == 0
    with refused(RefundRefused, "R2 no_financial_value"):
        shop.refund(order, DAY_10)
    with refused(RefundRefused, "R2 no_financial_value"):
        shop.refund(order, DAY_10, "1")
    assert state(order) == ("paid", 0, 0, "running")


@pytest.mark.rule("R2", "O1")
def test_a_downgrade_then_gives_nothing_back_and_is_no_refusal(shop, master, buyer):
    order = bought(shop, buyer, "31")
    shop.link(master, buyer, at("2024-05-15"))
    before = shop.stored(buyer), shop.stored(master)
    said = shop.said(DAY_10)
    for _ in range(2):
        refunds.downgrade(order=order, amount=Decimal(5), **said)
    assert (shop.stored(buyer), shop.stored(master)) == before
    assert (state(order), Refund.objects.count()) == (("paid", 0, 0, "running"), 0)


@pytest.mark.rule("R2")
def test_an_order_paid_since_the_turn_has_its_value(shop, master, buyer):
    link = shop.link(master, buyer, at("2024-05-01"))
    inside = bought(shop, buyer, "31", at("2024-05-01"))  # at the very instant: by the new terms
    assert left(inside, at("2024-05-01 10:00")) == 30
    shop.end(link, at("2024-05-15"))
    after = bought(shop, buyer, "31", at("2024-05-15"))
    assert (left(inside, DAY_10), left(after, DAY_10)) == (0, 26)


@pytest.mark.rule("R2")
def test_management_never_takes_value(shop, master, buyer):
    order = bought(shop, buyer, "31")
    link = shop.link(master, buyer, at("2024-05-12"), mode="management")
    assert left(order, DAY_10) == 21
    shop.end(link, at("2024-05-15"))
    assert left(order, DAY_10) == 21


@pytest.mark.rule("R2", "L9")
def test_a_turn_to_come_takes_nothing_yet(shop, master, buyer):
    link = shop.link(master, buyer)
    order = bought(shop, buyer, "31")
    shop.end(link, BOUGHT, effective_at=at("2024-05-30"))
    assert left(order, DAY_10) == 21


# -- Downgrades ------------------------------------------------------------------------------------


@pytest.mark.rule("O1", "O4")
def test_a_downgrade_gives_its_value_back_and_the_resource_stays(shop, buyer):
    order = bought(shop, buyer, "31")
    said = shop.said(DAY_10)
    for _ in range(2):
        refunds.downgrade(order=order, amount=Decimal(8), **said)
    assert state(order) == ("partly refunded", 8, 0, "running")
    assert moved(order) == [("A", "cash", "A", 8)]
    assert left(order, DAY_10) == 13
    with refused(RefundRefused, "O4 above_unused"):
        shop.downgrade(order, "13.01", DAY_10)
    with refused(InvalidAmount, "F10 amount_not_positive"):
        shop.downgrade(order, "0", DAY_10)


@pytest.mark.rule("Z7", "O4")
def test_above_the_bound_a_refund_needs_a_second_person(shop, buyer):
    order = bought(shop, buyer, "93")
    shop.policy(four_eyes_above=Decimal(50))
    with refused(RefundRefused, "Z7 approval_needed"):
        shop.refund(order, DAY_10)
    shop.refund(order, DAY_10, "50")
