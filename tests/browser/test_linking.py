"""Linking a member in Chromium: the wizard refuses with three reasons, then links."""

from decimal import Decimal

import pytest
from django.urls import reverse

from finance_mgmt.models import Account, Relationship
from finance_mgmt.services import credit
from tests.finance_mgmt.admin_door import list_url, page_url

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def choose(page, field: str, number: str) -> None:
    page.locator(f"#select2-id_{field}-container").click()
    page.locator(".select2-search__field").fill(number)
    page.locator(".select2-results__option", has_text=number).first.click()


def fill_in(page, master: str, member: str, mode: str) -> None:
    choose(page, "master", master)
    choose(page, "member", member)
    page.get_by_role("radio", name=mode).check()


def test_the_wizard_refuses_with_three_reasons_then_links(page, provider):
    master = provider.account("ACME-HQ")
    member = provider.account("ACME-SHOP", identity=None)
    provider.link(provider.account("OTHER", credit_limit="5"), provider.account("X-1"))
    page.goto(list_url(Relationship))
    page.get_by_role("link", name="Link a member").click()
    page.wait_for_url(f"**{reverse('admin:finance_mgmt_relationship_link')}")
    fill_in(page, "ACME-HQ", "ACME-SHOP", "trusteeship")
    page.get_by_role("button", name="Preview").click()
    refusal = page.get_by_role("alert")
    assert refusal.get_by_role("heading").inner_text() == "It can't be done, for 2 reasons"
    row = Account.objects.filter(pk=member.pk)
    row.update(identity=provider.account("Y", identity="Other Ltd").identity, channel="reseller")
    page.get_by_role("button", name="Preview").click()
    refusal.get_by_text("for 3 reasons").wait_for()
    codes = refusal.locator("li").evaluate_all("found => found.map(one => one.dataset.code)")
    assert codes == ["identities_differ", "member_is_reseller", "master_has_no_credit_line"]
    row.update(identity=master.identity, channel="direct")
    credit.set_limit(account=master, limit=Decimal(1000), reason="", **provider.said())
    page.get_by_role("button", name="Preview").click()
    page.locator("#terms").wait_for()
    payer = page.locator("#terms tbody tr").first.locator("td").all_inner_texts()
    assert payer[1:4] == ["Payer", "itself", "ACME-HQ"]
    assert Relationship.objects.count() == 1
    page.get_by_role("button", name="Link a member").dblclick()
    page.get_by_text("The member is linked.").first.wait_for()
    link = Relationship.objects.get(master=master)
    assert (link.state, page.url.endswith(page_url(link))) == ("active", True)


def test_going_back_keeps_what_was_filled_in(page, provider):
    provider.account("M", credit_limit="5")
    provider.account("T")
    page.goto(reverse("admin:finance_mgmt_relationship_link"))
    fill_in(page, "M", "T", "management")
    page.get_by_role("checkbox", name="view bills see bills").check()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Change").click()
    assert page.get_by_role("checkbox", name="view bills see bills").is_checked()
    assert page.get_by_role("radio", name="management").is_checked()
    assert Relationship.objects.count() == 0
