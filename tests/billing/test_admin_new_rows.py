"""What staff make in the admin, from the button above a list or on a page: each by one service."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Commitment, Coupon, Discount, Order, Price, Product, Voucher
from finance_mgmt.clock import now
from finance_mgmt.models import Account, Identity, Relationship
from tests.finance_mgmt.admin_door import (
    door,
    everything,
    list_url,
    page_url,
    panel,
    rows,
    text,
)
from tests.finance_mgmt.command_door import address, confirm, preview, reasons

pytestmark = pytest.mark.django_db

PAGES = {  # address: permission, list
    "billing_voucher_issue": ("finance_mgmt.issue_voucher", Voucher),
    "billing_coupon_issue": ("finance_mgmt.issue_voucher", Coupon),
    "billing_discount_give": ("finance_mgmt.give_discount", Discount),
    "billing_commitment_new": ("finance_mgmt.add_commitment", Commitment),
    "billing_price_set": ("finance_mgmt.sell", Price),
    "billing_product_new": ("finance_mgmt.sell", Price),
    "billing_order_place": ("finance_mgmt.place_order", Order),
    "finance_mgmt_account_open": ("finance_mgmt.open_account", Account),
    "finance_mgmt_identity_verify": ("finance_mgmt.verify_identity", Identity),
}


def url(name: str) -> str:
    return reverse(f"admin:{name}")


@pytest.fixture
def owner(provider):
    return provider.account("M", credit_limit="1000", cash_amount="100")


@pytest.fixture
def product(provider):
    return provider.product("vm", unit_price="1.2")


@pytest.mark.rule("Z6")
@pytest.mark.parametrize("name", PAGES)
def test_each_needs_its_permission_and_its_list(name):
    needed, model = PAGES[name]
    view = f"{model._meta.app_label}.view_{model._meta.model_name}"
    answers = (
        Client().get(url(name)).status_code,
        door(view).get(url(name)).status_code,
        door(needed).get(url(name)).status_code,
        door(view, needed).get(url(name)).status_code,
    )
    assert answers == (302, 403, 403, 200)


@pytest.mark.parametrize("name", PAGES)
def test_the_button_is_for_who_may(name):
    needed, model = PAGES[name]
    if name == "billing_product_new":
        model = Product  # its page stands with the prices, its button above the products
    view = f"{model._meta.app_label}.view_{model._meta.model_name}"
    link = f'href="{url(name)}"'
    seen = [link in door(*given).get(list_url(model)).content.decode()
            for given in ((view,), (view, needed))]  # fmt: skip
    assert seen == [False, True]


@pytest.mark.rule("V1", "V3")
def test_a_voucher_is_looked_at_then_issued(owner):
    browser = everything()
    filled = {"code": "SPRING", "owner": owner.pk, "face_value": "50", "share": "private"}
    shown = preview(browser, url("billing_voucher_issue"), **filled)
    assert shown.context["is_preview"]
    assert "50.00" in text(shown.content.decode()) or "50" in text(shown.content.decode())
    assert Voucher.objects.count() == 0
    answer = confirm(browser, url("billing_voucher_issue"), **filled)
    voucher = Voucher.objects.get()
    assert (answer.url, voucher.remaining, voucher.share) == (page_url(voucher), 50, "private")


def test_a_voucher_is_refused_with_every_reason(owner):
    filled = {"code": "S", "owner": owner.pk, "face_value": "0", "share": "listed_members"}
    answer = preview(everything(), url("billing_voucher_issue"), **filled)
    assert reasons(answer) == [("V1", "bad_face_value"), ("V3", "bad_share")]


@pytest.mark.rule("V3")
def test_a_voucher_is_shared(owner, provider):
    member = provider.account("T")
    browser = everything()
    filled = {"code": "SPRING", "owner": owner.pk, "face_value": "50", "share": "private"}
    confirm(browser, url("billing_voucher_issue"), **filled)
    voucher = Voucher.objects.get()
    to = {"share": "listed_members", "members": [member.pk]}
    confirm(browser, address(voucher, "share"), key="share", **to)
    voucher.refresh_from_db()
    assert (voucher.share, list(voucher.members.all())) == ("listed_members", [member])


@pytest.mark.rule("D1")
def test_a_discount_is_given_in_percent(owner, product):
    filled = {"owner": owner.pk, "product": product.pk, "rate": "85"}
    answer = confirm(everything(), url("billing_discount_give"), **filled)
    found = Discount.objects.get()
    assert (found.product, found.rate, answer.url) == (
        product,
        Decimal("0.85"),
        list_url(Discount),
    )


@pytest.mark.rule("K1", "K2")
def test_a_commitment_is_added_and_shared(owner, product):
    browser = everything()
    filled = {
        "code": "RI",
        "owner": owner.pk,
        "kind": "reserved_instance",
        "product": product.pk,
        "quantity": "2",
    }
    confirm(browser, url("billing_commitment_new"), **filled)
    found = Commitment.objects.get()
    assert (found.quantity, found.is_shared) == (2, False)
    confirm(browser, address(found, "share"), key="on", is_shared="on")
    found.refresh_from_db()
    assert found.is_shared
    confirm(browser, address(found, "share"), key="off")
    found.refresh_from_db()
    assert not found.is_shared


@pytest.mark.rule("P1")
def test_a_price_is_set_from_now_on_never_in_the_past(product):
    browser = everything()
    filled = {"product": product.pk, "unit_price": "1.5"}
    past = now() - timedelta(days=1)
    dated = {"effective_from_0": f"{past:%Y-%m-%d}", "effective_from_1": "00:00"}
    assert reasons(preview(browser, url("billing_price_set"), **filled, **dated)) == [
        ("P1", "dated_in_the_past")
    ]
    confirm(browser, url("billing_price_set"), **filled)
    latest = Price.objects.filter(product=product).latest("effective_from")
    assert latest.unit_price == Decimal("1.5")


@pytest.mark.rule("P1")
def test_a_product_comes_with_its_price_and_a_code_of_its_own(product):
    browser = everything()
    filled = {
        "code": "disk",
        "title": "Disk",
        "family": product.family.pk,
        "cycle": "day",
        "unit_price": "0.02",
        "effective_from_0": "2024-01-01",
        "effective_from_1": "00:00",
    }
    confirm(browser, url("billing_product_new"), **filled)
    made = Product.objects.get(code="disk")
    prices = list(Price.objects.filter(product=made).values_list("unit_price", flat=True))
    assert (made.name, made.family, made.cycle, prices) == (
        "Disk",
        product.family,
        "day",
        [Decimal("0.02")],
    )
    again = preview(browser, url("billing_product_new"), **filled)
    assert list(again.context["form"].errors) == ["code"]


@pytest.mark.rule("O1")
def test_an_order_is_placed_and_paid_or_waits(owner, product):
    browser = everything()
    filled = {
        "number": "o-1",
        "account": owner.pk,
        "product": product.pk,
        "list_amount": "80",
        "kind": "new",
        "months": "2",
    }
    confirm(browser, url("billing_order_place"), **filled, is_paid="on")
    confirm(browser, url("billing_order_place"), **filled | {"number": "o-2", "key": "second"})
    found = list(Order.objects.order_by("number").values_list("number", "status", "months"))
    assert found == [("o-1", "paid", 2), ("o-2", "pending", 2)]
    waiting = Order.objects.get(number="o-2")
    price = rows(panel(browser.get(page_url(waiting)).context["panels"], "Price"))
    assert {part: amount for part, amount, _rule in price}["payable"] == "–"  # not decided yet


@pytest.mark.rule("F1", "L2")
def test_an_identity_is_verified_and_an_account_opened(db):
    browser = everything()
    person = {"legal_name": "Acme Ltd", "registration_number": "77"}
    confirm(browser, url("finance_mgmt_identity_verify"), **person)
    identity = Identity.objects.get()
    filled = {
        "number": "ACME",
        "title": "Acme",
        "currency": "CNY",
        "channel": "direct",
        "identity": identity.pk,
    }
    confirm(browser, url("finance_mgmt_account_open"), key="open", **filled)
    opened = Account.objects.get()
    assert (opened.number, opened.name, opened.identity, opened.funds.cash) == (
        "ACME",
        "Acme",
        identity,
        0,
    )
    again = preview(browser, url("finance_mgmt_account_open"), **filled)
    assert reasons(again) == [("F1", "number_taken")]


@pytest.mark.rule("L14")
def test_a_member_is_created_and_linked_at_once(owner):
    filled = {"number": "T", "title": "Team", "mode": "trusteeship"}
    answer = confirm(everything(), address(owner, "create-member"), **filled)
    link = Relationship.objects.get()
    assert (link.master, link.member.number, link.state, answer.url) == (
        owner,
        "T",
        "active",
        page_url(link),
    )


@pytest.mark.rule("L11")
def test_who_an_account_is_changes_only_while_it_is_alone(owner, provider):
    browser = everything()
    lone = provider.account("L")
    confirm(browser, address(lone, "change"), channel="reseller", identity=lone.identity_id)
    lone.refresh_from_db()
    assert lone.channel == "reseller"
    provider.link(owner, provider.account("T"))
    answer = preview(browser, address(owner, "change"), channel="reseller")
    assert reasons(answer) == [("L11", "linked")]
