"""The first page: the month by master, top members, what waits; every number leads to its rows."""

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.admin.months import months, parse
from billing.models import Bill, Charge
from billing.queries.masters import charged_in, masters_of, members_of
from finance_mgmt.admin.panels import Part, Tiles
from finance_mgmt.enums import RunState
from finance_mgmt.models import Account, Run
from invoicing.services import sellers
from tests.billing import files
from tests.finance_mgmt.admin_door import (
    FRAME,
    door,
    everything,
    facts,
    list_url,
    panel,
    rows,
    text,
)
from tests.provider import at

pytestmark = pytest.mark.django_db

INDEX = "/admin/"
MAY_READ = ("billing.view_bill", "billing.view_charge")


@pytest.fixture
def group(provider):
    """May is billed; June has charges and no bill yet."""
    master = provider.account("M", credit_limit="1000")
    product = provider.product("compute", unit_price="1")
    for number, used in (("T-1", "5"), ("T-2", "7.5")):
        member = provider.account(number)
        provider.link(master, member)
        provider.use(member, product, used, at("2024-05-10 14:20"))
        provider.use(member, product, "1", at("2024-06-03 14:20"))
    provider.jobs(at("2024-06-05 00:00"))
    sellers.set_seller(legal_name="Cloud", country="US", **provider.said())
    return master


def tiles(page):
    """The panel of large figures."""
    return next(one for one in page if isinstance(one, Tiles))


def part(page, name):
    """What the template of one part is given."""
    return next(
        one.context
        for one in page
        if isinstance(one, Part) and one.name == f"admin/parts/{name}.html"
    )


def todos(page):
    """What needs somebody today."""
    return [(one.count, one.words) for one in part(page, "today")["todos"]]


def test_an_empty_provider_is_told_what_to_do_first():
    page = everything().get(INDEX)
    assert todos(page.context["panels"]) == []
    waits, first = (one.context for one in page.context["panels"][1:])
    assert waits["title"] == "Cycles are not closed yet."
    assert [(str(step.title), step.is_done) for step in first["steps"]] == [
        ("Check the policy", False),
        ("Open accounts", False),
        ("Fill the price book", False),
        ("Name the usage sources", False),
        ("Import a file", False),
        ("Close and bill", False),
        ("Say who sells", False),
    ]
    assert first["can_import"] is True
    assert page.content.decode().count(reverse("admin:billing_usageimport_upload")) == 2


def test_who_may_see_nothing_sees_an_empty_page():
    assert door().get(INDEX).context["panels"] == []


def test_the_month_by_master_is_open_until_it_is_billed(group):
    browser = everything()
    june = browser.get(INDEX).context["panels"]
    assert rows(panel(june, "By master")) == [["M M", "2", "–", "2.00 CNY"]]
    may = browser.get(INDEX, {"month": "2024-05"}).context["panels"]
    assert rows(panel(may, "By master")) == [["M M", "2", "12.50 CNY", "–"]]
    assert facts(tiles(may)) == {
        "masters pay in 2024-05": "12.50 CNY",
        "billed in 2024-05": "12.50 CNY",
        "closed, on no bill yet": "2.00 CNY",
        "outstanding": "12.50 CNY",
        "masters' cash": "0.00 CNY",
        "masters' credit left": "987.50 CNY",
    }


def test_top_members_come_largest_first(group):
    page = everything().get(INDEX, {"month": "2024-05"}).context["panels"]
    assert rows(panel(page, "Top members")) == [
        ["T-2 T-2", "M", "1", "7.50 CNY"],
        ["T-1 T-1", "M", "1", "5.00 CNY"],
    ]


def test_the_selector_offers_all_months(group):
    page = everything().get(INDEX, {"month": "2024-05"}).context["panels"]
    selector = part(page, "month_selector")
    chosen = [f"{month:%Y-%m}" for month in selector["months"]]
    assert (chosen, f"{selector['month']:%Y-%m}") == (["2024-06", "2024-05"], "2024-05")
    assert (selector["earlier"], f"{selector['later']:%Y-%m}") == (None, "2024-06")


@pytest.mark.parametrize("asked", ["", "rubbish", "2024-13", "1999-01", "2024-05-01"])
def test_an_unknown_month_is_the_latest(asked, group):
    page = everything().get(INDEX, {"month": asked}).context["panels"]
    assert f"{part(page, 'month_selector')['month']:%Y-%m}" == "2024-06"


