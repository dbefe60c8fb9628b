"""What is told names whom it is about: the member a master pays for, the months past due."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import translation

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


@pytest.mark.rule("F7")
def test_who_is_in_arrears_is_told_which_months(master, provider):
    with pytest.raises(CashRefused) as refusal:
        cash.withdraw(
            account=master, amount=Decimal(1), reason="", **provider.said(at("2024-08-01"))
        )
    found = {one.code: one.facts for one in refusal.value.reasons}
    assert found["in_arrears"]["bills_past_due"] == ["2024-05"]
