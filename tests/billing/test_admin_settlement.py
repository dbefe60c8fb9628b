"""Settling a bill in the admin, and the switch of unified settlement."""

from decimal import Decimal

import pytest
from django.test import Client

from billing.models import Bill, Settlement
from finance_mgmt.clock import now
from finance_mgmt.models import Relationship
from tests.billing.shop import Shop
from tests.finance_mgmt.admin_door import door, everything, page_url, panel, rows
from tests.finance_mgmt.command_door import address, confirm, preview, reasons
from tests.provider import at

pytestmark = pytest.mark.django_db

VIEW = "billing.view_bill"


@pytest.fixture
def shop(provider):
    return Shop()


@pytest.fixture
def bill(shop):
    """A managed member's bill of May over 30, all on credit; the master has 100 in cash."""
    master = shop.account("M", cash_amount="100")
    member = shop.account("G", credit_limit="50")
    shop.manage(master, member)
    shop.use(member, shop.product("compute"), "30", at("2024-05-10 14:20"))
    shop.jobs(at("2024-06-02"))
    shop.top_up(member, "10", at("2024-06-03"))
    return Bill.objects.get(payer=member)


def outstanding() -> Decimal:
    return Bill.objects.get().outstanding


def switch(**values):
    link = Relationship.objects.get()
    return confirm(everything(), address(link, "unified-settlement"), **values)


@pytest.mark.rule("Z6")
@pytest.mark.parametrize("name", ["settle", "settle-for"])
def test_settling_needs_its_own_permission(name, bill):
    url = address(bill, name)
    answers = (
        Client().get(url).status_code,
        door(VIEW).get(url).status_code,
        door("finance_mgmt.settle").get(url).status_code,
        door(VIEW, "finance_mgmt.settle").get(url).status_code,
    )
    assert answers == (302, 403, 403, 200)
    assert confirm(door(VIEW), url).status_code == 403


def test_the_switch_needs_its_own_permission(bill):
    url = address(Relationship.objects.get(), "unified-settlement")
    look = "finance_mgmt.view_relationship"
    answers = (
        Client().get(url).status_code,
        door(look).get(url).status_code,
        door(look, "finance_mgmt.settle").get(url).status_code,
    )
    assert answers == (302, 403, 200)


def test_a_malformed_amount_is_marked(bill):
    answer = confirm(everything(), address(bill, "settle"), amount="all")
    assert list(answer.context["form"].errors) == ["amount"]


@pytest.mark.rule("S1", "L12", "F11")
def test_a_bill_is_settled_as_far_as_cash_goes_once(bill):
    browser, url = everything(), address(bill, "settle")
    figures = rows(panel(preview(browser, url).context["panels"], "Figures"))
    assert figures == [
        ["G", "Cash", "10.00 CNY", "0.00 CNY", "F1"],
        ["", "Credit used", "30.00 CNY", "20.00 CNY", "F1"],
        ["", "Credit headroom", "20.00 CNY", "30.00 CNY", "F4"],
    ]
    assert outstanding() == 30
    for _click in range(2):
        assert confirm(browser, url).url == page_url(bill)
    assert (outstanding(), Settlement.objects.count()) == (20, 1)


@pytest.mark.rule("S1")
@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("30.01", [("S1", "above_outstanding"), ("S1", "cash_too_low")]),
        ("11", [("S1", "cash_too_low")]),
        ("0", [("F10", "amount_not_positive")]),
    ],
)
def test_what_can_not_be_settled_says_why(amount, expected, bill):
    for step in (preview, confirm):
        assert reasons(step(everything(), address(bill, "settle"), amount=amount)) == expected
    assert outstanding() == 30


@pytest.mark.rule("S2")
def test_the_master_settles_where_the_switch_is_on(bill, shop):
    url = address(bill, "settle-for")
    assert reasons(preview(everything(), url)) == [("S2", "unified_settlement_off")]
    for _click in range(2):
        assert switch(is_on="on").status_code == 302
    assert Relationship.objects.get().unified_settlement_from is not None
    browser = everything()
    for _click in range(2):
        assert confirm(browser, url, amount="").status_code == 302
    assert (outstanding(), Settlement.objects.get().kind) == (0, "unified")
    assert switch(key="off").status_code == 302
    assert Relationship.objects.get().unified_settlement_from is None


@pytest.mark.rule("S2")
def test_the_switch_is_for_management_only(shop):
    master = shop.account("M", credit_limit="5")
    link = shop.link(master, shop.account("T"), now())
    answer = confirm(everything(), address(link, "unified-settlement"), is_on="on")
    assert reasons(answer) == [("S2", "not_in_management")]


def test_the_buttons_follow_the_bill(bill, shop):
    def labels() -> list[str]:
        return [str(one.label) for one in everything().get(page_url(bill)).context["commands"]]

    files = ["FOCUS file", "Spreadsheet", "CSV", "All lines as a list"]
    assert labels() == [*files, "Settle", "Settle from the master's cash"]
    shop.top_up(bill.payer, "20", at("2024-06-04"))
    shop.settle(bill.payer, at("2024-06-05"))
    assert labels() == files
