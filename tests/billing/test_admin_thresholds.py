"""Thresholds and the runway in the admin and in the API (W1-W5)."""

from decimal import Decimal

import pytest
from django.urls import reverse

from billing.admin import thresholds
from billing.models import Threshold
from billing.services import resources, warnings
from finance_mgmt.clock import now
from tests.api.door import staff as caller
from tests.finance_mgmt.admin_door import door, everything, facts, page_url, panel, rows
from tests.finance_mgmt.command_door import address, confirm, preview
from tests.provider import at

pytestmark = pytest.mark.django_db

BULK = f"admin:{thresholds.ADDRESS}"


def stored() -> list[tuple]:
    found = Threshold.objects.order_by("account__number", "kind", "amount")
    return [(one.account.number, one.kind, one.amount) for one in found]


@pytest.mark.rule("W1")
def test_one_accounts_thresholds_are_shown_previewed_and_set(provider):
    account = provider.account("A")
    warnings.set_thresholds(account=account, warn_below=[Decimal(5)], **provider.said())
    browser, url = everything(), address(account, "thresholds")
    form = browser.get(url).context["form"]
    assert form.initial["warn_below"] == "5.00"
    given = {"warn_below": "100.00 20.00;20", "warn_spend": "1,000.00"}
    page = preview(browser, url, **given)
    assert [row[1:] for row in rows(page.context["panels"][0])] == [
        ["available funds", "5.00", "20.00 , 100.00"],
        ["spending of the month", "–", "1,000.00"],
    ]
    assert stored() == [("A", "low_funds", 5)]
    assert confirm(browser, url, **given).status_code == 302
    assert stored() == [
        ("A", "low_funds", 20),
        ("A", "low_funds", 100),
        ("A", "spending", 1000),
    ]
    assert confirm(door("finance_mgmt.view_account"), url, **given).status_code == 403


@pytest.mark.rule("W1")
def test_many_accounts_are_set_at_once(provider):
    master, member, lone = (provider.account(name) for name in ("HQ", "A", "B"))
    provider.account("untouched")
    provider.link(master, member, mode="management")
    browser, url = everything(), reverse(BULK)
    given = {"accounts": [lone.pk], "master": master.pk, "warn_below": "50", "warn_spend": ""}
    page = preview(browser, url, **given)
    assert [row[0] for row in rows(page.context["panels"][0])] == ["A A", "A A", "B B", "B B"]
    assert confirm(browser, url, **given).status_code == 302
    assert stored() == [("A", "low_funds", 50), ("B", "low_funds", 50)]


@pytest.mark.parametrize(
    "given",
    [{"warn_below": "50"}, {"warn_below": "a lot"}, {"warn_below": "1 2 3 4 5 6 7 8 9 0 11"}],
)
def test_what_can_not_be_read_is_asked_again(provider, given):
    answer = confirm(everything(), reverse(BULK), **given)
    assert (answer.status_code, answer.context["form"].is_valid()) == (200, False)
    assert stored() == []


@pytest.mark.rule("W1", "R3")
def test_the_pace_stands_on_the_accounts_page_and_in_the_api(provider):
    master = provider.account("HQ", credit_limit="100")
    member = provider.account("A")
    provider.link(master, member)
    product = provider.product("ecs")
    resources.start(account=member, code="i-1", product=product, **provider.said())
    provider.use(member, product, "20", at("2024-05-10 10:00"))
    provider.jobs(at("2024-05-11 09:00"))
    browser = everything()
    page = browser.get(page_url(master)).context["panels"]
    found = facts(panel(page, "At this pace"))
    assert found == {"per day": "20.00 CNY", "funds last": "4 days", "then these stop": "A: i-1"}
    page = browser.get(page_url(member)).context["panels"]
    assert facts(panel(page, "At this pace")) == {"funds that decide": "HQ HQ"}

    api = caller("finance_mgmt.view_funds")
    body = api.get("accounts/HQ/runway").json()
    body["runs_out_at"] = body["at"] = ""
    assert body == {
        "account": "HQ",
        "currency": "CNY",
        "at": "",
        "is_decided_by_master": False,
        "available": "80.00",
        "per_day": "20.00",
        "days": 1,
        "days_left": 4,
        "runs_out_at": "",
        "stop_count": 1,
        "stops": [{"account": "A", "resources": ["i-1"]}],
    }
    body = api.get("accounts/A/runway").json()
    assert (body["is_decided_by_master"], body["available"], body["stops"]) == (True, None, [])
    assert now() > at("2024-05-11 09:00")
