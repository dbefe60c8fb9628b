"""Stories that meet several rules at once, each figure worked out by hand beside it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.models import Charge, Order, Resource, Voucher
from billing.services.orders import OrderRefused
from billing.services.refunds import RefundRefused, refundable
from finance_mgmt.enums import Permission
from tests.billing.shop import NEW_YEAR, NOW, Shop, amounts, charged, covered, drawn, paid, refused
from tests.provider import at

NOON = at("2024-05-10 12:00")
STEPS = (("10", "0.80"), ("20", "0.50"))  # 1.00 up to 10, 0.80 up to 20, 0.50 above


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


def left(order: Order, when) -> Decimal:
    return refundable(Order.objects.get(pk=order.pk), when)


# -- One charge that meets everything --------------------------------------------------------------


@pytest.mark.rule("K4", "K1", "D1", "V1")
@pytest.mark.parametrize(("minimum", "paid_by_voucher"), [("4.20", "3"), ("4.21", "0")])
def test_a_fixed_price_a_commitment_and_a_voucher_on_one_charge(shop, minimum, paid_by_voucher):
    """10 units at 1.00; 4 are reserved; 6 at the fixed 0.70 are 4.20, at 75 % they were 4.50."""
    buyer = shop.account("A", cash_amount="100")
    ecs = shop.product("ecs", unit_price="1")
    shop.instance(buyer, ecs, "4")
    shop.offer(buyer, rate=Decimal("0.75"))
    shop.offer(buyer, product=ecs, fixed_price=Decimal("0.70"))
    shop.voucher(buyer, "3", minimum_spend=Decimal(minimum))
    shop.use(buyer, ecs, "10", NOON)
    shop.close(NOON + timedelta(hours=1))
    voucher = Decimal(paid_by_voucher)
    assert charged() == [("A", "A", 10, 4, Decimal("1.80"), voucher, Decimal("4.20") - voucher)]


@pytest.mark.rule("K3", "K4", "D1", "P1", "V4")
def test_cover_takes_from_the_top_of_the_steps_for_a_member_at_its_masters_discount(shop):
    """25 units list 10 + 8 + 2.50 = 20.50. 7 of the master's units cover 5 x 0.50 + 2 x 0.80.

    16.40 are left: 10 at 1.00 and 8 at 0.80. The master's 50 % leaves 8.20; its voucher pays 5.
    """
    master, member = shop.account("HQ", credit_limit="100"), shop.account("A", cash_amount="10")
    ecs = shop.product("ecs", unit_price=None)
    shop.set_price(ecs, "1", NEW_YEAR, STEPS)
    shop.link(master, member)
    shop.instance(master, ecs, "7", is_shared=True, code="ri")
    shop.offer(master, rate=Decimal("0.5"))
    shop.offer(member, rate=Decimal("0.1"))
    shop.voucher(master, "5", "v", share="all_trusteeship_members")
    shop.voucher(member, "50", "frozen")
    shop.use(member, ecs, "25", NOON)
    shop.close(NOON + timedelta(hours=1))
    listed, cover = Decimal("20.50"), Decimal("4.10")
    assert charged() == [("A", "HQ", listed, cover, Decimal("8.20"), 5, Decimal("3.20"))]
    assert (covered(), drawn()) == ([("ri", "A", 7, cover)], [("v", "A", 5)])


# -- Steps -----------------------------------------------------------------------------------------


@pytest.mark.rule("P1", "B1", "C1")
def test_steps_count_per_owner_also_where_one_master_pays_and_where_payers_change(shop):
    """Three that use 15 cost 14.00 each, not 45 together; A's next 15 cost 5 x 0.80 + 10 x 0.50."""
    master = shop.account("HQ", credit_limit="100")
    members = [shop.account(number, cash_amount="50") for number in "AB"]
    ecs = shop.product("ecs", unit_price=None)
    shop.set_price(ecs, "1", NEW_YEAR, STEPS)
    shop.link(master, members[1])
    for owner in (master, *members):
        shop.use(owner, ecs, "15", NOON)
    shop.close(NOON + timedelta(hours=1))
    shop.link(master, members[0], NOON + timedelta(hours=2))
    shop.use(members[0], ecs, "15", NOON + timedelta(hours=3))
    shop.close(NOON + timedelta(hours=5))
    rows = Charge.objects.order_by("period_start", "owner__number")
    assert list(rows.values_list("owner__number", "payer__number", "payable_amount")) == [
        ("A", "A", 14),
        ("B", "HQ", 14),
        ("HQ", "HQ", 14),
        ("A", "HQ", 9),
    ]


@pytest.mark.rule("P1", "C1")
def test_a_new_price_counts_on_from_what_the_month_used_at_the_old_one(shop):
    """12 at the old steps: 10 + 1.60. Then 2.00 up to 10 and 1.50 above: 5 more are 7.50."""
    buyer = shop.account("A", cash_amount="50")
    ecs = shop.product("ecs", unit_price=None)
    shop.set_price(ecs, "1", NEW_YEAR, STEPS)
    shop.set_price(ecs, "2", NEW_YEAR, (("10", "1.50"),), effective_from=NOON + timedelta(hours=1))
    shop.use(buyer, ecs, "12", NOON)
    shop.use(buyer, ecs, "5", NOON + timedelta(hours=1))
    shop.close(NOON + timedelta(hours=3))
    assert [row[2] for row in charged()] == [Decimal("11.60"), Decimal("7.50")]


