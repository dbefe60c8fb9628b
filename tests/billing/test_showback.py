"""Showback: what a member used that its master pays, where the policy shows it (B4)."""

import csv
import io
from decimal import Decimal

import pytest
from django.urls import reverse

from billing.models import Bill
from finance_mgmt.models import Account
from tests.api.door import boss, codes, staff, user_of
from tests.finance_mgmt.admin_door import door, everything, page_url, panel, rows, text
from tests.provider import at

pytestmark = [pytest.mark.django_db, pytest.mark.rule("B4")]

USED = at("2024-05-10 10:30")


@pytest.fixture
def member(provider) -> Account:
    """A member whose master paid usage of two products; one hour before that it paid itself."""
    master = provider.account("M", credit_limit="100")
    member = provider.account("T", cash_amount="5")
    compute = provider.product("compute", unit_price="0.333333")
    provider.use(member, compute, "1", at("2024-05-09 10:30"))
    provider.discount(master, rate="0.5")
    provider.link(master, member, at("2024-05-10 00:00"))
    provider.use(member, compute, "3", USED)
    provider.use(member, compute, "3", provider.after(USED, hours=1))
    provider.use(member, provider.product("=disk", unit_price="2"), "1", USED)
    provider.use(master, compute, "9", USED)
    provider.jobs(at("2024-06-01 00:10"))
    return member


def url(member: Account, form: str = "", month: str = "2024-05") -> str:
    names = ["billing_charge_showback", "billing_charge_showback_file"]
    args = [member.pk, month, *([form] if form else [])]
    return reverse(f"admin:{names[bool(form)]}", args=args)


def test_the_member_sees_nothing_until_the_policy_shows_it(member, provider):
    caller, query = user_of(member), {"month": "2024-05"}
    paths = ("showback", "showback/file")
    assert [caller.get(path, query).status_code for path in paths] == [404, 404]
    why = caller.get("showback", query).json()["detail"]
    assert why.startswith("The policy `showback` is off")
    provider.policy(showback=True)
    found = caller.get("showback", query).json()
    lines = found.pop("lines")
    assert found == {
        "member": "T",
        "month": "2024-05-01",
        "currency": "CNY",
        "is_bill": False,
        "total": "1.999999",
    }
    assert [
        (one["payer"], one["product"], one["lines"], one["quantity"], one["payable_amount"])
        for one in lines
    ] == [("M", "=disk", 1, "1", "1"), ("M", "compute", 2, "6", "0.999999")]
    assert [bill.payer.number for bill in Bill.objects.order_by("payer")] == ["M", "T"]


def test_nobody_sees_the_statement_of_another(member, provider):
    provider.policy(showback=True)
    query = {"month": "2024-05", "account": "T"}
    stranger, master = user_of(provider.account("X")), user_of(Account.objects.get(number="M"))
    found = [
        caller.get("showback", query).status_code
        for caller in (stranger, master, staff(), staff("billing.view_charge"), boss())
    ]
    assert found == [404, 404, 403, 200, 200]
    nobody = boss().get("showback", {"month": "2024-05", "account": "?"})
    assert (nobody.status_code, nobody.json()["detail"]) == (
        404,
        "Name a member that there is: account=NUMBER.",
    )
    for wrong in ({}, {"month": "May"}, {"month": "2024-13"}):
        assert codes(user_of(member).get("showback", wrong)) == ["month_missing"]


def test_files_for_spreadsheets(member, provider):
    provider.policy(showback=True)
    caller, query = user_of(member), {"month": "2024-05"}
    answer = caller.get("showback/file", query)
    assert answer["Content-Disposition"] == 'attachment; filename="showback-T-2024-05.csv"'
    found = list(csv.DictReader(io.StringIO(answer.content.decode()[1:], newline="")))
    assert [(row["Product"], row["Payable by the payer (CNY)"]) for row in found] == [
        ("'=disk", "1"),
        ("compute", "0.999999"),
    ]
    assert {row["Note"] for row in found} == {
        "This is not a bill. Nothing is to be paid by the member."
    }
    book = caller.get("showback/file", {**query, "as": "xlsx"})
    assert (book.content[:2], codes(caller.get("showback/file", {**query, "as": "pdf"}))) == (
        b"PK",
        ["unknown_form"],
    )
    browser = everything()
    assert browser.get(url(member, "csv")).content == answer.content
    assert [browser.get(url(member, form)).status_code for form in ("xlsx", "focus")] == [200, 404]


@pytest.mark.parametrize("is_shown", [False, True])
def test_the_page_says_that_it_is_no_bill_and_who_sees_it(member, provider, is_shown):
    provider.policy(showback=is_shown)
    answer = everything().get(url(member))
    assert [text(badge) for badge in answer.context["badges"]] == ["not a bill"]
    words = "The member sees" if is_shown else "members see nothing of it"
    assert words in answer.content.decode()
    table = panel(answer.context["panels"], "What was used, and what it costs the payer")
    assert rows(table) == [
        ["M", "=disk", "1", "1", "2.00", "1.00", "1.00"],
        ["M", "compute", "2", "6", "1.999998", "0.999999", "0.999999"],
    ]
    assert text(table.footer[-1]) == "1.999999 CNY"
    assert Decimal("1.999999") == Decimal("1") + Decimal("0.999999")


def test_the_page_needs_a_permission_and_a_month(member):
    assert door("billing.view_bill").get(url(member)).status_code == 403
    assert everything().get(url(member, month="May")).status_code == 404
    account = everything().get(page_url(member)).context["panels"]
    shown = panel(account, "Showback")
    assert rows(shown) == [["2024-05"]]
    assert f'href="{url(member)}"' in str(shown.rows[0][0])
