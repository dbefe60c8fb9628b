"""Allocating credit in Chromium, and a second person who approves."""

from decimal import Decimal

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from finance_mgmt.enums import Mode, Permission
from finance_mgmt.models import Account, Approval
from tests.finance_mgmt.admin_door import list_url, page_url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def master(provider):
    """A master with three members in management."""
    account = provider.account("M", credit_limit="1000")
    grants = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)
    for number in range(3):
        member = provider.account(f"G-{number}")
        provider.link(account, member, mode=Mode.MANAGEMENT, grants=grants)
    return account


def allocated() -> list[Decimal]:
    members = Account.objects.filter(number__startswith="G-").order_by("number")
    return [one.funds.allocated_in for one in members.select_related("funds")]


def ask(page, master, **amounts: str) -> None:
    page.goto(page_url(master))
    page.get_by_role("link", name="Allocate credit").first.click()
    for name, amount in amounts.items():
        page.get_by_label(f"Amount for {name.replace('_', '-')}").fill(amount)


def test_credit_goes_to_two_members_at_once(page, master):
    ask(page, master, G_0="600", G_2="250.50")
    assert page.locator("[data-sum=plus]").inner_text() == "850.50"
    page.get_by_role("button", name="Preview").click()
    page.locator("#moves").wait_for()
    moves = page.locator("#moves tbody tr")
    assert moves.count() == 2
    assert allocated() == [0, 0, 0]
    page.get_by_role("button", name="Allocate credit").dblclick()
    page.get_by_text("The credit is moved.").first.wait_for()
    assert allocated() == [600, 0, Decimal("250.5")]


def test_a_second_person_approves(page, master, provider, live_server):
    provider.policy(four_eyes_above=Decimal("100"))
    ask(page, master, G_0="600")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Ask for approval").click()
    page.get_by_text("It was sent to be approved by a second person.").first.wait_for()
    assert page.get_by_role("link", name="Approve", exact=True).count() == 0
    assert allocated() == [0, 0, 0]
    client = Client()
    client.force_login(User.objects.create_superuser("checker"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}
    page.context.add_cookies([cookie])
    page.goto(list_url(Approval))
    page.locator("#result_list").get_by_role("link", name="Allocate credit to members").click()
    page.get_by_role("link", name="Approve", exact=True).click()
    page.get_by_role("textbox", name="Comment").fill("seen")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Approved and carried out.").first.wait_for()
    assert allocated() == [600, 0, 0]
    assert Approval.objects.get().decided_by == "checker"
