"""The tools of the daily work in Chromium, in both languages: find, export, keep a filter, tour."""

import pytest

from billing.models import Bill
from finance_mgmt.models import Account, Run, SavedFilter
from tests.finance_mgmt.admin_door import list_url, page_url
from tests.provider import at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def group(provider):
    """A master with a member: May is billed."""
    master = provider.account("HQ", credit_limit="1000")
    member = provider.account("T-1")
    provider.link(master, member)
    product = provider.product("compute", unit_price="0.333333")
    provider.use(member, product, "7", at("2024-05-10 14:20"), resource="i-1")
    provider.jobs(at("2024-06-05 00:00"))
    return master


def test_a_bill_is_found_by_keys_alone(page, group, tongue):
    page.goto("/admin/")
    page.keyboard.press("Control+k")
    page.locator("#search-input-command").press_sequentially("HQ-2024-05")
    line = page.locator("#command-results-list a").first
    line.wait_for()
    assert line.get_attribute("data-title") == "HQ-2024-05"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{page_url(Bill.objects.get(payer=group))}")


def test_a_small_list_is_downloaded_and_a_large_one_made(page, group, tongue, work, settings):
    page.goto(f"{list_url(Account)}?role=trusteeship")
    page.keyboard.press("e")
    with page.expect_download() as coming:
        page.locator(".bo-menu-list button").nth(1).click()
    rows = coming.value.path().read_bytes().decode("utf-8-sig").splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == ["T-1"]
    settings.LIST_ROWS_AT_ONCE = 1
    page.goto(list_url(Account))
    page.locator("details.bo-menu summary").click()
    page.locator(".bo-menu-list button").first.click()
    page.wait_for_url("**/admin/files/")
    assert page.locator("[data-run-progress]").get_attribute("data-finished") == "no"
    work()
    link = page.locator(f'.bo-table a[href="/admin/files/{Run.objects.get(kind="list").pk}/"]')
    link.wait_for(timeout=10_000)  # the page reads itself again
    with page.expect_download() as coming:
        link.click()
    assert coming.value.path().read_bytes()[:2] == b"PK"


def test_a_filter_is_kept_used_and_deleted(page, group, tongue):
    page.goto(f"{list_url(Account)}?role=master")
    page.keyboard.press("s")
    page.keyboard.type("总部 HQ")
    page.keyboard.press("Enter")
    chip = page.locator(".bo-chip")
    chip.wait_for()
    assert SavedFilter.objects.get().query == "role=master"
    page.goto(list_url(Account))
    chip.get_by_role("link", name="总部 HQ").click()
    page.wait_for_url("**?role=master")
    assert page.locator("#result_list tr.data-row").count() == 1
    chip.get_by_role("button").click()
    chip.wait_for(state="detached")
    assert SavedFilter.objects.count() == 0


@pytest.mark.slow
def test_the_tour_leads_from_the_dashboard_to_every_stop(page, group, tongue):
    page.goto("/admin/")
    page.locator('a[href="/admin/tour/"]').click()
    page.wait_for_url("**/admin/tour/")
    stops = page.locator(".bo-tour a")
    links = [stop.get_attribute("href") for stop in stops.all()]
    assert len(links) == 10
    stops.first.click()
    page.wait_for_url(f"**/groups/{group.pk}/")
    for link in links[1:]:
        page.goto(link)  # the fixture fails where one does not open


def test_the_keys_are_shown_and_move_through_rows(page, group):
    page.goto(list_url(Account))
    page.keyboard.press("?")
    dialog = page.locator("dialog.bo-dialog")
    dialog.wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{page_url(Account.objects.get(number='T-1'))}")
    page.goto(list_url(Account))
    page.keyboard.press("/")
    page.keyboard.type("HQ")  # typed, not taken for keys
    page.keyboard.press("Enter")
    page.wait_for_url("**q=HQ")
