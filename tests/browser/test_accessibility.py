"""No serious finding of axe-core on the main pages, light and dark."""

import pytest
from axe_playwright_python.base import AXE_FILE_PATH

from billing.models import Bill, Charge, Order, Product
from finance_mgmt.models import Account, Approval, Job, Movement, Relationship, Run
from invoicing.models import Invoice
from tests.finance_mgmt.admin_door import list_url, page_url
from tests.provider import at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
SERIOUS = ("serious", "critical")
LISTS = (Account, Relationship, Movement, Approval, Run, Job, Bill, Charge, Order, Product, Invoice)


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
