"""Master data in the admin: names may be edited, what decides amounts may not."""

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.models import AccountKey, Discount, Family, Price, Product, Source, Voucher
from billing.services import vouchers
from tests.finance_mgmt.admin_door import (
    door,
    everything,
    facts,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    viewer,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def product(provider):
    return provider.product("compute", unit_price="0.125")


def test_only_the_name_of_a_product_is_edited(product):
    browser = door("billing.view_product", "billing.change_product")
    answer = browser.post(
        page_url(product), {"name": "Compute", "code": "other", "cycle": "day", "unit": "x"}
    )
    product.refresh_from_db()
    assert answer.status_code == 302
    assert (product.name, product.code, product.cycle, product.unit) == (
        "Compute",
        "compute",
        "hour",
        "",
    )


def test_products_are_neither_added_nor_deleted_here(product):
    browser = everything()
    assert browser.get(reverse("admin:billing_product_add")).status_code == 403
    gone = reverse("admin:billing_product_delete", args=[product.pk])
    assert browser.post(gone, {"post": "yes"}).status_code == 403
    assert Product.objects.count() == 1


def test_a_product_shows_the_price_in_force(product):
    assert listed(everything().get(list_url(Product)))[0][6] == "0.125"
    assert listed(everything().get(list_url(Price)))[0][1:3] == ["compute", "0.125"]


def test_a_family_keeps_its_code(product):
    browser = door("billing.view_family", "billing.change_family")
    browser.post(page_url(product.family), {"name": "Machines", "code": "other"})
    assert list(Family.objects.values_list("code", "name")) == [("compute", "Machines")]


def test_viewers_of_master_data_change_nothing(product):
    answer = viewer(Product).post(page_url(product), {"name": "Other"})
    product.refresh_from_db()
    assert (answer.status_code, product.name) == (403, "compute")


def test_a_source_and_its_keys_are_made_by_staff(provider):
    account = provider.account("A")
    browser = everything()
    added = browser.post(
        reverse("admin:billing_source_add"),
        {
            "code": "aws",
            "name": "AWS",
            "mode": "pass_through",
            "quantity_column": "PricingQuantity",
            "null_words": "NULL",
            "cycle": "hour",
        },
    )
    source = Source.objects.get()
    key = {"source": source.pk, "external_id": "S-1", "account": account.pk}
    keyed = browser.post(reverse("admin:billing_accountkey_add"), key)
    assert (added.status_code, keyed.status_code) == (302, 302)
    assert list(AccountKey.objects.values_list("external_id", "account__number")) == [("S-1", "A")]


def test_a_discount_says_what_for_and_how_much(provider, product):
    owner = provider.account("A")
    provider.discount(owner, rate="0.8")
    provider.discount(owner, rate="0.75", product=product)
    provider.discount(owner, rate="0.5", family=product.family)
    assert [row[1:4] for row in listed(everything().get(list_url(Discount)))] == [
        ["A A", "family compute", "50 % of list price"],
        ["A A", "product compute", "75 % of list price"],
        ["A A", "everything", "80 % of list price"],
    ]


def test_a_voucher_shows_what_is_left_and_for_whom(provider, product):
    owner = provider.account("A")
    voucher = vouchers.issue(
        code="V", owner=owner, face_value=Decimal(5), products=[product], **provider.said()
    )
    page = everything().get(page_url(voucher)).context["panels"]
    found = facts(panel(page, "Voucher"))
    assert {name: found[name] for name in ("owner", "remaining", "products", "share scope")} == {
        "owner": "A A",
        "remaining": "5.00 CNY",
        "products": "compute",
        "share scope": "all trusteeship members",
    }
    assert rows(panel(page, "What it paid")) == []
    assert [row[:4] for row in listed(everything().get(list_url(Voucher)))] == [
        ["V", "A A", "5.00 CNY", "5.00 CNY"]
    ]
