"""Races for the last money, each with a twin that loses it (RELIABILITY C1-C6, C10-C17).

The numbers in the names are those of that catalogue.
"""

from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError

from billing.models import Bill, Order, Refund, Settlement, VoucherDraw
from billing.queries.books import wrong_outstanding, wrong_vouchers
from billing.services import orders, refunds, settlement
from billing.services.orders import OrderRefused
from finance_mgmt.enums import Permission
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Movement
from finance_mgmt.services import cash, credit, ledger
from tests.billing.shop import NOW, Shop
from tests.concurrency.races import Meeting, at_once, counted, without_row_locks
from tests.provider import at

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SHARE_CREDIT = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)
CENT = "0.01"
JUNE_2 = at("2024-06-02 10:00")


@pytest.fixture
def shop(transactional_db):
    it = Shop()
    it.start_closing()  # the row that orders hold exists: making it would put them in a line
    return it


def buyers(shop, accounts, amount: str) -> list[partial]:
    """One order for each of the accounts."""
    product = shop.prepaid(f"vm-{shop.key()}")
    return [
        partial(shop.order, account, product, amount, number=f"o{shop.key()}")
        for account in accounts
    ]


# -- C1-C3: the last of the credit -----------------------------------------------------------------

# Simple orders are paid by one statement, others the long way. Each race is run on both, and a
# twin on the long way: a statement has no place to meet at. What guards
# it is a condition on the row: tests/billing/test_hot_orders.py shows each part of it refuse.
WAYS = pytest.mark.parametrize("way", ["short", "long"])


def the_long_way(shop, owner, way: str = "long") -> None:
    """A voucher that pays nothing, but has to be looked at."""
    if way == "long":
        other = shop.prepaid(f"other-{shop.key()}")
        shop.voucher(owner, "1", products=[other])


@pytest.mark.case("C1")
@pytest.mark.rule("F5")
@WAYS
def test_c1_of_32_clients_for_the_last_10_cents_10_are_served(shop, way):
    for number in range(4):
        account = shop.account(f"A{number}", cash_amount="0.04", credit_limit="0.06")
        the_long_way(shop, account, way)
        outcomes = at_once(buyers(shop, [account] * 32, CENT))
        assert counted(outcomes) == {"done": 10, "funds_too_low": 22}
        assert shop.stored(account) == {"credit_limit": Decimal("0.06"), "used": Decimal("0.06")}
    assert shop.wrong_books() == []


@pytest.mark.case("C1")
@pytest.mark.rule("F5")
def test_c1_twin_without_the_lock_all_32_are_served(shop, monkeypatch):
    account = shop.account("A", credit_limit="0.10")
    the_long_way(shop, account)
    race = buyers(shop, [account] * 32, CENT)
    without_row_locks(monkeypatch)
    Meeting(32).before(monkeypatch, orders, "write_remaining")
    assert counted(at_once(race)) == {"done": 32}
    assert shop.figures(account).overshoot == Decimal("0.22")


@pytest.mark.case("C2")
@pytest.mark.rule("F5")
def test_c2_the_first_spend_of_a_fresh_account(shop):
    for number in range(5):
        account = shop.account(f"A{number}", credit_limit="200")
        outcomes = at_once(buyers(shop, [account] * 8, "200"))
        assert counted(outcomes) == {"done": 1, "funds_too_low": 7}
    assert shop.wrong_books() == []


@pytest.fixture
def group(shop):
    """A master with 16 trusteeship members and 10 cents of credit; its cash is no credit."""
    master = shop.account("HQ", cash_amount="500", credit_limit="0.10")
    members = [shop.account(f"M{number}", cash_amount="100") for number in range(16)]
    for member in members:
        shop.link(master, member)
    return master, members


@pytest.mark.case("C3")
@pytest.mark.rule("F4", "F5", "O2")
@WAYS
def test_c3_many_members_race_for_the_masters_last_credit(shop, group, way):
    master, members = group
    the_long_way(shop, master, way)
    outcomes = at_once(buyers(shop, members, CENT))
    assert counted(outcomes) == {"done": 10, "funds_too_low": 6}
    refusals = [outcome for outcome in outcomes if isinstance(outcome, FinanceError)]
    assert {refusal.facts["payer"] for refusal in refusals} == {"HQ"}
    assert shop.stored(master)["used"] == Decimal("0.10")
    assert shop.wrong_books() == []


