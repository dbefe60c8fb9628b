"""Jobs in Chromium: a failed run, its fact and the second try; a close by hand; parking."""

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.models import Charge, Price, Product
from billing.services import cycles, resources
from finance_mgmt.clock import now
from finance_mgmt.models import Account, Job, Parking, Run
from finance_mgmt.services import jobs
from tests import schedule
from tests.finance_mgmt.admin_door import list_url, page_url
from tests.provider import LONG_AGO, Provider, at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

USED = at("2024-05-10 14:20")


@pytest.fixture
def shop(provider) -> Provider:
    """A group and a lone account that uses what has lost its price; nothing is closed."""
    master = provider.account("HQ", credit_limit="100")
    member = provider.account("A")
    provider.link(master, member)
    ecs, gpu = provider.product("ecs"), provider.product("gpu", unit_price="2")
    resources.start(account=member, code="web-1", product=ecs, **provider.said())
    provider.use(member, ecs, "20", USED)
    provider.use(provider.account("L", cash_amount="9", identity="L"), gpu, "1", USED)
    Price.objects.filter(product=gpu).delete()
    cycles.start_closing(**provider.said(USED))
    return provider


def mend() -> None:
    product = Product.objects.get(code="gpu")
    Price.objects.create(product=product, unit_price=Decimal(2), effective_from=LONG_AGO)


def test_a_close_by_hand_is_previewed_fails_in_part_and_is_tried_again(page, shop, work):
    page.goto(reverse("admin:billing_closedthrough_changelist"))
    page.get_by_role("link", name="Close up to ...").click()
    page.locator("[name=through_0]").fill("2024-05-11")
    page.locator("[name=through_1]").fill("00:00")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="What it changes").wait_for()
    values = page.locator(".bo-tile-value").all_inner_texts()
    assert [value.strip() for value in values] == ["2", "2", "1", "20.00 CNY"]
    problem = page.locator(".bo-notice.is-bad").inner_text()
    assert problem.splitlines()[-1].endswith("Add one, then try again.")
    assert (Run.objects.count(), Charge.objects.count()) == (0, 0)
    page.get_by_role("button", name="Close up to ...").click()
    page.wait_for_url("**/finance_mgmt/run/*/change/")
    work()
    page.get_by_text("What failed").wait_for(timeout=10_000)  # it reads itself again
    error = page.locator(".bo-error pre").inner_text()
    assert error == "No price is in force for gpu. Add one, then try again."
    page.goto(reverse("admin:index"))
    parked = page.locator(".bo-card", has_text="Parked accounts").inner_text()
    assert parked.count("No price is in force for gpu.") == 1
    mend()
    page.goto(page_url(Run.objects.get()))
    page.get_by_role("button", name="Try failed steps again").click()
    page.get_by_text("The failed steps are queued again.").wait_for()
    work()
    page.reload()
    assert page.locator(".bo-head .bo-badge").inner_text() == "done"
    assert Charge.objects.count() == 2
    page.goto(list_url(Run))


def test_the_page_of_jobs_and_a_parked_account(page, shop):
    schedule.restore()
    jobs.started("billing.close_due_cycles", at=now())
    jobs.finished("billing.close_due_cycles", "close 7", at=now())
    jobs.started("billing.settle_due_bills", at=LONG_AGO)
    jobs.failed("billing.settle_due_bills", ZeroDivisionError("a broken row"), at=now())
    page.goto(list_url(Job))
    row = page.locator("tr", has_text="Settle due bills")
    assert row.locator(".bo-badge").inner_text() == "failed"
    row.get_by_role("link").first.click()
    assert page.locator(".bo-error pre").inner_text().strip() == "ZeroDivisionError: a broken row"
    account = Account.objects.get(number="HQ")
    page.goto(page_url(account))
    page.get_by_role("link", name="Park", exact=True).click()
    page.locator("[name=reason]").fill("Under dispute since the contract ended")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Park", exact=True).click()
    page.get_by_text("The account is parked. All others go on.").wait_for()
    assert Parking.objects.get().reason == "Under dispute since the contract ended"
    page.goto(list_url(Parking))
    page.goto(page_url(Parking.objects.get()))
    page.goto("/admin/billing/threshold/set/")
