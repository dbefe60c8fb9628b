"""Credit on bills is paid from cash: by the payer, on the due date, by the master (S1-S3)."""

from decimal import Decimal

import pytest

from billing.models import Settlement
from billing.queries import bills_past_due_of
from billing.services import settlement
from billing.services.settlement import SettlementRefused
from finance_mgmt.errors import InvalidAmount, KeyReused
from finance_mgmt.models import Movement
from finance_mgmt.queries import terms
from tests.billing.shop import JULY, JUNE, MAY, Shop, bill, books, refused
from tests.provider import at

JULY_2 = at("2024-07-02 10:00")
DUE, BEFORE, AFTER = at("2024-06-16"), at("2024-06-15 23:59:59"), at("2024-06-17")


@pytest.fixture
def shop(db):
    yield (it := Shop())
    it.verify_books()


@pytest.fixture
def debtor(shop):
    """An account with 30 outstanding of May and 20 of June, and no cash."""
    return in_debt(shop, shop.account("A", credit_limit="1000"))


def in_debt(shop, account, may: str = "30", june: str = "20"):
    product = shop.prepaid(f"vm-{account.number}")
    shop.order(account, product, may, at("2024-05-10 10:00"))
    shop.jobs(at("2024-06-01"))
    shop.order(account, product, june, at("2024-06-10 10:00"))
    shop.jobs(at("2024-07-01"))
    return account


def outstanding(account) -> dict[int, Decimal]:
    """By month, that of settled bills left out."""
    return {
        row.month.month: row.outstanding
        for row in account.bills.order_by("month")
        if row.status == "outstanding"
    }


def made() -> list[tuple]:
    """(debtor, month, paid by, how, amount) of every settlement."""
    rows = Settlement.objects.order_by("id")
    return [
        (s.bill.payer.number, s.bill.month.month, s.paid_by.number, s.kind, s.amount) for s in rows
    ]


def moved() -> list[tuple]:
    rows = Movement.objects.filter(kind="settlement").order_by("id")
    return list(
        rows.values_list(
            "from_account__number",
            "from_pocket",
            "to_account__number",
            "to_pocket",
            "owner__number",
            "amount",
        )
    )


# -- By the payer ----------------------------------------------------------------------------------


@pytest.mark.rule("S1")
def test_the_oldest_due_bill_is_settled_first(shop, debtor):
    shop.top_up(debtor, "100")
    shop.settle(debtor, JULY_2, "35")
    assert made() == [("A", 5, "A", "own", 30), ("A", 6, "A", "own", 5)]
    assert moved() == [("A", "cash", "A", "credit", "A", 30), ("A", "cash", "A", "credit", "A", 5)]
    assert (outstanding(debtor), bill(debtor, MAY)["status"]) == ({6: 15}, "settled")
    assert shop.stored(debtor) == {"cash": 65, "credit_limit": 1000, "used": 15}
    assert shop.figures(debtor).available == 1050


@pytest.mark.rule("S1")
def test_a_named_month_is_settled_alone(shop, debtor):
    shop.top_up(debtor, "100")
    shop.settle(debtor, JULY_2, "12.34", JUNE)
    assert outstanding(debtor) == {5: 30, 6: Decimal("7.66")}
    shop.settle(debtor, JULY_2, month=JUNE)
    assert outstanding(debtor) == {5: 30}
    with refused(SettlementRefused, "S1 nothing_outstanding"):
        shop.settle(debtor, JULY_2, month=JUNE)
    with refused(SettlementRefused, "S1 nothing_outstanding"):
        shop.settle(debtor, JULY_2, month=JULY)