@pytest.mark.case("C3")
@pytest.mark.rule("F4", "F5")
def test_c3_twin_without_the_lock_all_16_are_served(shop, group, monkeypatch):
    master, members = group
    the_long_way(shop, master)
    race = buyers(shop, members, CENT)
    without_row_locks(monkeypatch)
    Meeting(16).before(monkeypatch, orders, "write_remaining")
    assert counted(at_once(race)) == {"done": 16}
    assert shop.figures(master).overshoot == Decimal("0.06")


# -- C4-C6: credit that is given, taken back, cut --------------------------------------------------


def sharing(shop, name: str, limit: str = "200"):
    """A master and a member in management that shares its credit."""
    master = shop.account(f"HQ{name}", credit_limit=limit)
    member = shop.account(f"A{name}")
    shop.manage(master, member, *SHARE_CREDIT)
    return master, member


def reclaim_or_spend(shop, name: str, way: str = "short") -> tuple:
    master, member = sharing(shop, name)
    shop.allocate(master, member, "100")
    the_long_way(shop, member, way)
    (spend,) = buyers(shop, [member], "60")
    reclaim = partial(
        credit.reclaim, master=master, member=member, amount=Decimal(60), **shop.said(NOW)
    )
    return member, [spend, reclaim]


@pytest.mark.case("C4")
@pytest.mark.rule("F6", "F5")
def test_c4_the_same_credit_is_spent_or_reclaimed(shop):
    for number in range(8):
        member, race = reclaim_or_spend(shop, str(number))
        assert sum(counted(at_once(race)).values()) == 2
        stored = shop.stored(member)
        assert (stored["allocated_in"], stored.get("used", 0)) in ((100, 60), (40, 0))
    assert shop.wrong_books() == []


@pytest.mark.case("C4")
@pytest.mark.rule("F6", "F5")
def test_c4_twin_without_the_lock_it_is_both(shop, monkeypatch):
    member, race = reclaim_or_spend(shop, "", "long")
    without_row_locks(monkeypatch)
    Meeting(2).before(monkeypatch, ledger, "post")
    assert counted(at_once(race)) == {"done": 2}
    assert (shop.figures(member).available, shop.figures(member).overshoot) == (-20, 20)


def two_allocations(shop, name: str) -> tuple:
    """150 of headroom: 200 of limit, of which 50 are used."""
    master, first = sharing(shop, name)
    second = shop.account(f"B{name}")
    shop.manage(master, second, *SHARE_CREDIT)
    (order,) = buyers(shop, [master], "50")
    order()
    return master, [partial(shop.allocate, master, member, "100") for member in (first, second)]


@pytest.mark.case("C5")
@pytest.mark.rule("F6")
def test_c5_the_rest_is_allocated_once(shop):
    for number in range(8):
        master, race = two_allocations(shop, str(number))
        assert counted(at_once(race)) == {"done": 1, "above_headroom": 1}
        assert shop.figures(master).headroom == 50
    assert shop.wrong_books() == []


@pytest.mark.case("C5")
@pytest.mark.rule("F6")
def test_c5_twin_without_the_lock_more_is_given_than_there_is(shop, monkeypatch):
    master, race = two_allocations(shop, "")
    without_row_locks(monkeypatch)
    Meeting(2).before(monkeypatch, ledger, "post")
    assert counted(at_once(race)) == {"done": 2}
    assert shop.figures(master).headroom == -50


@pytest.mark.case("C6")
@pytest.mark.rule("F6", "F5")
def test_c6_a_limit_is_cut_while_it_is_spent(shop):
    """Each order was within the limit of its moment; after the cut there is none."""
    for number in range(4):
        account = shop.account(f"A{number}", credit_limit="0.10")
        cut = partial(shop.limit, account, "0.02")
        outcomes = at_once([*buyers(shop, [account] * 9, CENT), cut])
        spent = counted(outcomes)["done"] - 1
        assert 2 <= spent <= 9
        assert shop.stored(account)["used"] == spent * Decimal(CENT)
        (late,) = buyers(shop, [account], CENT)
        with pytest.raises(OrderRefused):
            late()
    assert shop.wrong_books() == []


# -- C10, C11: settling ----------------------------------------------------------------------------