@pytest.mark.rule("P1")
@pytest.mark.parametrize("is_closed_between", [False, True])
def test_units_that_came_with_their_amount_never_count_in_the_steps(shop, is_closed_between):
    """8 of our own and 40 that came with an amount: the next 4 are 2 x 1.00 and 2 x 0.80."""
    buyer = shop.account("A", cash_amount="90")
    ecs = shop.product("ecs", unit_price=None)
    shop.set_price(ecs, "1", NEW_YEAR, STEPS)
    shop.use(buyer, ecs, "8", NOON)
    shop.use(buyer, ecs, "40", NOON, given_amount="3")
    if is_closed_between:
        shop.close(NOON + timedelta(hours=1))
    shop.use(buyer, ecs, "4", NOON + timedelta(hours=1))
    shop.close(NOON + timedelta(hours=3))
    assert [row[2] for row in charged()] == [Decimal("11"), Decimal("3.60")]


# -- Orders ----------------------------------------------------------------------------------------


@pytest.mark.rule("C2", "D1")
def test_an_order_takes_the_discount_of_its_payment_not_of_its_placing(shop):
    buyer = shop.account("A", cash_amount="500")
    vm = shop.prepaid()
    shop.offer(buyer, rate=Decimal("0.8"), valid_until=NOW + timedelta(hours=1))
    shop.offer(buyer, rate=Decimal("0.9"), valid_from=NOW + timedelta(hours=1))
    waiting = [shop.order(buyer, vm, "100", is_paid=False) for _ in range(2)]
    shop.pay(waiting[0], NOW + timedelta(minutes=59))
    shop.pay(waiting[1], NOW + timedelta(hours=1))
    assert [paid(order)["payable"] for order in waiting] == [80, 90]


@pytest.mark.rule("K4", "B3", "V2", "V5", "O4")
def test_an_order_with_everything_and_what_comes_back_of_it(shop):
    """Fixed 33.335 a month x 3 = 100.005, cut to 100.00; coupon 10, vouchers 25.50 and 0.009.

    The second voucher has no whole cent. 64.50 are paid: 60 cash, 4.50 credit. 92 days, 10 used:
    82/92 of 64.50 are 57.48913, cut to 57.48: 4.50 to credit, 52.98 to cash; vouchers stay spent.
    """
    buyer = shop.account("A", cash_amount="60", credit_limit="100")
    vm = shop.prepaid()
    shop.offer(buyer, rate=Decimal("0.9"))
    shop.offer(buyer, product=vm, fixed_price=Decimal("33.335"))
    shop.coupon(buyer, "10")
    shop.voucher(buyer, "25.509", "a", expires_at=at("2025-01-01"))
    shop.voucher(buyer, "0.009", "b")
    order = shop.order(buyer, vm, "150", months=3)
    assert paid(order) == amounts(
        list="150", discount="50", coupon="10", voucher="25.50", payable="64.50",
        cash="60", credit="4.50",
    )  # fmt: skip
    shop.refund(order, at("2024-05-20 10:00"))
    assert shop.stored(buyer) == amounts(cash="52.98", credit_limit="100")
    remaining = {voucher.code: voucher.remaining for voucher in Voucher.objects.all()}
    assert remaining == amounts(a="0.009", b="0.009")


@pytest.mark.rule("F4", "F5", "O2")
@pytest.mark.parametrize("way", ["short", "long"])
def test_an_order_may_take_the_headroom_to_exactly_zero(shop, way):
    """30.00 of line, 10.005 unsettled of members: 19.995. An order of 19.99 fits, then nothing."""
    master = shop.account("HQ", cash_amount="500", credit_limit="30")
    member = shop.account("A", cash_amount="500")
    shop.link(master, member)
    vm = shop.prepaid()
    if way == "long":
        shop.voucher(master, "1", products=[shop.prepaid("other")])
    shop.use(member, shop.product("ecs", unit_price="10.005"), "1", NOON)
    shop.close(NOON + timedelta(hours=1))
    with refused(OrderRefused, "F4 funds_too_low"):
        shop.order(member, vm, "20")
    shop.order(member, vm, "19.99")
    assert shop.figures(master).headroom == Decimal("0.005")
    with refused(OrderRefused, "F4 funds_too_low"):
        shop.order(member, vm, "0.01")
    shop.limit(master, "30.01")
    shop.order(member, vm, "0.01")
    assert shop.figures(master).headroom == Decimal("0.005")
    assert shop.stored(master)["cash"] == 500