@pytest.mark.rule("S1")
@pytest.mark.parametrize(
    ("cash", "left"), [("0.01", {5: "29.99", 6: "20"}), ("49.99", {6: "0.01"}), ("51", {})]
)
def test_without_an_amount_all_is_settled_as_far_as_cash_goes(shop, debtor, cash, left):
    shop.top_up(debtor, cash)
    shop.settle(debtor, JULY_2)
    assert outstanding(debtor) == {month: Decimal(amount) for month, amount in left.items()}
    assert shop.figures(debtor).cash == max(Decimal(cash) - 50, Decimal(0))


@pytest.mark.rule("S1", "F7")
def test_transferred_cash_settles_first(shop):
    master = shop.account("HQ", cash_amount="40")
    debtor = shop.account("A", credit_limit="1000")
    shop.manage(master, debtor)
    in_debt(shop, debtor)
    shop.top_up(debtor, "10")
    shop.transfer(master, debtor, "40", JULY_2)
    shop.settle(debtor, JULY_2, "45")
    assert moved() == [
        ("A", "transferred_cash", "A", "credit", "A", 30),
        ("A", "transferred_cash", "A", "credit", "A", 10),
        ("A", "cash", "A", "credit", "A", 5),
    ]


@pytest.mark.rule("S1", "F11")
def test_a_second_click_settles_nothing_more(shop, debtor):
    shop.top_up(debtor, "100")
    said = shop.said(JULY_2)
    first = settlement.settle(account=debtor, amount=Decimal(35), **said)
    before = books()
    again = settlement.settle(account=debtor, amount=Decimal("35.00"), **said)
    assert (sorted(s.pk for s in again), books()) == (sorted(s.pk for s in first), before)
    with refused(KeyReused, "F11 key_reused"):
        settlement.settle(account=debtor, **said)


@pytest.mark.rule("S1")
def test_a_settlement_is_refused(shop, debtor):
    with refused(SettlementRefused, "S1 cash_too_low"):
        shop.settle(debtor, JULY_2)
    shop.top_up(debtor, "10")
    with refused(SettlementRefused, "S1 cash_too_low"):
        shop.settle(debtor, JULY_2, "10.01")
    with refused(SettlementRefused, "S1 above_outstanding", "S1 cash_too_low"):
        shop.settle(debtor, JULY_2, "50.01")
    shop.top_up(debtor, "90")
    with refused(SettlementRefused, "S1 above_outstanding"):
        shop.settle(debtor, JULY_2, "50.01")
    with refused(SettlementRefused, "S1 above_outstanding"):
        shop.settle(debtor, JULY_2, "20.01", JUNE)
    for amount, reason in (("0", "not_positive"), ("-1", "not_positive"), ("0.001", "too_precise")):
        with refused(InvalidAmount, f"F10 amount_{reason}"):
            shop.settle(debtor, JULY_2, amount)
    shop.settle(debtor, JULY_2)
    with refused(SettlementRefused, "S1 nothing_outstanding"):
        shop.settle(debtor, JULY_2)


@pytest.mark.rule("S1", "B5")
def test_credit_that_no_bill_shows_yet_is_not_settled(shop):
    account = shop.account("A", credit_limit="100")
    shop.order(account, shop.prepaid(), "40")
    shop.top_up(account, "40")
    with refused(SettlementRefused, "S1 nothing_outstanding"):
        shop.settle(account, at("2024-05-20"))


@pytest.mark.rule("S1", "B4")
def test_the_masters_cash_settles_what_its_members_cost(shop):
    master = shop.account("HQ", cash_amount="100", credit_limit="100")
    member = shop.account("A", cash_amount="500")
    shop.link(master, member)
    shop.order(member, shop.prepaid(), "60")
    shop.jobs(at("2024-06-01"))
    with refused(SettlementRefused, "S1 nothing_outstanding"):
        shop.settle(member, DUE)
    shop.settle(master, DUE)
    assert (made(), shop.stored(member)) == ([("HQ", 5, "HQ", "own", 60)], {"cash": 500})


# -- On the due date -------------------------------------------------------------------------------