def indebted(shop, name: str = ""):
    """A master with cash and a member with cash, 30 outstanding of May and 100 on no bill yet."""
    master = shop.account(f"HQ{name}", cash_amount="100")
    member = shop.account(f"A{name}", credit_limit="1000")
    shop.unified(shop.manage(master, member), NOW)
    product = shop.prepaid(f"vm{name}")
    shop.order(member, product, "30", NOW)
    shop.jobs(at("2024-06-01"))
    shop.order(member, product, "100", JUNE_2)
    shop.top_up(member, "100")
    return master, member


@pytest.mark.case("C10")
@pytest.mark.rule("S1", "F11")
def test_c10_a_double_click_settles_once_and_is_answered_the_same(shop):
    _, member = indebted(shop)
    said = shop.said(JUNE_2)
    click = partial(settlement.settle, account=member, **said)
    answers = at_once([click] * 8)
    assert counted(answers) == {"done": 8}
    assert {tuple(one.pk for one in answer) for answer in answers} == {
        (Settlement.objects.get().pk,)
    }
    assert shop.wrong_books() == []


@pytest.mark.case("C10")
@pytest.mark.rule("S1")
def test_c10_two_people_who_settle_all_settle_once(shop):
    _, member = indebted(shop)
    race = [partial(shop.settle, member, JUNE_2)] * 4
    assert counted(at_once(race)) == {"done": 1, "nothing_outstanding": 3}
    assert shop.stored(member)["cash"] == 70
    assert shop.wrong_books() == []


@pytest.mark.case("C10")
@pytest.mark.rule("S1")
def test_c10_twin_without_the_lock_the_cash_goes_twice(shop, monkeypatch):
    _, member = indebted(shop)
    race = [partial(shop.settle, member, JUNE_2, "10")] * 2
    without_row_locks(monkeypatch)
    Meeting(2).before(monkeypatch, settlement, "_pay")
    assert counted(at_once(race)) == {"done": 2}
    assert (shop.stored(member)["cash"], Bill.objects.get().outstanding) == (80, 20)
    assert wrong_outstanding() == [
        "Account A: used credit is stored as 110.000, bills and orders make 120.000."
    ]


@pytest.mark.case("C11")
@pytest.mark.rule("S2", "S1")
def test_c11_the_master_and_the_member_pay_a_bill_once(shop):
    for number in range(3):
        master, member = indebted(shop, str(number)) if not number else _again(shop, number)
        race = [
            partial(shop.settle, member, JUNE_2),
            partial(shop.settle_for, master, member, JUNE_2),
        ]
        assert counted(at_once(race)) == {"done": 1, "nothing_outstanding": 1}
        left = shop.stored(master)["cash"] + shop.stored(member)["cash"]
        assert (left, Settlement.objects.filter(bill__payer=member).count()) == (170, 1)
    assert shop.wrong_books() == []


def _again(shop, number: int):
    """The same in a later month, whose bills are not issued yet."""
    months = [at(f"2024-{month:02}-01") for month in (6 + number, 7 + number)]
    master = shop.account(f"HQ{number}", cash_amount="100")
    member = shop.account(f"A{number}", credit_limit="1000")
    shop.unified(shop.manage(master, member), NOW)
    product = shop.prepaid(f"vm{number}")
    shop.order(member, product, "30", months[0])
    shop.jobs(months[1])
    shop.order(member, product, "100", months[1])
    shop.top_up(member, "100")
    return master, member


@pytest.mark.case("C11")
@pytest.mark.rule("S2", "S1")
def test_c11_twin_without_the_lock_it_is_paid_twice(shop, monkeypatch):
    master, member = indebted(shop)
    race = [
        partial(shop.settle, member, JUNE_2),
        partial(shop.settle_for, master, member, JUNE_2),
    ]
    without_row_locks(monkeypatch)
    Meeting(2).before(monkeypatch, settlement, "_pay")
    assert counted(at_once(race)) == {"done": 2}
    assert (shop.stored(master)["cash"], shop.stored(member)["cash"]) == (70, 70)
    assert wrong_outstanding() == [
        "Account A: used credit is stored as 70.000, bills and orders make 100.000."
    ]


