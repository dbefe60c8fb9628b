"""What is told names whom it is about: the member a master pays for, the months past due."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

from billing.services import resources
from finance_mgmt.services import cash
from finance_mgmt.services.cash import CashRefused
from tests.finance_mgmt.admin_door import everything
from tests.provider import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def master(provider):
    found = provider.account("M", credit_limit="1000", cash_amount="50")
    product = provider.product("compute", unit_price="1")
    for number in ("T-1", "T-2"):
        member = provider.account(number)
        provider.link(found, member)
        provider.use(member, product, "7", at("2024-05-10 14:20"))
    provider.jobs(at("2024-06-02 00:00"))
    return found


@pytest.mark.rule("B4", "Z8")
def test_what_a_master_pays_for_a_member_names_the_member(master):
    address = reverse("admin:finance_mgmt_account_timeline", args=[master.pk])
    with translation.override("en"):
        events = everything().get(address).context["panels"][0].context["events"]
        closed = [one for one in events if one["title"] == "Cycles closed"]
        assert sorted(one["other"] for one in closed) == ["T-1", "T-2"]


@pytest.mark.rule("R3", "W2")
def test_a_members_timeline_tells_that_its_resources_stood_still(provider):
    """Only the master is told; whose resources they are is on both timelines."""
    master, member = provider.account("M", credit_limit="10"), provider.account("T")
    provider.link(master, member)
    product = provider.product("ecs", unit_price="1")
    said = provider.said(at("2024-05-01 10:00"))
    resources.start(account=member, code="i-1", product=product, **said)
    provider.use(member, product, "12", at("2024-05-10 14:20"))
    provider.jobs(at("2024-05-10 16:00"))
    resources.review(by="job:resources", at=at("2024-05-10 16:01"))
    told = {}
    for account in (master, member):
        address = reverse("admin:finance_mgmt_account_timeline", args=[account.pk])
        events = everything().get(address).context["panels"][0].context["events"]
        told[account.number] = [
            (str(one["what"]), one["other"]) for one in events if "suspended" in str(one["what"])
        ]
    assert told == {
        "M": [("resources were suspended", "T")],
        "T": [("resources were suspended", "M")],
    }


@pytest.mark.rule("F7")
def test_who_is_in_arrears_is_told_which_months(master, provider):
    with pytest.raises(CashRefused) as refusal:
        cash.withdraw(
            account=master, amount=Decimal(1), reason="", **provider.said(at("2024-08-01"))
        )
    found = {one.code: one.facts for one in refusal.value.reasons}
    assert found["in_arrears"]["bills_past_due"] == ["2024-05"]