@pytest.fixture
def due(shop):
    """An account with 30 outstanding of May, due on June 16."""
    account = shop.account("A", credit_limit="1000")
    shop.order(account, shop.prepaid(), "30", at("2024-05-10 10:00"))
    shop.jobs(at("2024-06-01"))
    return account


@pytest.mark.rule("S1", "S3", "B5")
def test_the_automatic_run_is_on_the_due_date_and_once(shop, due):
    shop.top_up(due, "12")
    assert (shop.settle_due(BEFORE), len(shop.settle_due(DUE))) == ([], 1)
    assert (made(), outstanding(due)) == ([("A", 5, "A", "own", 12)], {5: 18})
    shop.top_up(due, "100", DUE)
    before = books()
    assert (shop.settle_due(DUE), shop.settle_due(AFTER), books()) == ([], [], before)
    shop.settle(due, AFTER)
    assert outstanding(due) == {}


@pytest.mark.rule("S1")
def test_a_run_without_cash_was_a_run(shop, due):
    assert shop.settle_due(DUE) == []
    assert settlement.due_bills(DUE) == []
    (row,) = shop.bills()
    assert (row.due_run_at, row.outstanding) == (DUE, 30)


@pytest.mark.rule("S1")
def test_a_run_that_comes_late_is_made_up_for(shop, due):
    shop.top_up(due, "100")
    shop.settle_due(at("2024-08-01"))
    assert outstanding(due) == {}


@pytest.mark.rule("S1")
def test_a_bill_settled_between_look_and_run_is_left_alone(shop, due):
    shop.top_up(due, "100")
    (waiting,) = settlement.due_bills(DUE)
    shop.settle(due, DUE)
    assert settlement.settle_due(bill=waiting, by="job", at=DUE) == []
    assert made() == [("A", 5, "A", "own", 30)]


@pytest.mark.rule("S3", "L4")
def test_past_due_begins_the_day_after_in_the_billing_zone(shop, due):
    found = [bills_past_due_of([due.pk], when) for when in (BEFORE, DUE, at("2024-06-16 23:59:59"))]
    assert found == [{}, {}, {}]
    assert bills_past_due_of([due.pk], AFTER) == {due.pk: {"bills_past_due": ["2024-05"]}}
    shop.top_up(due, "30")
    shop.settle(due, AFTER)
    assert bills_past_due_of([due.pk], AFTER) == {}


# -- Unified settlement ----------------------------------------------------------------------------


@pytest.fixture
def pair(shop, due):
    """A master with cash, and the member with 30 outstanding, in management."""
    master = shop.account("HQ", cash_amount="100", credit_limit="50")
    return master, due, shop.manage(master, due, when=at("2024-06-01"))


@pytest.mark.rule("S2", "B4")
def test_the_masters_cash_closes_the_members_bill(shop, pair):
    master, member, link = pair
    shop.unified(link, DUE)
    assert terms(member.pk, DUE).settled_by == (member.pk, master.pk)
    shop.settle_for(master, member, DUE, "10")
    shop.settle_for(master, member, DUE)
    assert made() == [("A", 5, "HQ", "unified", 10), ("A", 5, "HQ", "unified", 20)]
    assert moved() == [
        ("HQ", "cash", "A", "credit", "A", 10),
        ("HQ", "cash", "A", "credit", "A", 20),
    ]
    assert bill(member, MAY)["status"] == "settled"
    assert shop.stored(master) == {"cash": 70, "credit_limit": 50}
    assert shop.stored(member) == {"credit_limit": 1000}


@pytest.mark.rule("S2", "F11")
def test_unified_settlement_is_safe_to_repeat(shop, pair):
    master, member, link = pair
    shop.unified(link, DUE)
    said = shop.said(DUE)
    for _ in range(2):
        settlement.settle_for(master=master, member=member, amount=Decimal(10), **said)
    assert made() == [("A", 5, "HQ", "unified", 10)]
    with refused(KeyReused, "F11 key_reused"):
        settlement.settle_for(master=master, member=member, **said)


