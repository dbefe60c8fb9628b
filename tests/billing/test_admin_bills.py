"""Bills in the admin: how they add up, and their lines by member, read when asked for."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from billing.admin import bill_lines
from billing.models import Bill, Charge
from billing.queries.bills import lines_of
from billing.services import settlement
from finance_mgmt.models import Account
from finance_mgmt.services import cash
from tests.billing import files
from tests.finance_mgmt.admin_door import (
    FRAME,
    door,
    everything,
    facts,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    text,
    viewer,
)
from tests.provider import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def bill(provider):
    """One bill of a master with two members: three owners, two products, exact amounts."""
    master = provider.account("M", credit_limit="100", cash_amount="1")
    compute = provider.product("compute", unit_price="0.333333")
    storage = provider.product("storage", unit_price="0.1")
    for number in ("T-1", "T-2"):
        member = provider.account(number)
        provider.link(master, member)
        provider.use(member, compute, "1", at("2024-05-10 14:20"), resource="i-1")
        provider.use(member, compute, "2", at("2024-05-11 14:20"), resource="i-1")
    provider.use(master, storage, "5", at("2024-05-12 10:00"))
    provider.jobs(at("2024-06-01 00:10"))
    return Bill.objects.get(payer=master)


def member_url(bill: Bill, owner: Account) -> str:
    return reverse("admin:billing_bill_member", args=[bill.pk, owner.pk])


def lines_url(bill: Bill, charge: Charge) -> str:
    return reverse(
        "admin:billing_bill_lines", args=[bill.pk, charge.owner_id, charge.product_id or 0]
    )


def sections(response) -> list[tuple[str, ...]]:
    shown = panel(response.context["panels"], "Lines by member").context["sections"]
    return [
        tuple(text(one[name]) for name in ("owner", "lines", "listed", "less", "payable"))
        for one in shown
    ]


def test_the_list_shows_what_is_owed(bill):
    assert listed(everything().get(list_url(Bill))) == [
        [
            "2024-05",
            "M M",
            "outstanding",
            "2.49 CNY",
            "0.50 CNY",
            "1.99 CNY",
            "1.99 CNY",
            "2024-06-16",
        ]
    ]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"month": "2024-05"}, 1),
        ({"month": "2024-04"}, 0),
        ({"status__exact": "outstanding"}, 1),
        ({"status__exact": "settled"}, 0),
        ({"q": "M"}, 1),
        ({"q": "T-1"}, 0),
    ],
)
def test_the_list_filters(filters, count, bill):
    assert len(listed(everything().get(list_url(Bill), filters))) == count


def test_the_strip_above_the_list_keeps_the_other_filters(bill):
    answer = everything().get(list_url(Bill), {"status__exact": "outstanding", "month": "2024-05"})
    assert answer.context["month_strip"] == [
        {"label": "All months", "url": "?status__exact=outstanding", "is_chosen": False},
        {
            "label": "2024-05",
            "url": "?status__exact=outstanding&month=2024-05",
            "is_chosen": True,
        },
    ]


@pytest.mark.rule("B3", "B5")
def test_the_page_shows_how_the_bill_adds_up(bill):
    page = everything().get(page_url(bill)).context["panels"]
    assert facts(page[0]) == {
        "total": "2.49 CNY",
        "from cash": "0.50 CNY",
        "on credit": "1.99 CNY",
        "outstanding": "1.99 CNY",
    }
    assert rows(panel(page, "How it adds up")) == [
        ["own charges", "0.50 CNY"],
        ["members' charges", "1.999998 CNY"],
        ["= lines", "2.499998 CNY"],
        ["− round-off, in the customer's favour", "-0.009998 CNY"],
    ]


@pytest.mark.rule("B4")
def test_lines_are_grouped_by_member_the_payers_own_first(bill):
    assert sections(everything().get(page_url(bill))) == [
        ("M M", "1", "0.50", "0.00", "0.50 CNY"),
        ("T-1 T-1", "2", "0.999999", "0.00", "0.999999 CNY"),
        ("T-2 T-2", "2", "0.999999", "0.00", "0.999999 CNY"),
    ]


def test_members_come_page_by_page_and_by_number(bill, monkeypatch):
    monkeypatch.setattr(bill_lines, "MEMBERS_PER_PAGE", 1)
    browser = everything()
    first = browser.get(page_url(bill))
    assert [row[0] for row in sections(first)] == ["M M", "T-1 T-1"]
    later = panel(first.context["panels"], "Lines by member").context["later"]
    second = browser.get(page_url(bill) + later)
    assert [row[0] for row in sections(second)] == ["T-2 T-2"]
    assert panel(second.context["panels"], "Lines by member").context["later"] == ""
    found = browser.get(page_url(bill), {"member": "t-2"})
    assert [row[0] for row in sections(found)] == ["T-2 T-2"]
    assert sections(browser.get(page_url(bill), {"member": "nobody", "after": "x"})) == []


def test_a_member_opens_into_its_products(bill):
    owner = Account.objects.get(number="T-1")
    answer = everything().get(member_url(bill, owner))
    assert [
        (row["product"].code, text(row["lines"]), text(row["payable"]))
        for row in answer.context["rows"]
    ] == [("compute", "2", "0.999999 CNY")]
    assert answer.context["all_lines"] == (
        f"{list_url(Charge)}?payer__id__exact={bill.payer_id}"
        f"&owner__id__exact={owner.pk}&month=2024-05"
    )


def test_a_product_opens_into_its_lines_page_by_page(bill, monkeypatch):
    charge = Charge.objects.filter(owner__number="T-1").order_by("period_start").first()
    browser, address = everything(), lines_url(bill, charge)
    whole = browser.get(address).context
    assert [(text(row["period"]), text(row["payable"])) for row in whole["rows"]] == [
        ("2024-05-10 14:00 – 15:00", "0.333333 CNY"),
        ("2024-05-11 14:00 – 15:00", "0.666666 CNY"),
    ]
    monkeypatch.setattr(bill_lines, "LINES_PER_PAGE", 1)
    first = browser.get(address).context
    assert (len(first["rows"]), first["later"]) == (1, f"{address}?from=1")
    second = browser.get(first["later"]).context
    assert (len(second["rows"]), second["later"], second["is_first"]) == (1, "", False)


def test_a_bill_never_shows_lines_of_another_payer_or_month(bill, provider):
    stranger = provider.account("X", cash_amount="5")
    assert everything().get(member_url(bill, stranger)).context["rows"] == []


def test_fragments_are_for_who_may_see_bills(bill):
    charge = Charge.objects.filter(owner__number="T-1").first()
    for address in (member_url(bill, charge.owner), lines_url(bill, charge)):
        assert Client().get(address).status_code == 302
        assert door("billing.view_charge").get(address).status_code == 403
        assert viewer(Bill).get(address).status_code == 200
    gone = reverse("admin:billing_bill_member", args=[0, charge.owner_id])
    assert everything().get(gone).status_code == 404


@pytest.mark.rule("B5")
def test_what_was_carried_comes_first(provider):
    files.small_world(provider)
    credit = {"ChargeCategory": '"Adjustment"', "BilledCost": "-5.25", "ListCost": "-5.25"}
    later = {
        "ChargePeriodStart": '"2024-10-02 22:00:00"',
        "ChargePeriodEnd": '"2024-10-02 23:00:00"',
    }
    later |= {
        "BillingPeriodStart": '"2024-10-01 00:00:00"',
        "BillingPeriodEnd": '"2024-11-01 00:00:00"',
    }
    files.load(provider, files.focus(credit, later))
    provider.jobs(at("2024-11-01 09:00"))
    negative, second = Bill.objects.order_by("month")
    browser = everything()
    assert [row[:4] for row in listed(browser.get(list_url(Bill)))] == [
        ["2024-10", "HQ HQ", "carried forward", "-3.75 USD"],
        ["2024-09", "HQ HQ", "carried forward", "-5.25 USD"],
    ]
    page = browser.get(page_url(second))
    assert rows(panel(page.context["panels"], "How it adds up"))[:3] == [
        ["carried from 2024-09", "-5.25 USD"],
        ["own charges", "0.00 USD"],
        ["members' charges", "1.50 USD"],
    ]
    body = page.content.decode()
    assert body.index("is-carried") < body.index(
        member_url(second, Account.objects.get(number="A"))
    )
    first = browser.get(page_url(negative))
    assert first.content.decode().count("is-carried") == 0
    about = facts(panel(first.context["panels"], "About the bill"))
    assert about["carried forward"] == "-5.25 USD"


@pytest.mark.rule("S1")
def test_what_settled_a_bill_is_listed(bill, provider):
    cash.top_up(account=bill.payer, amount=Decimal(1), reason="", **provider.said())
    settlement.settle(account=bill.payer, **provider.said(at("2024-06-03 10:00")))
    page = everything().get(page_url(bill)).context["panels"]
    assert rows(panel(page, "What settled it")) == [
        ["2024-06-03 10:00", "own cash", "M M", "1.50 CNY"]
    ]
    assert facts(page[0])["outstanding"] == "0.49 CNY"


def test_one_member_or_three_ask_as_much(bill, provider, django_assert_num_queries):
    alone = provider.account("S", cash_amount="9")
    provider.use(alone, provider.product("other"), "2", at("2024-06-10 14:20"))
    provider.jobs(at("2024-07-01 00:10"))
    browser = everything()
    for one in Bill.objects.all():
        with django_assert_num_queries(FRAME + 6):
            browser.get(page_url(one))


def test_sums_of_sections_are_the_bill(bill):
    total = sum(charge.payable_amount for charge in lines_of(bill))
    assert total - bill.round_off == bill.total == Decimal("2.49")
