"""Money commands on the page of an account."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from finance_mgmt.enums import Mode
from finance_mgmt.models import Approval
from tests.finance_mgmt.admin_door import door, everything, page_url, panel, rows
from tests.finance_mgmt.command_door import address, confirm, preview, reasons

pytestmark = pytest.mark.django_db

VIEW = "finance_mgmt.view_account"
COMMANDS = {
    "top-up": "top_up",
    "withdraw": "withdraw",
    "credit-limit": "set_credit_limit",
    "transfer": "transfer",
    "take-back": "transfer",
}


@pytest.fixture
def group(provider):
    master = provider.account("M", cash_amount="100", credit_limit="500")
    member = provider.account("G")
    provider.link(master, member, mode=Mode.MANAGEMENT)
    return master, member


def values(name: str, member, amount: str) -> dict:
    filled = {"amount": amount, "limit": amount, "reason": "ticket 7", "member": member.pk}
    wanted = {"credit-limit": ("limit", "reason")}.get(name, ("amount", "reason", "member"))
    return {one: filled[one] for one in wanted}


@pytest.mark.rule("Z6")
@pytest.mark.parametrize(("name", "permission"), COMMANDS.items())
def test_each_needs_its_own_permission(name, permission, group):
    url = address(group[0], name)
    others = [f"finance_mgmt.{one}" for one in set(COMMANDS.values()) - {permission}]
    answers = (
        Client().get(url).status_code,
        door(VIEW, *others).get(url).status_code,
        door(f"finance_mgmt.{permission}").get(url).status_code,
        door(VIEW, f"finance_mgmt.{permission}").get(url).status_code,
    )
    assert answers == (302, 403, 403, 200)
    body = values(name, group[1], "1")
    assert confirm(door(VIEW, *others), url, **body).status_code == 403


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("amount", ["", "ten", "1e400", "1,0", "Infinity", "9" * 50])
def test_a_malformed_amount_is_marked(name, amount, group, provider):
    before = provider.stored(group[0])
    for step in (preview, confirm):
        answer = step(everything(), address(group[0], name), **values(name, group[1], amount))
        field = "limit" if name == "credit-limit" else "amount"
        assert list(answer.context["form"].errors) == [field]
    assert provider.stored(group[0]) == before


REFUSED = {
    "top-up": ("0", [("F10", "amount_not_positive")]),
    "withdraw": ("100.01", [("F7", "above_free_cash")]),
    "credit-limit": ("1.001", [("F10", "amount_too_precise")]),
    "transfer": ("100.01", [("F7", "above_free_cash")]),
    "take-back": ("1", [("F7", "above_transferred")]),
}


@pytest.mark.rule("F7", "F10")
@pytest.mark.parametrize(("name", "case"), REFUSED.items())
def test_a_refusal_is_shown_before_and_after(name, case, group, provider):
    amount, expected = case
    before = provider.stored(group[0])
    for step in (preview, confirm):
        answer = step(everything(), address(group[0], name), **values(name, group[1], amount))
        assert reasons(answer) == expected
    assert provider.stored(group[0]) == before


DONE = {
    "top-up": {"cash": "150", "credit_limit": "500"},
    "withdraw": {"cash": "50", "credit_limit": "500"},
    "credit-limit": {"cash": "100", "credit_limit": "50"},
    "transfer": {"cash": "50", "credit_limit": "500"},
}


@pytest.mark.rule("F11")
@pytest.mark.parametrize(("name", "expected"), DONE.items())
def test_two_clicks_have_one_effect(name, expected, group, provider):
    browser, body = everything(), values(name, group[1], "50")
    for _click in range(2):
        answer = confirm(browser, address(group[0], name), **body)
        assert (answer.status_code, answer.url) == (302, page_url(group[0]))
    stored = provider.stored(group[0])
    assert stored == {figure: Decimal(amount) for figure, amount in expected.items()}


def test_what_was_transferred_is_taken_back(group, provider):
    browser = everything()
    confirm(browser, address(group[0], "transfer"), **values("transfer", group[1], "50"))
    body = values("take-back", group[1], "20")
    assert confirm(browser, address(group[0], "take-back"), key="b", **body).status_code == 302
    assert provider.stored(group[1]) == {"cash": Decimal(30), "transferred_in": Decimal(30)}


@pytest.mark.rule("L12")
def test_the_preview_shows_the_figures(group, provider):
    answer = preview(everything(), address(group[0], "top-up"), **values("top-up", group[1], "50"))
    assert rows(panel(answer.context["panels"], "Figures")) == [
        ["M", "Available", "600.00 CNY", "650.00 CNY", "F3"],
        ["", "Cash", "100.00 CNY", "150.00 CNY", "F1"],
    ]
    assert provider.stored(group[0])["cash"] == 100


@pytest.mark.rule("Z7")
def test_a_large_limit_goes_to_a_second_person(group, provider):
    provider.policy(four_eyes_above=Decimal("1000"))
    browser, url = everything(), address(group[0], "credit-limit")
    assert "Above 1,000.00 a second person is needed." in browser.get(url).content.decode()
    body = values("credit-limit", group[1], "2000")
    assert preview(browser, url, **body).context["needs_second"]
    for _click in range(2):
        assert confirm(browser, url, **body).url == page_url(Approval.objects.get())
    asked = Approval.objects.get()
    assert (asked.arguments, asked.preview["would"]["changes"]["M"]["credit_limit"]) == (
        {"account": "M", "limit": "2000", "reason": "ticket 7"},
        {"before": "500.00", "after": "2000.00"},
    )
    assert provider.stored(group[0])["credit_limit"] == 500


def test_only_what_can_be_done_is_offered(group):
    def labels(account, browser) -> list[str]:
        return [str(one.label) for one in browser.get(page_url(account)).context["commands"]]

    assert labels(group[0], everything()) == [
        "Link a member",
        "Top up",
        "Withdraw",
        "Set credit limit",
        "Allocate credit",
        "Transfer cash",
        "Take cash back",
        "Create a member",
        *("Appoint a user", "Adjust the bill", "Thresholds", "Set the invoice title", "Park"),
        *("Timeline", "As of ...", "Customer group", "Issue an invoice", "What if?"),
    ]
    assert labels(group[1], everything()) == [
        *("Top up", "Withdraw", "Set credit limit"),
        *("Appoint a user", "Adjust the bill", "Thresholds", "Set the invoice title", "Park"),
        *("Timeline", "As of ...", "Issue an invoice", "What if?"),
    ]
    assert labels(group[0], door(VIEW)) == []


def test_a_form_asks_a_fixed_number_of_questions(group, provider):
    browser, counted = everything(), []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            browser.get(address(group[0], "transfer"))
        counted.append(len(queries))
        provider.link(group[0], provider.account(f"more-{number}"), mode=Mode.MANAGEMENT)
    assert counted[0] == counted[1]