@pytest.mark.rule("S1")
def test_the_due_run_a_settlement_and_a_refund_of_one_bill_do_not_block_each_other(shop):
    for number in range(4):
        account = shop.account(f"A{number}", credit_limit="1000")
        product = shop.prepaid(f"vm{number}")
        bought, billed = at(f"2024-{5 + number:02}-20"), at(f"2024-{6 + number:02}-01")
        order = shop.order(account, product, "310", bought, months=3)
        shop.jobs(billed)
        shop.top_up(account, "200")
        (bill,) = Bill.objects.filter(payer=account)
        due = at(f"2024-{6 + number:02}-16")
        run = partial(settlement.settle_due, bill=bill, by="job", at=due)
        race = [
            run,
            run,
            partial(shop.settle, account, due, "50"),
            partial(shop.refund, order, due, "40"),
        ]
        counted(at_once(race))
        assert shop.wrong_books() == []


# -- C15: vouchers ---------------------------------------------------------------------------------


def vouchered(shop, name: str = "") -> list[partial]:
    """Two trusteeship members that each buy for 10, and one voucher of 10 of their master."""
    master = shop.account(f"HQ{name}", credit_limit="1000")
    members = [shop.account(f"{letter}{name}") for letter in "AB"]
    for member in members:
        shop.link(master, member)
    shop.voucher(master, "10", f"v{name}", share="all_trusteeship_members")
    return buyers(shop, members, "10")


@pytest.mark.case("C15")
@pytest.mark.rule("V1", "O2")
def test_c15_a_voucher_is_spent_once(shop):
    for number in range(6):
        assert counted(at_once(vouchered(shop, str(number)))) == {"done": 2}
        draws = VoucherDraw.objects.filter(voucher__code=f"v{number}")
        assert [draw.amount for draw in draws] == [10]
    assert shop.wrong_books() == []


@pytest.mark.case("C15")
@pytest.mark.rule("V1")
def test_c15_twin_without_the_lock_it_is_spent_twice(shop, monkeypatch):
    race = vouchered(shop)
    without_row_locks(monkeypatch)
    Meeting(2).before(monkeypatch, orders, "write_remaining")
    assert counted(at_once(race)) == {"done": 2}
    assert [draw.amount for draw in VoucherDraw.objects.all()] == [10, 10]
    assert wrong_vouchers() == [
        "Voucher v: 0.000000000000000000 remain, its draws leave -10.000000000000000000."
    ]


@pytest.mark.rule("V5")
def test_a_coupon_is_used_by_one_of_two_orders(shop):
    for number in range(4):
        account = shop.account(f"A{number}", cash_amount="100")
        shop.coupon(account, "3")
        assert counted(at_once(buyers(shop, [account] * 2, "10"))) == {"done": 2}
        assert shop.stored(account)["cash"] == 83
    assert shop.wrong_books() == []


@pytest.mark.rule("O1", "R1")
def test_one_new_resource_is_sold_once(shop):
    for number in range(4):
        account = shop.account(f"A{number}", cash_amount="100")
        product = shop.prepaid(f"vm{number}")
        race = [
            partial(shop.order, account, product, "10", number=f"{number}-{one}", resource="web")
            for one in range(3)
        ]
        assert counted(at_once(race)) == {"done": 1, "resource_exists": 2}
        assert shop.stored(account)["cash"] == 90
    assert shop.wrong_books() == []


@pytest.mark.rule("O1")
def test_one_waiting_order_is_paid_or_cancelled(shop):
    for number in range(6):
        account = shop.account(f"A{number}", cash_amount="100")
        order = shop.order(account, shop.prepaid(f"vm{number}"), "10", is_paid=False)
        race = [
            partial(shop.pay, order),
            partial(shop.pay, order),
            partial(shop.cancel, order),
            partial(shop.override, order, "5"),
        ]
        found = counted(at_once(race))
        status = Order.objects.get(pk=order.pk).status
        spent = 100 - shop.stored(account)["cash"]
        assert (status, spent) in (("paid", 10), ("paid", 5), ("cancelled", 0))
        assert found["done"] + found["not_pending"] == 4
    assert shop.wrong_books() == []


# -- C16: refunds ----------------------------------------------------------------------------------


def refundable(shop, name: str = ""):
    account = shop.account(f"A{name}", cash_amount="100")
    order = shop.order(account, shop.prepaid(f"vm{name}"), "31", NOW)
    return account, order


