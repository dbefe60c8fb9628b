"""A manual line on the open bill, from the page of an account (B2, B4)."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import Charge
from finance_mgmt import periods, queries
from finance_mgmt.clock import now
from finance_mgmt.enums import Mode
from tests.finance_mgmt.admin_door import door, everything, facts, page_url, panel, rows
from tests.finance_mgmt.command_door import address, confirm, decided, preview, reasons

pytestmark = pytest.mark.django_db

VIEW, MAY = "finance_mgmt.view_account", "finance_mgmt.adjust"
FILLED = {"amount": "-12.505", "reason": "outage of 7 May"}


@pytest.fixture
def group(provider):
    master = provider.account("M", credit_limit="500", cash_amount="100")
    member = provider.account("T")
    provider.link(master, member)
    return master, member


def lines() -> list[tuple]:
    row = ("owner__number", "payer__number", "payable_amount", "reason")
    return list(Charge.objects.order_by("id").values_list(*row))


@pytest.mark.rule("Z6")
def test_it_needs_a_permission_of_its_own(group):
    url = address(group[1], "adjust")
    answers = (
        Client().get(url).status_code,
        door(VIEW, "finance_mgmt.settle", "finance_mgmt.top_up").get(url).status_code,
        door(MAY).get(url).status_code,
        door(VIEW, MAY).get(url).status_code,
    )
    assert answers == (302, 403, 403, 200)
    assert confirm(door(VIEW), url, **FILLED).status_code == 403
    seen = [url in door(*given).get(page_url(group[1])).content.decode()
            for given in ((VIEW,), (VIEW, MAY))]  # fmt: skip
    assert (seen, lines()) == ([False, True], [])


@pytest.mark.rule("B4")
def test_beside_the_form_stand_the_payer_and_its_figures(group):
    answer = everything().get(address(group[1], "adjust"))
    assert facts(answer.context["panels"][0]) == {
        "payer": "M",
        "currency": "CNY",
        "available": "600.00 CNY",
        "cash": "100.00 CNY",
        "unsettled": "0.00 CNY",
    }
    assert "(B2)" in answer.content.decode()


@pytest.mark.rule("L12", "B2", "B3", "B4")
def test_the_preview_says_whose_bill_and_what_changes(group):
    answer = preview(everything(), address(group[1], "adjust"), **FILLED)
    policy = queries.policy()
    month = periods.month_of(now() - policy.close_after, policy.zone)
    shown = answer.context["panels"]
    assert facts(panel(shown, "The line")) == {
        "payer": "M M",
        "month": f"{month:%Y-%m}",
        "amount": "-12.505 CNY",
    }
    assert rows(panel(shown, "Figures")) == [
        ["M", "Available", "600.00 CNY", "612.505 CNY", "F3"],
        ["", "Unsettled", "0.00 CNY", "-12.505 CNY", "F1"],
    ]
    assert not answer.context["needs_second"]
    assert lines() == []


@pytest.mark.rule("F11", "B2", "B4")
def test_two_clicks_make_one_line(group):
    browser, url = everything(), address(group[1], "adjust")
    for _click in range(2):
        answer = confirm(browser, url, **FILLED)
        assert (answer.status_code, answer.url) == (302, page_url(group[1]))
    assert lines() == [("T", "M", Decimal("-12.505"), "outage of 7 May")]
    assert decided("adjustments.adjust") == 1
    reused = confirm(browser, url, amount="1", reason="another")
    assert (reasons(reused), len(lines())) == ([("F11", "key_reused")], 1)


@pytest.mark.rule("B2")
def test_a_refusal_is_shown_before_and_after(group):
    for step in (preview, confirm):
        answer = step(everything(), address(group[0], "adjust"), amount="0", reason="x")
        assert reasons(answer) == [("B2", "bad_amount")]
    assert lines() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        *(({"amount": amount}, "amount") for amount in ("", "ten", "1e400", "1,0", "9" * 50)),
        *(({"reason": reason}, "reason") for reason in ("", "  ", "x" * 201)),
    ],
)
def test_a_malformed_form_is_marked(changes, field, group):
    for step in (preview, confirm):
        answer = step(everything(), address(group[0], "adjust"), **FILLED | changes)
        assert list(answer.context["form"].errors) == [field]
    assert lines() == []


@pytest.mark.rule("Z7")
def test_no_second_person_is_asked(group, provider):
    """Z7 names what needs one; an adjustment is not among it."""
    provider.policy(four_eyes_above=Decimal(1))
    confirm(everything(), address(group[0], "adjust"), amount="1000", reason="set-up")
    assert lines() == [("M", "M", 1000, "set-up")]


def test_a_form_asks_a_fixed_number_of_questions(group, provider):
    browser, counted = everything(), []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            browser.get(address(group[0], "adjust"))
        counted.append(len(queries))
        provider.link(group[0], provider.account(f"more-{number}"), mode=Mode.MANAGEMENT)
    assert counted[0] == counted[1]
