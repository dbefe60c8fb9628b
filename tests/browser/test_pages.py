"""The admin's main pages as finance staff see them, in Chromium."""

import re

import pytest

from billing.models import Bill, Charge
from finance_mgmt.models import Account
from tests.finance_mgmt.admin_door import list_url, page_url
from tests.provider import at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def group(provider):
    """A master with two members: May is billed, June is open."""
    master = provider.account("M", credit_limit="1000", cash_amount="5")
    product = provider.product("compute", unit_price="0.333333")
    provider.discount(master, rate="0.8")
    for number in ("T-1", "T-2"):
        member = provider.account(number)
        provider.link(master, member)
        for day in ("05-10", "05-11", "06-03"):
            provider.use(member, product, "7", at(f"2024-{day} 14:20"), resource="i-1")
    provider.use(master, product, "3", at("2024-05-12 10:00"))
    provider.jobs(at("2024-06-05 00:00"))
    return master


def words(locator) -> str:
    return re.sub(r"\s+", " ", locator.inner_text()).strip()


def test_the_dashboard_shows_the_month_and_leads_to_its_rows(page, group):
    page.goto("/admin/")
    assert words(page.locator(".bo-months h2")) == "2024-06"
    assert page.locator("canvas.chart").count() == 2  # by month, and by master
    page.get_by_title("Earlier month").click()
    page.wait_for_url("**/?month=2024-05")
    assert words(page.locator(".bo-months h2")) == "2024-05"
    page.locator("a.bo-tile", has_text="Billed in 2024-05").click()
    page.wait_for_url(f"**{list_url(Bill)}?month=2024-05")
    assert page.locator("#result_list tr.data-row").count() == 1


def test_the_month_is_chosen_from_a_list(page, group):
    page.goto("/admin/")
    page.get_by_role("combobox", name="Month").select_option("2024-05")
    page.wait_for_url("**/?month=2024-05")
    assert words(page.locator(".bo-months h2")) == "2024-05"


def test_an_account_is_found_and_explains_its_terms(page, group):
    page.goto(list_url(Account))
    page.locator("#searchbar").fill("T-1")
    page.locator("#searchbar").press("Enter")
    page.wait_for_url("**q=T-1")
    page.locator("#result_list").get_by_role("link", name="T-1").first.click()
    assert words(page.locator(".bo-head h2")) == "T-1 T-1"
    payer = page.locator("#terms tbody tr").first
    assert words(payer) == (
        "Payer M M In trusteeship the master pays for everything the member uses. C1"
    )
    assert page.locator("#funds tbody tr").count() == 10


def test_a_bill_opens_member_by_member_and_line_by_line(page, group):
    page.goto(page_url(Bill.objects.get(payer=group)))
    sections = page.locator("details.bo-section")
    assert sections.count() == 3
    member = sections.nth(1)
    member.locator("> summary").click()
    product = member.locator("details.bo-product")
    product.wait_for()
    assert product.count() == 1
    product.locator("> summary").click()
    lines = member.locator(".bo-product-body tbody tr")
    lines.first.wait_for()
    assert lines.count() == 2
    lines.first.get_by_role("link").click()
    page.wait_for_url("**/billing/charge/*/change/")
    assert page.locator(".bo-fall").count() == 5


def test_a_member_of_a_bill_is_found_by_number(page, group):
    page.goto(page_url(Bill.objects.get(payer=group)))
    page.get_by_role("searchbox", name="Number of a member").fill("t-2")
    page.keyboard.press("Enter")
    page.wait_for_url("**member=t-2*")
    assert page.locator("details.bo-section").count() == 1


def test_the_charges_list_filters_by_calendar_and_in_its_drawer(page, group):
    page.goto(list_url(Charge))
    found = page.locator("#result_list tr.data-row")
    assert found.count() == 7
    page.locator(".bo-strip").get_by_role("link", name="2024-06").click()
    page.wait_for_url("**period_start__gte=2024-06-01*")
    assert found.count() == 2
    page.goto(list_url(Charge))
    page.locator("a", has_text="Filters").click()
    drawer = page.locator("#changelist-filter")
    drawer.locator("#select2-id_owner__id__exact-container").click()
    page.locator(".select2-search__field").fill("T-1")
    page.locator(".select2-results__option", has_text="T-1").click()
    drawer.get_by_role("button", name="Apply Filters").click()
    page.wait_for_url("**owner__id__exact=*")
    assert found.count() == 3


def test_pages_look_right_in_the_dark_and_on_a_tablet(page, group, tongue):
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 820, "height": 1100})
    for address in ("/admin/", page_url(group), page_url(Bill.objects.get(payer=group))):
        page.goto(address)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{address} is {wide} pixels wider than the screen"


def test_a_list_on_a_tablet_is_a_table_whose_first_column_stays(page, group):
    page.set_viewport_size({"width": 820, "height": 1100})
    page.goto(list_url(Account))
    row = page.locator("#result_list tr.data-row").first
    assert row.evaluate("one => getComputedStyle(one).display") == "table-row"
    first, last = row.locator("> :first-child"), row.locator("> :last-child")
    stood = first.bounding_box()["x"]
    last.scroll_into_view_if_needed()
    assert first.bounding_box()["x"] == stood
    assert last.bounding_box()["x"] + last.bounding_box()["width"] <= 820
