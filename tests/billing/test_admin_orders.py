"""Orders in the admin: lists, pages, and what can be done with an order."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import Commitment, Order, Resource
from finance_mgmt.clock import now
from finance_mgmt.models import Approval
from tests.billing.shop import Shop
from tests.finance_mgmt.admin_door import (
    door,
    everything,
    facts,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    text,
)
from tests.finance_mgmt.command_door import address, confirm, preview, reasons

pytestmark = pytest.mark.django_db

VIEW = "billing.view_order"
COMMANDS = {
    "pay": "place_order",
    "cancel": "place_order",
    "override-price": "override_price",
    "refund": "refund",
    "downgrade": "refund",
}


@pytest.fixture
def shop(provider):
    return Shop()


@pytest.fixture
def account(shop):
    return shop.account("A", cash_amount="100", credit_limit="50")


@pytest.fixture
def pending(shop, account):
    return shop.order(account, shop.prepaid(), "80", now(), number="o-1", is_paid=False)


@pytest.fixture
def paid(pending, shop):
    return shop.pay(pending, now())


def status(order) -> str:
    return Order.objects.get(pk=order.pk).status


@pytest.mark.rule("Z6")
@pytest.mark.parametrize(("name", "permission"), COMMANDS.items())
def test_each_needs_its_own_permission(name, permission, pending):
    url = address(pending, name)
    others = [f"finance_mgmt.{one}" for one in set(COMMANDS.values()) - {permission}]
    answers = (
        Client().get(url).status_code,
        door(VIEW, *others).get(url).status_code,
        door(f"finance_mgmt.{permission}").get(url).status_code,
        door(VIEW, f"finance_mgmt.{permission}").get(url).status_code,
    )
    assert answers == (302, 403, 403, 200)


@pytest.mark.parametrize("name", ["override-price", "downgrade", "refund"])
def test_a_malformed_amount_is_marked(name, paid):
    answer = confirm(everything(), address(paid, name), amount="much")
    assert list(answer.context["form"].errors) == ["amount"]
    assert status(paid) == "paid"


@pytest.mark.rule("O2", "F11", "L12")
def test_an_order_is_previewed_and_paid_once(shop, pending, account):
    browser, url = everything(), address(pending, "pay")
    figures = rows(panel(preview(browser, url).context["panels"], "Figures"))
    assert figures[1] == ["", "Cash", "100.00 CNY", "20.00 CNY", "F1"]
    assert status(pending) == "pending"
    for _click in range(2):
        assert confirm(browser, url).url == page_url(pending)
    assert (status(pending), shop.stored(account)["cash"]) == ("paid", Decimal(20))


@pytest.mark.rule("F5")
def test_an_order_that_does_not_fit_says_why(shop, account):
    order = shop.order(account, shop.prepaid(), "151", now(), is_paid=False)
    for step in (preview, confirm):
        assert reasons(step(everything(), address(order, "pay"))) == [("F5", "funds_too_low")]
    assert status(order) == "pending"


@pytest.mark.rule("O1")
def test_an_order_is_cancelled_once_and_not_when_paid(pending, shop):
    browser, url = everything(), address(pending, "cancel")
    for _click in range(2):
        assert confirm(browser, url).status_code == 302
    assert status(pending) == "cancelled"
    assert reasons(confirm(browser, url, key="again")) == [("O1", "not_pending")]


@pytest.mark.rule("O3")
def test_a_price_is_overridden_below_the_list_only(pending):
    browser, url = everything(), address(pending, "override-price")
    assert reasons(preview(browser, url, amount="81")) == [("O3", "above_list_amount")]
    for _click in range(2):
        assert confirm(browser, url, amount="70").status_code == 302
    assert Order.objects.get().override_amount == 70


@pytest.mark.rule("O3")
def test_never_of_a_trusteeship_member(shop, account, provider):
    member = shop.account("T")
    shop.link(account, member, now())
    order = shop.order(member, shop.prepaid(), "5", now(), is_paid=False)
    assert reasons(preview(everything(), address(order, "override-price"), amount="1")) == [
        ("O3", "in_trusteeship")
    ]


@pytest.mark.rule("O4")
def test_a_refund_without_amount_gives_back_what_is_not_used(shop, paid, account):
    browser, url = everything(), address(paid, "refund")
    assert reasons(preview(browser, url, amount="80.01")) == [("O4", "above_unused")]
    for _click in range(2):
        assert confirm(browser, url, amount="").status_code == 302
    order = Order.objects.get()
    assert (order.status, order.refunds.count()) == ("refunded", 1)


@pytest.mark.rule("Z7", "O4")
def test_a_whole_refund_is_judged_by_what_it_gives_back(shop, paid):
    shop.policy(four_eyes_above=Decimal("10"))
    browser, url = everything(), address(paid, "refund")
    assert preview(browser, url, amount="").context["needs_second"]
    assert not preview(browser, url, amount="10").context["needs_second"]
    for _click in range(2):
        confirm(browser, url, amount="")
    assert [(one.verb, one.arguments) for one in Approval.objects.all()] == [
        ("refunds.refund", {"order": "o-1"})
    ]
    assert status(paid) == "paid"


@pytest.mark.rule("O1")
def test_a_downgrade_gives_back_its_value_once(paid):
    browser, url = everything(), address(paid, "downgrade")
    for _click in range(2):
        assert confirm(browser, url, amount="5").status_code == 302
    assert Order.objects.get().refunded_amount == 5


def test_the_buttons_follow_the_status(pending, shop):
    def labels() -> list[str]:
        return [str(one.label) for one in everything().get(page_url(pending)).context["commands"]]

    assert labels() == ["Pay the order", "Cancel the order", "Override the price"]
    shop.pay(pending, now())
    assert labels() == ["Refund", "Downgrade"]


def test_the_list_and_the_page_of_an_order(paid):
    browser = everything()
    row = listed(browser.get(list_url(Order)))[0]
    assert row[:8] == ["o-1", "A A", "new", "vm", "paid", "80.00 CNY", "80.00 CNY", "A A"]
    page = browser.get(page_url(paid)).context["panels"]
    assert rows(panel(page, "Price")) == [
        ["list", "80.00 CNY", "K4"],
        ["− discount", "0.00 CNY", "D1"],
        ["− coupon", "0.00 CNY", "V5"],
        ["− vouchers", "0.00 CNY", "V2"],
        ["payable", "80.00 CNY", "K4"],
        ["from cash", "80.00 CNY", "O2"],
        ["from credit", "0.00 CNY", "O2"],
    ]
    assert facts(panel(page, "About the order"))["payer"] == "A A"


def test_resources_and_commitments_are_looked_at(shop, paid, account):
    browser = everything()
    row = listed(browser.get(list_url(Resource)))[0]
    assert row[:5] == ["o-1", "A A", "vm", "prepaid", "running"]
    page = browser.get(page_url(Resource.objects.get())).context["panels"]
    assert rows(panel(page, "Orders"))[0][:3] == ["o-1", "new", "paid"]
    shop.plan(account, "5", "0.5", code="P-1")
    row = listed(browser.get(list_url(Commitment)))[0]
    assert row[:3] == ["P-1", "A A", "savings plan"]
    shown = browser.get(page_url(Commitment.objects.get())).context["panels"]
    assert facts(panel(shown, "Commitment"))["plan rate"] == "50 %"
    assert text(panel(shown, "What it covered").empty) == "It has covered nothing yet."


@pytest.mark.parametrize("model", [Order, Resource, Commitment])
def test_lists_ask_a_fixed_number_of_questions(model, shop, account):
    browser, counted = everything(), []
    product = shop.prepaid()
    for number in (1, 2):
        for _more in range(2):
            shop.order(account, product, "1", now())
            shop.plan(account, "5", "0.5", code=f"P-{Commitment.objects.count()}")
        with CaptureQueriesContext(connection) as queries:
            browser.get(list_url(model))
        counted.append(len(queries))
        assert number
    assert counted[0] == counted[1]