@pytest.mark.case("C16")
@pytest.mark.rule("O4")
def test_c16_an_order_is_refunded_once(shop):
    for number in range(6):
        account, order = refundable(shop, str(number))
        race = [partial(shop.refund, order, NOW), partial(shop.refund, order, NOW, "20")]
        found = counted(at_once(race))
        assert (shop.stored(account)["cash"], found["done"]) in ((100, 2), (100, 1))
    assert shop.wrong_books() == []


@pytest.mark.case("C16")
@pytest.mark.rule("O4")
def test_c16_parts_of_one_order_go_back_at_once_up_to_what_was_paid(shop):
    """31 were paid: of eight refunds of 9 three fit."""
    account, order = refundable(shop)
    race = [partial(shop.refund, order, NOW, "9")] * 8
    assert counted(at_once(race)) == {"done": 3, "above_unused": 5}
    assert (shop.stored(account)["cash"], Order.objects.get().refunded_amount) == (96, 27)
    assert shop.wrong_books() == []


@pytest.mark.case("C16")
@pytest.mark.rule("O4", "F10")
def test_c16_a_negative_refund_takes_nothing_and_makes_no_room_for_more(shop):
    account, order = refundable(shop)
    amounts = ["-31", "-0.01", "0", "31", "31"]
    found = counted(at_once([partial(shop.refund, order, NOW, amount) for amount in amounts]))
    refused = found.pop("amount_not_positive", 0) + found.pop("nothing_unused", 0)
    assert (found, refused) == ({"done": 1}, 4)
    assert list(Refund.objects.values_list("amount", flat=True)) == [31]
    assert shop.stored(account) == {"cash": 100}
    assert shop.wrong_books() == []


@pytest.mark.case("C16")
@pytest.mark.rule("O4")
def test_c16_the_database_takes_no_negative_refund_either(shop):
    _, order = refundable(shop)
    shop.refund(order, NOW, "5")
    row = Refund.objects.get()
    row.pk, row.amount, row.to_cash = None, -row.amount, -row.to_cash
    with pytest.raises(IntegrityError, match="a_refund_goes_to_credit_and_cash"):
        row.save(force_insert=True)


@pytest.mark.case("C16")
@pytest.mark.rule("O4")
def test_c16_twin_without_the_lock_more_comes_back_than_was_paid(shop, monkeypatch):
    account, order = refundable(shop)
    without_row_locks(monkeypatch)
    Meeting(2).before(monkeypatch, ledger, "post")
    race = [partial(shop.refund, order, NOW)] * 2
    assert counted(at_once(race)) == {"done": 2}
    assert (shop.stored(account)["cash"], Refund.objects.count()) == (131, 2)


# -- C17-like: one key -----------------------------------------------------------------------------


@pytest.mark.case("C17")
@pytest.mark.rule("F11")
def test_c17_one_key_ten_times_at_once_is_one_effect_and_one_answer(shop):
    account = shop.account("A")
    said = shop.said(NOW)
    top_up = partial(cash.top_up, account=account, amount=Decimal(10), reason="", **said)
    answers = at_once([top_up] * 10)
    assert {answer.pk for answer in answers} == {Movement.objects.get().pk}
    product, said = shop.prepaid(), shop.said(NOW)
    order = partial(shop.order, account, product, "3", number="o1", said=said)
    answers = at_once([order] * 10)
    assert {answer.pk for answer in answers} == {Order.objects.get().pk}
    said = shop.said(NOW)
    refund = partial(refunds.refund, order=answers[0], amount=Decimal(1), **said)
    assert counted(at_once([refund] * 10)) == {"done": 10}
    assert shop.stored(account) == {"cash": 8}
    assert shop.wrong_books() == []


@pytest.mark.case("C17")
@pytest.mark.rule("F11")
def test_c17_one_key_for_two_things_at_once_is_one_of_them(shop):
    account = shop.account("A")
    for number in range(5):
        said = shop.said(NOW)
        race = [
            partial(cash.top_up, account=account, amount=Decimal(amount), reason="", **said)
            for amount in (1, 2, 2)
        ]
        found = counted(at_once(race))
        assert (found["done"], found["key_reused"]) in ((1, 2), (2, 1))
        assert Movement.objects.count() == number + 1


@pytest.mark.case("C17")
@pytest.mark.rule("F11")
def test_c17_twin_with_a_key_of_its_own_each_click_counts(shop):
    account = shop.account("A")
    assert counted(at_once([partial(shop.top_up, account, "10")] * 10)) == {"done": 10}
    assert shop.stored(account) == {"cash": 100}