def test_every_number_leads_to_its_rows(group):
    page = everything().get(INDEX, {"month": "2024-05"}).context["panels"]
    bill = Bill.objects.get()
    assert [fact.url for fact in tiles(page).facts] == [
        f"{list_url(Charge)}?month=2024-05",
        f"{list_url(Bill)}?month=2024-05",
        list_url(Account),
        f"{list_url(Bill)}?status__exact=outstanding",
        f"{list_url(Account)}?role=master",
        f"{list_url(Account)}?role=master",
    ]
    assert [one.url for one in part(page, "today")["todos"]] == [
        f"{list_url(Bill)}?status__exact=outstanding"
    ]
    billed = panel(page, "By master").rows[0][2]
    assert billed.count(reverse("admin:billing_bill_change", args=[bill.pk])) == 1
    owed = panel(page, "Outstanding bills").rows[0][3]
    assert owed.count(reverse("admin:billing_bill_change", args=[bill.pk])) == 1
    member = Account.objects.get(number="T-2")
    paid = f"owner__id__exact={member.pk}&amp;payer__id__exact={group.pk}&amp;month=2024-05"
    assert [paid in cell for cell in panel(page, "Top members").rows[0]] == [
        False,
        False,
        True,
        True,
    ]


def test_the_chart_shows_the_same_figures_as_text(group):
    page = everything().get(INDEX, {"month": "2024-05"}).context["panels"]
    chart = panel(page, "This month by master")
    assert (chart.labels, chart.series) == (["M"], {"billed": ["12.5"], "open": ["0"]})
    assert chart.options.count('"grid"') == 2  # the dark theme writes into both


def test_the_trend_shows_each_month_that_was_billed(group, provider):
    provider.jobs(at("2024-07-02 00:00"))
    trend = panel(everything().get(INDEX).context["panels"], "Billed by month")
    assert (trend.labels, trend.series) == (["2024-05", "2024-06"], {"billed": ["12.5", "2"]})
    assert (trend.is_upright, text(trend.note)) == (True, "Totals of all bills, in CNY.")


def test_outstanding_bills_come_oldest_due_first_and_say_what_is_past_due(group):
    page = everything().get(INDEX).context["panels"]
    assert rows(panel(page, "Outstanding bills")) == [["M M", "2024-05", "2024-06-20", "12.50 CNY"]]
    assert [text(fact.note) for fact in tiles(page).facts][3] == "1 past due"
    assert todos(page) == [(1, "bill is past due")]


def test_parked_rows_and_failed_runs_wait_on_the_first_page(group, provider):
    files.small_world(provider)
    files.load(provider, files.focus({"SubAccountId": '"S-9"'}))
    Run.objects.filter(kind="import").update(state=RunState.FAILED)
    page = everything().get(INDEX).context["panels"]
    assert todos(page) == [
        (1, "run failed"),
        (1, "bill is past due"),
        (1, "imported row is parked"),
    ]
    last = rows(panel(page, "Last runs"))[0]
    assert last[:2] == [f"Import of usage {Run.objects.get(kind='import').pk}", "failed"]


def test_panels_of_bills_are_for_who_may_see_bills_and_charges(group):
    of_runs = door("finance_mgmt.view_run").get(INDEX).context["panels"]
    assert (todos(of_runs), of_runs[1].title) == ([], "Last runs")
    of_bills = door("billing.view_bill").get(INDEX).context["panels"]
    assert (len(of_bills), todos(of_bills)) == (1, [(1, "bill is past due")])
    assert len(door(*MAY_READ).get(INDEX).context["panels"]) == 8


def test_one_master_or_three_ask_as_much(group, provider, django_assert_num_queries):
    browser = everything()
    with django_assert_num_queries(FRAME + 27):
        browser.get(INDEX)
    product = provider.product("other", unit_price="1")
    for number in range(3):
        master = provider.account(f"N-{number}", credit_limit="1000")
        provider.use(master, product, "1", at("2024-06-06 14:20"))
        provider.link(master, provider.account(f"n-{number}"))
    provider.jobs(at("2024-06-07 00:00"))
    with django_assert_num_queries(FRAME + 27):
        browser.get(INDEX)


def test_amounts_of_two_currencies_are_never_added(group, provider):
    other = provider.account("U", currency="USD", cash_amount="9")
    provider.use(other, provider.product("usd", unit_price="3"), "1", at("2024-05-10 14:20"))
    provider.jobs(at("2024-06-06 00:00"))
    page = everything().get(INDEX).context["panels"]
    assert facts(tiles(page))["closed, on no bill yet"] == "2.00 CNY 3.00 USD"


def test_months_are_found_from_charges_and_bills(group):
    assert [f"{month:%Y-%m}" for month in months()] == ["2024-06", "2024-05"]
    assert (parse("2024-05"), parse(None)) == (months()[1], None)


def test_sums_of_the_month_are_exact(group):
    month = months()[1]
    [master] = masters_of(month)
    assert (master.account.number, master.charged, master.open, master.member_count) == (
        "M",
        Decimal("12.5"),
        Decimal(0),
        2,
    )
    assert [(row.owner.number, row.payable, row.charges) for row in members_of(month, 10)] == [
        ("T-2", Decimal("7.5"), 1),
        ("T-1", Decimal("5"), 1),
    ]
    assert [row.owner.number for row in members_of(month, 1)] == ["T-2"]
    assert charged_in(month) == {"CNY": Decimal("12.5")}