@pytest.mark.rule("S2")
def test_without_the_switch_or_the_relationship_the_master_pays_nothing(shop, pair):
    master, member, link = pair
    stranger = shop.account("X", cash_amount="100")
    with refused(SettlementRefused, "S2 unified_settlement_off"):
        shop.settle_for(master, member, DUE)
    with refused(SettlementRefused, "S2 not_in_management"):
        shop.settle_for(stranger, member, DUE)
    with refused(SettlementRefused, "S2 not_in_management"):
        shop.settle_for(member, master, DUE)
    shop.unified(link, DUE)
    with refused(SettlementRefused, "S1 above_outstanding"):
        shop.settle_for(master, member, DUE, "30.01")
    shop.unified(link, DUE, is_on=False)
    with refused(SettlementRefused, "S2 unified_settlement_off"):
        shop.settle_for(master, member, DUE)


@pytest.mark.rule("S2")
def test_on_the_due_date_the_masters_cash_goes_and_the_members_stays(shop, pair):
    master, member, link = pair
    shop.top_up(member, "100")
    shop.unified(link, BEFORE)
    shop.settle_due(DUE)
    assert made() == [("A", 5, "HQ", "unified", 30)]
    assert (shop.figures(master).cash, shop.figures(member).cash) == (70, 100)


@pytest.mark.rule("S2", "S1")
def test_the_masters_cash_goes_as_far_as_it_does(shop, pair):
    master, member, link = pair
    shop.unified(link, BEFORE)
    other = shop.account("B", credit_limit="100")
    shop.unified(shop.manage(master, other), BEFORE)
    shop.order(other, shop.prepaid("vm-b"), "90", at("2024-06-10"))
    shop.jobs(at("2024-07-01"))
    shop.settle_due(at("2024-07-16"))
    assert made() == [("A", 5, "HQ", "unified", 30), ("B", 6, "HQ", "unified", 70)]
    assert (outstanding(other), shop.figures(master).cash) == ({6: 20}, 0)


@pytest.mark.rule("S2")
def test_after_the_switch_or_the_relationship_ends_the_run_is_the_members_again(shop, pair):
    master, member, link = pair
    shop.top_up(member, "5")
    shop.unified(link, BEFORE)
    shop.unified(link, BEFORE, is_on=False)
    shop.settle_due(DUE)
    assert made() == [("A", 5, "A", "own", 5)]


@pytest.mark.rule("S2", "L7")
def test_in_trusteeship_the_members_old_bill_is_its_own(shop, pair):
    """Unified settlement does not go on into trusteeship: what is old is the member's."""
    master, member, link = pair
    shop.unified(link, BEFORE)
    shop.top_up(member, "5")
    shop.upgrade(link, BEFORE)
    with refused(SettlementRefused, "S2 not_in_management"):
        shop.settle_for(master, member, DUE)
    shop.settle_due(DUE)
    assert made() == [("A", 5, "A", "own", 5)]


@pytest.mark.rule("S2", "F11")
def test_the_switch(shop, pair):
    master, member, link = pair
    said = shop.said(DUE)
    for _ in range(2):
        switched = settlement.switch_unified(relationship=link, is_on=True, **said)
        assert switched.unified_settlement_from == DUE
    assert shop.unified(link, AFTER).unified_settlement_from == DUE  # it was on already
    assert shop.unified(link, AFTER, is_on=False).unified_settlement_from is None
    with refused(KeyReused, "F11 key_reused"):
        settlement.switch_unified(relationship=link, is_on=False, **said)
    shop.end(link, AFTER - (AFTER - DUE) / 2)
    with refused(SettlementRefused, "S2 not_in_management"):
        shop.unified(link, AFTER)
    trusted = shop.link(master, shop.account("T"), DUE)
    with refused(SettlementRefused, "S2 not_in_management"):
        shop.unified(trusted, AFTER)
