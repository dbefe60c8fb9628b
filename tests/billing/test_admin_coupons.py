"""Coupons in the admin: issued, listed with the order that used each, looked at (V5)."""

from datetime import timedelta

import pytest

from billing.models import Coupon
from finance_mgmt.clock import now
from tests.billing.shop import Shop
from tests.finance_mgmt.admin_door import (
    everything,
    facts,
    list_url,
    listed,
    page_url,
    panel,
    text,
    viewer,
)
from tests.finance_mgmt.command_door import confirm, decided, preview, reasons

pytestmark = pytest.mark.django_db

URL = "/admin/billing/coupon/new/issue/"


@pytest.fixture
def shop(provider):
    return Shop()


@pytest.fixture
def owner(shop):
    return shop.account("A", cash_amount="100")


def filled(owner, **more) -> dict:
    return {"code": "TEN-OFF", "owner": owner.pk, "amount": "10", **more}


def stored() -> list[tuple]:
    row = ("code", "owner__number", "amount", "minimum_spend", "valid_from", "expires_at")
    return list(Coupon.objects.order_by("id").values_list(*row))


@pytest.mark.rule("V5", "F11")
def test_a_coupon_is_looked_at_then_issued_once(owner, shop):
    browser, product = everything(), shop.prepaid()
    more = {"products": [product.pk], "minimum_spend": "50"}
    shown = preview(browser, URL, **filled(owner, **more))
    assert [(fact.label, fact.rule) for fact in shown.context["panels"][0].facts] == [
        ("order of use", "K4"),
        ("used", "V5"),
        ("in a group", "V5"),
        ("in trusteeship", "V4"),
    ]
    assert stored() == []
    for _click in range(2):
        answer = confirm(browser, URL, **filled(owner, **more))
        assert (answer.status_code, answer.url) == (302, page_url(Coupon.objects.get()))
    assert stored() == [("TEN-OFF", "A", 10, 50, None, None)]
    assert list(Coupon.objects.get().products.all()) == [product]
    assert decided("coupons.issue") == 1
    assert reasons(confirm(browser, URL, **filled(owner))) == [("F11", "key_reused")]


@pytest.mark.rule("V5")
def test_a_coupon_is_refused_with_every_reason(owner, shop):
    shop.coupon(owner, "1", "TEN-OFF")
    dated = {"valid_from_0": "2024-05-02", "expires_at_0": "2024-05-02"}
    hours = {"valid_from_1": "00:00", "expires_at_1": "00:00"}
    body = filled(owner, amount="0", minimum_spend="-1", **dated, **hours)
    for step in (preview, confirm):
        assert reasons(step(everything(), URL, **body)) == [
            ("V5", "bad_amount"),
            ("V5", "bad_minimum_spend"),
            ("V5", "bad_validity"),
            ("V5", "code_taken"),
        ]
    assert Coupon.objects.count() == 1
    browser = everything()
    browser.cookies["django_language"] = "zh-hans"
    said = preview(browser, URL, **body).context["reasons"]["reasons"]
    assert [one.message for one in said] == [
        "金额必须大于 0，小数不超过 18 位。",
        "最低消费必须大于等于 0，小数不超过 18 位。",
        "优惠券的到期时间必须晚于生效时间。",
        "优惠券代码 TEN-OFF 已被使用。",
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "two words"}, "code"),
        ({"code": ""}, "code"),
        ({"owner": "x"}, "owner"),
        ({"amount": "ten"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"minimum_spend": "1e400"}, "minimum_spend"),
        ({"products": ["7000"]}, "products"),
        ({"expires_at_0": "soon"}, "expires_at"),
    ],
)
def test_a_malformed_form_is_marked(changes, field, owner):
    for step in (preview, confirm):
        answer = step(everything(), URL, **(filled(owner) | changes))
        assert list(answer.context["form"].errors) == [field]
    assert stored() == []


@pytest.fixture
def three(owner, shop):
    """One used by an order, one to be used, one that expired unused."""
    shop.coupon(owner, "7", "SPENT")
    order = shop.order(owner, shop.prepaid(), "20", number="o-1")
    shop.coupon(owner, "5", "OPEN", expires_at=now() + timedelta(days=1))
    shop.coupon(owner, "4", "ALWAYS")
    shop.coupon(shop.account("B"), "3", "LATE", expires_at=now() - timedelta(days=1))
    return order


def codes(query: dict | None = None) -> list[str]:
    return [row[0] for row in listed(everything().get(list_url(Coupon), query))]


@pytest.mark.rule("V5")
def test_the_list_says_which_order_used_it(three):
    found = [row[:5] for row in listed(viewer(Coupon).get(list_url(Coupon)))]
    assert found == [
        ["LATE", "B B", "3.00 CNY", "–", "–"],
        ["ALWAYS", "A A", "4.00 CNY", "–", "–"],
        ["OPEN", "A A", "5.00 CNY", "–", "–"],
        ["SPENT", "A A", "7.00 CNY", "o-1", "–"],
    ]


def test_it_is_searched_and_filtered(three, owner):
    found = {
        str(query): codes(query)
        for query in (
            {"use": "open"},
            {"use": "used"},
            {"use": "expired"},
            {"use": "nonsense"},
            {"q": "spen"},
            {"q": "SPENT"},
            {"q": "B"},
            {"owner__id__exact": owner.pk},
        )
    }
    assert list(found.values()) == [
        ["ALWAYS", "OPEN"],
        ["SPENT"],
        ["LATE"],
        ["LATE", "ALWAYS", "OPEN", "SPENT"],
        ["SPENT"],
        ["SPENT"],
        ["LATE"],
        ["ALWAYS", "OPEN", "SPENT"],
    ]


@pytest.mark.rule("V5", "K4")
def test_its_page_and_the_orders_lead_to_each_other(three):
    coupon, browser = Coupon.objects.get(code="SPENT"), everything()
    page = browser.get(page_url(coupon)).context["panels"]
    assert facts(panel(page, "What it cut"))["amount"] == "7.00 CNY"
    links = (
        panel(page, "What it cut").facts[0].value,
        next(
            fact.value
            for fact in panel(
                browser.get(page_url(three)).context["panels"], "About the order"
            ).facts
            if str(fact.label) == "coupon"
        ),
    )
    assert [(text(link), str(link).count(page_url(row))) for link, row in
            zip(links, (three, coupon), strict=True)] == [("o-1", 1), ("SPENT", 1)]  # fmt: skip
    unused = browser.get(page_url(Coupon.objects.get(code="OPEN"))).context["panels"]
    assert facts(panel(unused, "What it cut")) == {"order": "–", "amount": "–", "paid at": "–"}
    about = facts(panel(unused, "Coupon"))
    assert {name: about[name] for name in ("owner", "amount", "products", "minimum spend")} == {
        "owner": "A A",
        "amount": "5.00 CNY",
        "products": "–",
        "minimum spend": "0.00 CNY",
    }


def test_an_empty_list_says_where_coupons_come_from(db):
    body = everything().get(list_url(Coupon)).content.decode()
    assert body.count("No price cuts are given out.") == 1
    assert body.count(f'href="{URL}"') == 2  # above the list, and in the empty one
