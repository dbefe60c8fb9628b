"""Accounts as of any instant: terms from the dates of relationships, funds from movements (F10)."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from finance_mgmt import queries
from finance_mgmt.enums import Mode
from finance_mgmt.errors import FinanceError
from finance_mgmt.models import Account
from finance_mgmt.queries import past
from finance_mgmt.services import cash, credit
from tests.api.door import user_of
from tests.finance_mgmt.admin_door import door, text
from tests.provider import at

pytestmark = pytest.mark.django_db

MAY = ("finance_mgmt.view_account", "finance_mgmt.view_movement")
DAY = timedelta(days=1)


@pytest.mark.rule("F10")
def test_figures_of_the_past_are_what_was_stored_then(provider):
    """A history at random: after each command the stored figures are kept, and found again."""
    chance = random.Random(7350)
    master = provider.account("M", credit_limit="500", cash_amount="300")
    member = provider.account("G", credit_limit="50", cash_amount="20")
    grants = ("view_finances", "share_credit")
    provider.link(master, member, at("2024-03-01"), mode=Mode.MANAGEMENT, grants=grants)
    ids = [master.pk, member.pk]
    kept = {}
    for day in range(40):
        when = at("2024-03-02") + day * DAY
        said = provider.said(when)
        pair = {"master": master, "member": member, "amount": Decimal(chance.randint(1, 60))}
        command = chance.choice([credit.allocate, credit.reclaim, cash.transfer, cash.take_back])
        try:
            command(**pair, **said)
        except FinanceError:
            account = chance.choice([master, member])
            cash.top_up(account=account, amount=pair["amount"], reason="", **said)
        kept[when] = queries.figures_of(ids, when)

    assert {when: past.figures_at(ids, when) for when in kept} == kept
    middle = at("2024-03-02") + DAY / 2
    assert past.figures_at(ids, middle) == kept[at("2024-03-02")]
    assert past.figures_at(ids, at("2019-01-01"))[master.pk].cash == 0


@pytest.fixture
def group(provider):
    """A in trusteeship of M from May 2 on, with a top-up each side of May 3."""
    master = provider.account("M", credit_limit="100")
    member = provider.account("A", cash_amount="5")
    provider.account("X")
    link = provider.link(master, member, at("2024-05-02"))
    for day in ("2024-05-01", "2024-05-04"):
        cash.top_up(account=member, amount=Decimal(1), reason="", **provider.said(at(day)))
    return link


def test_the_page_says_who_paid_then_and_by_which_rule(group):
    account = Account.objects.get(number="A")
    browser = door(*MAY)
    url = reverse("admin:finance_mgmt_account_as_of", args=[account.pk])

    assert browser.get(url).context["panels"] == []
    then = browser.get(url, {"at_0": "2024-05-03", "at_1": "12:00:00"}).context["panels"]
    before = browser.get(url, {"at_0": "2024-05-01", "at_1": "12:00:00"}).context["panels"]

    assert text(then[0].context["title"]) == "M pays for A as of 2024-05-03 12:00."
    assert text(before[0].context["title"]) == "A pays for A as of 2024-05-01 12:00."
    payer = [text(cell) for cell in then[2].rows[0]]
    assert [payer[0], payer[3]] == ["Payer", "C1"]
    assert text(then[1].facts[1].value) == "6.00 CNY"


@pytest.mark.parametrize("asked", [{"at_0": "x", "at_1": ""}, {"at_0": "2024-05-03"}])
def test_what_is_no_instant_is_told_on_the_form(asked, group):
    account = Account.objects.get(number="A")
    page = door(*MAY).get(reverse("admin:finance_mgmt_account_as_of", args=[account.pk]), asked)

    assert (page.status_code, page.context["panels"]) == (200, [])
    assert list(page.context["form"].errors) == ["at"]


def test_the_page_is_for_those_who_may_see_movements(group):
    url = reverse("admin:finance_mgmt_account_as_of", args=[Account.objects.get(number="A").pk])

    assert door("finance_mgmt.view_account").get(url).status_code == 403


def owner_of(number):
    account = Account.objects.get(number=number)
    return user_of(account)


def test_the_api_gives_the_funds_of_then(group):
    owner = owner_of("A")

    def cash_at(when):
        found = owner.get("accounts/A/funds", {"at": when})
        named = {one["name"]: one["amount"] for one in found.json()["figures"]}
        return found.json()["at"], named["cash"]

    assert cash_at("2024-05-03T12:00:00+08:00") == ("2024-05-03T04:00:00Z", "6.00")
    assert cash_at("2024-05-04T00:00:00+08:00") == ("2024-05-03T16:00:00Z", "7.00")
    assert owner.get("accounts/A/funds", {"at": "yesterday"}).status_code == 422


@pytest.mark.rule("Z6")
def test_a_master_does_not_see_what_its_member_had_before(group):
    master = owner_of("M")
    path = "accounts/A/funds"

    assert master.get("accounts/A/terms", {"at": "2024-05-03T00:00:00Z"}).status_code == 200
    assert master.get("accounts/A/terms", {"at": "2024-05-01T00:00:00Z"}).status_code == 404
    assert master.get(path, {"at": "2024-05-01T00:00:00Z"}).status_code == 404
    assert master.get(path).status_code == master.get(path, {"at": "2024-05-03T00:00Z"}).status_code