@pytest.mark.rule("F5", "F2")
@pytest.mark.parametrize("way", ["short", "long"])
def test_an_own_order_may_take_all_there_is_and_not_a_cent_more(shop, way):
    """In management with shared credit: 5 cash and 7 allocated, of a line of 30 that is not its."""
    master = shop.account("HQ", credit_limit="30")
    member = shop.account("A", cash_amount="5")
    shop.manage(master, member, Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)
    shop.allocate(master, member, "7")
    vm = shop.prepaid()
    if way == "long":
        shop.voucher(member, "1", products=[shop.prepaid("other")])
    with refused(OrderRefused, "F5 funds_too_low"):
        shop.order(member, vm, "12.01")
    order = shop.order(member, vm, "12")
    assert paid(order) == amounts(list="12", payable="12", cash="5", credit="7")
    with refused(OrderRefused, "F5 funds_too_low"):
        shop.order(member, vm, "0.01")


# -- Resources -------------------------------------------------------------------------------------


@pytest.mark.rule("R1", "R3", "O1")
def test_what_was_suspended_after_its_paid_period_runs_again_when_it_is_renewed(shop):
    """Its month ended while the funds were below 0. Topped up and renewed, it is paid from now."""
    buyer = shop.account("A", cash_amount="31")
    vm = shop.prepaid()
    shop.order(buyer, vm, "31", NOW, resource="web")
    shop.use(buyer, shop.product("ecs"), "5", at("2024-05-31 10:00"))
    shop.jobs(at("2024-06-02"))
    assert shop.review(at("2024-06-10 14:20:29")) == []
    assert shop.review(at("2024-06-10 14:20:30")) == ["web"]
    with refused(OrderRefused, "S3 in_arrears", "F5 funds_too_low"):
        shop.order(buyer, vm, "30", at("2024-06-11"), resource="web", kind="renew")
    shop.top_up(buyer, "35", at("2024-06-12 09:00"))
    renewal = shop.order(buyer, vm, "30", at("2024-06-12 09:00"), resource="web", kind="renew")
    assert (renewal.covers_from, renewal.covers_until) == (
        at("2024-06-12 09:00"),
        at("2024-07-12 09:00"),
    )
    shop.review(at("2024-06-12 09:00"))
    assert Resource.objects.get(code="web").status == "running"


@pytest.mark.rule("R2", "O1", "O4", "C2")
def test_an_upgrade_lives_through_the_end_of_a_trusteeship_and_is_worth_nothing_after_it(shop):
    """31 days to 06-10. The master upgrades on 05-20 for 22, it ends on 05-25, A upgrades again.

    A's own upgrade covers 15.6 days: 16. On 06-01 12:00 six of them have started: 10/16 of 32.
    """
    master, member = shop.account("HQ", credit_limit="100"), shop.account("A", cash_amount="100")
    link, vm = shop.link(master, member), shop.prepaid()
    new = shop.order(member, vm, "31", NOW, resource="web")
    upgrade = shop.order(member, vm, "22", at("2024-05-20"), resource="web", kind="upgrade")
    assert (left(new, at("2024-05-24")), left(upgrade, at("2024-05-24"))) == (17, 18)
    shop.end(link, at("2024-05-25"))
    own = shop.order(member, vm, "32", at("2024-05-26"), resource="web", kind="upgrade")
    assert (own.payer_id, own.covers_until) == (member.pk, new.covers_until)
    now = at("2024-05-31 12:00")
    assert [left(order, now) for order in (new, upgrade, own)] == [0, 0, 20]
    shop.refund(own, now)
    assert shop.stored(member) == amounts(cash="88")
    assert shop.stored(master) == amounts(credit_limit="100", used="53")
    with refused(RefundRefused, "R2 no_financial_value"):
        shop.refund(upgrade, now)
    assert Resource.objects.get().paid_until == new.covers_until


@pytest.mark.rule("O1", "O4")
def test_a_downgrade_then_a_refund_give_back_what_is_unused_once(shop):
    """310 for 31 days at 50 %: 155. 21 days unused are 105; 40 by the downgrade, 65 by the rest."""
    buyer = shop.account("A", cash_amount="200")
    shop.offer(buyer, rate=Decimal("0.5"))
    order = shop.order(buyer, shop.prepaid(), "310")
    now = at("2024-05-19 18:00")
    shop.downgrade(order, "40", now)
    with refused(RefundRefused, "O4 above_unused"):
        shop.refund(order, now, "65.01")
    shop.refund(order, now)
    assert shop.stored(buyer) == amounts(cash="150")


@pytest.mark.rule("O4", "R1")
def test_a_renewal_between_two_others_is_not_taken_out(shop):
    """Its refund would stop a resource that is paid for now, and leave a hole before the last."""
    buyer = shop.account("A", cash_amount="200")
    vm = shop.prepaid()
    new = shop.order(buyer, vm, "31", resource="web")
    middle, last = (shop.order(buyer, vm, "30", resource="web", kind="renew") for _ in range(2))
    shop.refund(middle, NOW, "5")
    with refused(RefundRefused, "O4 renewed_after"):
        shop.refund(middle, NOW)
    shop.refund(last, NOW)
    shop.refund(middle, NOW)
    resource = Resource.objects.get()
    assert (resource.status, resource.paid_until) == ("running", new.covers_until)
    assert shop.stored(buyer) == amounts(cash="169")
