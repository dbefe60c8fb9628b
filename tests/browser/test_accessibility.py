"""No serious finding of axe-core on the main pages: light and dark, English and Chinese."""

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from django.urls import reverse

from billing.models import (
    Bill,
    Charge,
    Commitment,
    Coupon,
    Discount,
    ImportedRow,
    Order,
    Price,
    Product,
    Threshold,
    UsageImport,
    Voucher,
)
from finance_mgmt.admin.command_pages import url
from finance_mgmt.models import Account, Approval, Job, Movement, Notice, Relationship, Run
from invoicing.models import CreditNote, Invoice
from simulation.models import WhatIf
from tests.finance_mgmt.admin_door import list_url, page_url
from tests.provider import at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
SERIOUS = ("serious", "critical")
LISTS = (Account, Relationship, Movement, Approval, Run, Job, Bill, Charge, Order, Product, Invoice)
MORE_LISTS = (
    *(Voucher, Discount, Commitment, Price, Threshold, UsageImport, ImportedRow, Notice),
    *(Coupon, CreditNote, WhatIf),
)
FORMS = (
    *("billing_voucher_issue", "billing_discount_give", "billing_commitment_new"),
    *("billing_coupon_issue", "billing_price_set", "billing_order_place"),
    "billing_usageimport_upload",
    *("finance_mgmt_account_open", "invoicing_invoice_choose", "simulation_whatif_ask"),
    *("billing_threshold_set", "billing_closedthrough_close", "files", "tour", "shortcuts"),
)


@pytest.fixture
def pages(provider):
    """The addresses of the main pages of a group whose May is billed."""
    master, member = provider.account("M", credit_limit="1000"), provider.account("T-1")
    provider.link(master, member)
    provider.use(member, provider.product("compute"), "7", at("2024-05-10 14:20"), resource="i-1")
    provider.jobs(at("2024-06-05 00:00"))
    rows = (master, member, Relationship.objects.get(), Bill.objects.get(), Charge.objects.get())
    return [
        "/admin/",
        *(list_url(model) for model in LISTS),
        *(page_url(row) for row in rows),
        "/admin/billing/bill/groups/",
        f"/admin/billing/bill/groups/{master.pk}/",
        f"{list_url(Relationship)}link/?master={master.pk}",
        "/me/",
    ]


@pytest.fixture
def more_pages(pages):
    """The rest: other lists, forms, previews, what an account has been, errors."""
    master = Account.objects.get(number="M")
    return [
        *(list_url(model) for model in MORE_LISTS),
        *(reverse(f"admin:{name}") for name in FORMS),
        *(url(master, name) for name in ("top-up", "allocate", "adjust", "create-member")),
        *(reverse(f"admin:finance_mgmt_account_{name}", args=[master.pk]) for name in LOOKS),
        url(Bill.objects.get(), "settle"),
        url(Relationship.objects.get(), "end"),
        reverse("admin:invoicing_invoice_issue", args=[master.pk]),
        "/me/login/",
    ]


LOOKS = ("timeline", "as_of")


def test_nothing_serious_is_found_on_the_rest_in_chinese(page, more_pages):
    page.context.set_extra_http_headers({"Accept-Language": "zh-hans"})
    found = []
    for address in more_pages:
        page.goto(address)
        assert page.locator("html").get_attribute("lang") == "zh-hans"
        page.evaluate(AXE)
        found += _findings(address, page.evaluate("axe.run()"))
    assert found == []


def test_nothing_serious_is_found_on_the_main_pages(page, pages):
    found = []
    for address in pages:
        page.emulate_media(color_scheme="light")
        page.goto(address)
        page.evaluate(AXE)
        found += _findings(address, page.evaluate("axe.run()"))
        page.emulate_media(color_scheme="dark")
        in_the_dark = page.evaluate("axe.run({runOnly: ['color-contrast']})")
        found += _findings(f"{address} in the dark", in_the_dark)
    assert found == []


def _findings(address: str, answer) -> list[tuple[str, str, str]]:
    assert answer["passes"] != [], f"nothing was looked at on {address}"
    return [
        (address, one["id"], one["nodes"][0]["html"])
        for one in answer["violations"]
        if one["impact"] in SERIOUS or one["id"] == "landmark-one-main"
    ]
