"""Charges in the admin: lists that an index serves, and pages that explain themselves."""

from decimal import Decimal

import pytest

from billing.admin import lookup
from billing.models import Charge, Discount, UsageRecord
from billing.services import vouchers
from finance_mgmt.models import Account
from tests.finance_mgmt.admin_door import (
    FRAME,
    everything,
    facts,
    list_url,
    listed,
    page_url,
    panel,
    rows,
    text,
)
from tests.provider import at

pytestmark = pytest.mark.django_db

USED = at("2024-05-10 14:20")
CLOSED = at("2024-05-10 16:00")


@pytest.fixture
def group(provider):
    """A master pays for its member with a discount; usage of one hour, and one that came late."""
    master = provider.account("M", credit_limit="100")
    member = provider.account("T")
    product = provider.product("compute", unit_price="0.5")
    provider.discount(master, rate="0.8")
    provider.link(master, member)
    provider.use(member, product, "3", USED, resource="i-1", key="first")
    provider.use(member, product, "4", USED, resource="i-1", key="second")
    provider.jobs(CLOSED)
    provider.use(member, product, "1", USED, resource="i-1", key="late", reported=CLOSED)
    provider.jobs(at("2024-05-10 18:00"))
    return master


def charges() -> list[Charge]:
    return list(Charge.objects.order_by("id"))


def story(page) -> list[tuple]:
    """The steps as a person reads them."""
    steps = panel(page, "Explain this charge").context["steps"]
    discount = str(Discount.objects.values_list("pk", flat=True).first())
    return [
        (
            str(step.title),
            text(step.answer).replace(f"#{discount}", "#{discount}"),
            text(step.amount),
            text(step.left) if step.kind != "payable" else "",
            tuple(text(one) for one in step.details),
        )
        for step in steps
    ]


def test_the_list_says_whose_what_when_and_how_much(group):
    first, late = charges()
    assert listed(everything().get(list_url(Charge))) == [
        [
            str(late.pk),
            "T T",
            "M M",
            "compute",
            "2024-05-10 14:00 – 15:00 late",
            "2024-05",
            "1",
            "0.50",
            "0.10",
            "0.40 CNY",
        ],
        [
            str(first.pk),
            "T T",
            "M M",
            "compute",
            "2024-05-10 14:00 – 15:00",
            "2024-05",
            "7",
            "3.50",
            "0.70",
            "2.80 CNY",
        ],
    ]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"is_late__exact": "1"}, 1),
        ({"month": "2024-05"}, 2),
        ({"month": "2024-06"}, 0),
        ({"month": "rubbish"}, 2),
        ({"kind__exact": "order"}, 0),
        ({"q": "T"}, 2),
        ({"q": "i-1"}, 2),
        ({"q": "T i-"}, 2),
        ({"q": "i-"}, 0),
        ({"q": "nothing"}, 0),
        ({"period_start__gte": "2024-05-10T00:00:00+08:00"}, 2),
        ({"period_start__lt": "2024-05-10T00:00:00+08:00"}, 0),
    ],
)
def test_the_list_filters(filters, count, group):
    assert len(listed(everything().get(list_url(Charge), filters))) == count


def test_filters_by_payer_owner_and_family(group):
    browser, member = everything(), Account.objects.get(number="T")
    family = charges()[0].product.family
    found = [
        len(listed(browser.get(list_url(Charge), filters)))
        for filters in (
            {"payer__id__exact": group.pk},
            {"payer__id__exact": member.pk},
            {"owner__id__exact": member.pk},
            {"product__family__id__exact": family.pk},
        )
    ]
    assert found == [2, 0, 2, 2]


@pytest.mark.rule("B1", "C1", "D1", "K4")
def test_a_charge_explains_itself(group):
    charge = charges()[0]
    answer = everything().get(page_url(charge))
    page = answer.context["panels"]
    bars = panel(page, "Amounts").context["bars"]
    assert [(bar.label, text(bar.amount), bar.start, bar.width) for bar in bars] == [
        ("list", "3.50 CNY", 0, 100),
        ("covered", "0.00 CNY", 100, 0),
        ("discount", "-0.70 CNY", 80, 20),
        ("voucher", "0.00 CNY", 80, 0),
        ("payable", "2.80 CNY", 0, 80),
    ]
    what = facts(panel(page, "What"))
    assert (what["charge period"], what["bill"]) == (
        "2024-05-10 14:00 – 15:00",
        "2024-05 not issued yet",
    )
    assert story(page) == [
        ("What was used", "7 compute", "", "", ()),
        ("List price", "List price compute", "3.50 CNY", "3.50 CNY", ("7 × 0.5 = 3.50 CNY",)),
        ("Covered", "No commitment covered it.", "0.00 CNY", "3.50 CNY", ()),
        (
            "Discount",
            "M M #{discount} everything · 80 % of list price",
            "-0.70 CNY",
            "2.80 CNY",
            ("The best one for the customer at the start of the period; none stack.",),
        ),
        ("Vouchers", "There was none to try.", "0.00 CNY", "2.80 CNY", ()),
        ("Who pays", "M M", "2.80 CNY", "", ("M › T trusteeship 2020-01-01 08:00",)),
        ("From which money", "credit", "", "", ()),
        ("On which bill", "2024-05 not issued yet", "", "", ()),
        ("On which invoice", "On none.", "", "", ()),
    ]
    assert [row[0] for row in rows(panel(page, "Usage records"))] == ["first", "second"]
    assert [text(badge) for badge in answer.context["badges"]] == ["usage", "", "for a member"]


