"""The page of a group: a row per member, what the group costs and saves, what can be done."""

from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from billing.admin import group_page, groups
from billing.models import Product
from billing.queries import group
from billing.queries.paces import paces
from billing.queries.runway import outlook
from billing.services import commitments, resources
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.models import Account
from finance_mgmt.services import caps, credit, parking
from simulation.admin import what_ifs
from tests.finance_mgmt.admin_door import (
    FRAME,
    door,
    everything,
    facts,
    page_url,
    panel,
    rows,
    text,
)
from tests.finance_mgmt.command_door import address as command_address
from tests.provider import at

pytestmark = pytest.mark.django_db

NOON = at("2024-06-10 12:00")


@pytest.fixture(autouse=True)
def today(db):
    """The clock stands still here: everything on the page is about now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.clock', %s, true)", [NOON.isoformat()])


@pytest.fixture
def world(provider):
    """A master, one member in each mode; May is billed, June has ten days."""
    master = provider.account("HQ", credit_limit="1000")
    trust, managed = provider.account("T"), provider.account("X", cash_amount="50")
    provider.discount(master, rate="0.8")
    link = provider.link(master, trust)
    powers = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT, Permission.SHARE_DISCOUNTS)
    provider.link(master, managed, mode=Mode.MANAGEMENT, grants=powers)
    credit.allocate(
        master=master, member=managed, amount=Decimal(100), reason="", **provider.said()
    )
    caps.set_cap(relationship=link, amount=Decimal(30), is_hard=True, **provider.said())
    compute, disk = provider.product("ecs"), provider.product("disk", cycle="day")
    resources.start(account=managed, code="i-1", product=compute, **provider.said())
    provider.use(trust, compute, "10", at("2024-05-10 14:20"))
    provider.use(managed, compute, "5", at("2024-05-10 14:20"))
    provider.use(trust, compute, "7", at("2024-06-08 10:00"))
    provider.use(trust, disk, "14", at("2024-06-08 10:00"))
    provider.use(managed, disk, "70", at("2024-06-09 10:00"))
    provider.use(master, disk, "5", at("2024-06-09 10:00"))
    provider.jobs(NOON)
    return master


def address(master: Account) -> str:
    return reverse(f"admin:{group_page.ADDRESS}", args=[master.pk])


def panels(master: Account, **query) -> list:
    answer = everything().get(address(master), query)
    assert (answer.status_code, answer.context["opts"]) == (200, Account._meta)
    return answer.context["panels"]


def numbers(found) -> list[str]:
    return [row[0].split()[0] for row in rows(panel(found, "Members"))]


def test_each_member_is_a_row_with_all_that_is_asked_for(world):
    table = panel(panels(world), "Members")
    assert [text(column.label) for column in table.columns] == [
        "Member ↑",
        "Mode",
        "limit or cap",
        "Allocated",
        "Used",
        "available",
        "Month to date",
        "per day",
        "days left",
        "last bill",
        "state",
    ]
    assert rows(table) == [
        ["T T", "trusteeship", "30.00 hard cap", "–", "16.80", "13.20", "16.80", "2.40", "–"]
        + ["8.00", "active set a cap · end"],
        ["X X", "management", "100.00", "100.00", "0.00", "90.00", "56.00", "8.00", "11 days"]
        + ["4.00", "active end"],
    ]


def test_the_group_in_tiles_charts_and_savings(world, provider):
    provider.discount(Account.objects.get(number="X"), rate="0.5")
    commitments.add(
        code="RI",
        owner=world,
        kind="reserved_instance",
        product=provider.product("gpu"),
        quantity=Decimal(2),
        is_shared=True,
        **provider.said(),
    )
    trust = Account.objects.get(number="T")
    provider.use(trust, _product("gpu"), "3", at("2024-06-10 10:00"))
    provider.jobs(at("2024-06-10 13:30"))
    found = panels(world)
    assert facts(found[0]) == {
        "members": "2",
        "group, month to date": "77.60 CNY",
        "master's available": "870.40 CNY",
        "master's funds last": "292 days",
    }
    chart = panel(found, "Spend by member over time")
    assert (chart.labels, chart.series) == (
        ["2024-05", "2024-06"],
        {"X": ["4", "56"], "T": ["8", "17.6"], "HQ": ["0", "4"]},
    )
    chart = panel(found, "By product this month")
    assert (chart.labels, chart.series) == (
        ["disk", "ecs", "gpu"],
        {"payable": ["71.2", "5.6", "0.8"]},
    )
    chart = panel(found, "Use of credit")
    assert (chart.labels, chart.series) == (
        ["HQ", "X"],
        {"used": ["8", "0"], "free": ["892", "100"]},
    )
    savings = panel(found, "Savings this month")
    assert rows(savings) == [
        ["X X", "discount", "HQ HQ", "14.00"],
        ["T T", "discount", "HQ HQ", "4.40"],
        ["T T", "commitment", "HQ HQ", "2.00"],
        ["HQ HQ", "discount", "its own", "1.00"],
    ]
    assert text(savings.note) == "4 lines: 19.40 by discounts, 2.00 by commitments, in CNY"


def _product(code: str) -> Product:
    return Product.objects.get(code=code)


def test_every_figure_leads_to_its_rows(world):
    page = panels(world)
    funds = f"{page_url(world)}#funds"
    charges = f"{reverse('admin:billing_charge_changelist')}?payer__id__exact={world.pk}"
    assert [fact.url for fact in page[0].facts] == [
        "#members",
        f"{charges}&month=2024-06",
        funds,
        "",
    ]
    trust, managed = panel(page, "Members").rows
    member = Account.objects.get(number="T")
    of_member = f"owner__id__exact={member.pk}&amp;month=2024-06"
    assert [of_member in str(cell) for cell in trust] == [False] * 4 + [True, False, True] + [
        False
    ] * 4
    own = f"{page_url(Account.objects.get(number='X'))}#funds"
    assert [own in str(cell) for cell in managed[2:6]] == [True] * 4
    saved = panel(page, "Savings this month").rows[0]
    assert saved[3].count("owner__id__exact=") == 1


def test_what_deserves_a_look_stands_in_the_state(provider):
    provider.policy(payment_days=5)
    master, managed = provider.account("HQ"), provider.account("Y", cash_amount="1")
    provider.link(master, managed, mode=Mode.MANAGEMENT)
    product = provider.product("ecs")
    resources.start(account=managed, code="i-1", product=product, **provider.said())
    provider.use(managed, product, "3", at("2024-05-10 14:20"))
    provider.jobs(at("2024-06-02 09:00"))
    provider.jobs(NOON)
    resources.review(by="job", at=NOON)
    parking.park(account=managed, reason="disputed", **provider.said(NOON))
    assert rows(panel(panels(master), "Members")) == [
        ["Y Y", "management", "0.00", "0.00", "2.00", "-2.00", "0.00", "0.00", "less than a day"]
        + ["3.00", "arrears past due 1 suspended parked end"],
    ]


@pytest.mark.rule("W1")
def test_the_pace_of_many_is_the_pace_of_each(world, provider):
    managed, trust = Account.objects.get(number="X"), Account.objects.get(number="T")
    weekly, monthly = provider.product("week", cycle="week"), provider.product("m", cycle="month")
    late = {"reported": NOON}
    provider.use(managed, weekly, "7", at("2024-06-04 10:00"), **late)
    provider.use(managed, monthly, "31", at("2024-06-04 10:00"), **late)
    young = provider.account("young")
    provider.use(young, _product("disk"), "6", at("2024-06-08 10:00"), **late)
    provider.jobs(at("2024-07-09 12:00"))
    for instant in (NOON, at("2024-06-11 12:00"), at("2024-07-09 12:00")):
        pairs = [(one.pk, one.pk) for one in (managed, young)]
        alone = {one: outlook(one, instant).runway.per_day for one, _payer in pairs}
        found = paces(pairs, instant)
        assert {one: found.get(one, Decimal(0)) for one in alone} == alone
    assert paces([(trust.pk, trust.pk)], NOON) == {}  # its master pays


def test_members_are_sorted_searched_and_paged(world, provider):
    for number in range(30):
        provider.link(world, provider.account(f"m-{number:02}"))
    every = ["T", "X", *(f"m-{number:02}" for number in range(30))]
    first = panels(world)
    assert numbers(first) == sorted(every)[:25]
    assert numbers(panels(world, members="2")) == sorted(every)[25:]
    assert numbers(panels(world, sort="-month"))[:2] == ["X", "T"]
    assert numbers(panels(world, sort="-allocated"))[0] == "X"
    assert numbers(panels(world, sort="nonsense")) == sorted(every)[:25]
    assert numbers(panels(world, q="M-2")) == [f"m-2{number}" for number in range(10)]
    assert numbers(panels(world, q="nobody")) == []
    assert panel(first, "Members").pager.later == "?members=2#members"


def test_one_member_or_thirty_ask_as_much(world, provider, django_assert_num_queries):
    browser = everything()
    for count in (2, 30):
        for number in range(count - len(group.roster(world.pk, NOON))):
            member = provider.account(f"m-{number:02}", cash_amount="5")
            provider.link(world, member, mode=Mode.MANAGEMENT)
            provider.use(member, _product("disk"), "1", at("2024-06-09 10:00"), reported=NOON)
        provider.jobs(at("2024-06-10 13:30"))
        with django_assert_num_queries(FRAME + 31):
            browser.get(address(world))


def test_it_is_for_who_may_see_accounts_bills_and_charges(world):
    browser = door(*group_page.NEEDS)
    shown = browser.get(address(world)).context
    assert [str(command.label) for command in shown["commands"]] == ["Account"]
    assert [row[-1] for row in rows(panel(shown["panels"], "Members"))] == ["active", "active"]
    for missing in group_page.NEEDS:
        lacking = door(*(name for name in group_page.NEEDS if name != missing))
        codes = [lacking.get(one).status_code for one in (address(world), reverse("admin:" + LIST))]
        assert codes == [403, 403]
    assert browser.get(reverse(f"admin:{group_page.ADDRESS}", args=[0])).status_code == 404


LIST = groups.ADDRESS


def test_what_can_be_done_is_one_click_away(world):
    shown = everything().get(address(world)).context["commands"]
    assert [(str(command.label), command.url) for command in shown] == [
        ("Account", page_url(world)),
        ("Allocate credit", command_address(world, "allocate")),
        ("Issue an invoice", reverse("admin:invoicing_invoice_issue", args=[world.pk])),
        ("What if?", f"{reverse(f'admin:{what_ifs.ASK}')}?account={world.pk}"),
    ]


def test_all_groups_are_listed_and_linked(world, provider):
    browser = everything()
    found = browser.get(reverse(f"admin:{LIST}")).context["panels"]
    assert rows(panel(found, "Masters")) == [
        ["HQ HQ", "1", "1", "20.80 CNY", "8.00 CNY", "100.00 CNY", "871.20 CNY"]
    ]
    none = browser.get(reverse(f"admin:{LIST}"), {"q": "nobody"}).context["panels"]
    assert rows(panel(none, "Masters")) == []
    for account, is_linked in ((world, 1), (Account.objects.get(number="T"), 0)):
        commands = browser.get(page_url(account)).context["commands"]
        assert [one.url for one in commands].count(address(account)) == is_linked
    dashboard = browser.get("/admin/", {"month": "2024-05"}).context["panels"]
    assert panel(dashboard, "By master").rows[0][1].count(address(world)) == 1