@pytest.mark.rule("C4")
def test_a_late_charge_names_its_one_record(group):
    page = everything().get(page_url(charges()[1])).context["panels"]
    assert [row[0] for row in rows(panel(page, "Usage records"))] == ["late"]
    steps = panel(page, "Explain this charge").context["steps"]
    assert (steps[0].rules, text(steps[0].details[0])) == (("B1", "C4"), "late")
    assert steps[7].rules == ("C4",)


def test_an_account_alone_pays_itself_without_a_discount(provider):
    alone = provider.account("S", cash_amount="9")
    provider.use(alone, provider.product("compute"), "2", USED)
    provider.jobs(CLOSED)
    page = everything().get(page_url(charges()[0])).context["panels"]
    told = {title: (answer, amount) for title, answer, amount, _, _ in story(page)}
    assert (told["Who pays"], told["Discount"]) == (
        ("S S", "2.00 CNY"),
        ("S S No contract price was better.", "0.00 CNY"),
    )


@pytest.mark.rule("C6")
def test_a_billed_charge_leads_to_its_bill(group, provider):
    provider.jobs(at("2024-06-01 00:10"))
    page = everything().get(page_url(charges()[0])).context["panels"]
    assert facts(panel(page, "What"))["bill"] == "M 2024-05"


def test_every_voucher_that_was_tried_is_named(provider):
    alone = provider.account("S", cash_amount="9")
    for code, minimum in (("BIG", "100"), ("SMALL", "0")):
        vouchers.issue(
            code=code,
            owner=alone,
            face_value=Decimal("0.25"),
            minimum_spend=Decimal(minimum),
            **provider.said(),
        )
    provider.use(alone, provider.product("compute"), "2", USED)
    provider.jobs(CLOSED)
    page = everything().get(page_url(charges()[0])).context["panels"]
    assert story(page)[4] == (
        "Vouchers",
        "Tried in order, earliest expiry first.",
        "-0.25 CNY",
        "1.75 CNY",
        (
            "BIG: below its minimum spend, which looks at the amount after discount",
            "SMALL: 0.25 CNY",
        ),
    )


def test_a_record_leads_to_its_charge(group, provider):
    member = Account.objects.get(number="T")
    provider.use(member, charges()[0].product, "1", at("2024-05-10 22:00"), key="open")
    first, late = charges()
    browser, found = everything(), {}
    for record in UsageRecord.objects.all():
        page = browser.get(page_url(record)).context["panels"]
        found[record.key] = facts(panel(page, "Charged"))["charge"]
    assert found == {
        "first": str(first),
        "second": str(first),
        "late": str(late),
        "open": "None yet: it is charged when its cycle is closed.",
    }


def test_one_charge_or_three_on_a_page_ask_as_much(group, django_assert_num_queries):
    browser = everything()
    for charge in charges():
        with django_assert_num_queries(FRAME + 13):
            browser.get(page_url(charge))


def test_the_search_takes_account_numbers_before_resources(group):
    sql = str(lookup.charges(Charge.objects.all(), "T").query)
    assert (sql.count("LIKE"), sql.count('"owner_id" IN'), sql.count('"payer_id" IN')) == (0, 1, 1)
    assert str(lookup.charges(Charge.objects.all(), "i-1").query).count('"resource" = i-1') == 1
    assert str(lookup.charges(Charge.objects.all(), "T i-").query).count("LIKE i-%") == 1
    assert lookup.charges(Charge.objects.all(), " ").count() == 2


def test_the_calendar_goes_from_months_to_days(group):
    browser = everything()
    whole = browser.get(list_url(Charge), {"is_late__exact": "0"}).context["calendar"]
    assert [(one["label"], one["is_chosen"]) for one in whole["months"]] == [
        ("All dates", True),
        ("2024-05", False),
    ]
    assert whole["days"] == []
    may = browser.get(list_url(Charge) + whole["months"][1]["url"])
    assert len(listed(may)) == 1  # the late one stays filtered away
    chosen = may.context["calendar"]
    assert [one["label"] for one in chosen["months"] if one["is_chosen"]] == ["2024-05"]
    assert [one["label"] for one in chosen["days"]] == [f"{day:02}" for day in range(1, 32)]
    found = {
        one["label"]: len(listed(browser.get(list_url(Charge) + one["url"])))
        for one in chosen["days"][8:11]
    }
    assert found == {"09": 0, "10": 1, "11": 0}
    rubbish = browser.get(list_url(Charge), {"period_start__gte": "soon"})
    assert rubbish.status_code == 302  # back to the list, as every filter that makes no sense
