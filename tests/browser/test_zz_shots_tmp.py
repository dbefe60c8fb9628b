import os
from datetime import timedelta
from decimal import Decimal
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from finance_mgmt.clock import now
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.models import *
from finance_mgmt.services import *
from billing.models import Order
from tests.billing.shop import Shop
from tests.finance_mgmt.admin_door import list_url, page_url
from tests.finance_mgmt.command_door import address
from .test_linking import fill_in, choose
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANG = os.environ.get("SHOT_LANG", "en")
DARK = os.environ.get("SHOT_DARK") == "1"

def test_shots(page, provider, live_server):
    shop = Shop(); shop._numbers = iter(range(10000, 99999))
    if LANG != "en":
        page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": LANG, "url": live_server.url}])
    n = iter(range(1, 99))
    def shot(name):
        page.wait_for_timeout(250)
        page.screenshot(path=f"/tmp/shots2/{LANG}-{'dark' if DARK else 'light'}-{name}.png", full_page=True)
    if DARK: page.emulate_media(color_scheme="dark")
    hq = shop.account("ACME-HQ", credit_limit="500000", cash_amount="12000")
    Account.objects.filter(pk=hq.pk).update(name="Acme Holding")
    names = ["Acme Logistics", "Acme Retail", "Acme Research", "Acme Media", "Acme Games"]
    grants = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)
    links = []
    for i, nm in enumerate(names):
        m = shop.account(f"ACME-{i+1:02}", cash_amount="200")
        Account.objects.filter(pk=m.pk).update(name=nm)
        links.append(shop.link(hq, m, mode=Mode.MANAGEMENT, grants=grants if i != 3 else ()))
    t = shop.account("ACME-SHOP", cash_amount="900", credit_limit="100")
    Account.objects.filter(pk=t.pk).update(name="Acme Web Shop")
    bad = shop.account("RIVAL-1", identity="Rival Ltd", channel="reseller")
    poor = shop.account("ACME-NEW")
    vm = shop.prepaid("vm")
    shop.order(t, vm, "300", now() - timedelta(days=3), number="SO-1", months=2)
    shop.voucher(t, "50", code="SPRING", when=now() - timedelta(days=9))
    day = shop.product("db", cycle="day"); hour = shop.product("cdn", cycle="hour")
    shop.use(t, day, "1", now() - timedelta(hours=1)); shop.use(t, hour, "1", now() - timedelta(minutes=30))
    page.goto(list_url(Relationship)); shot("01-relationships")
    page.goto(reverse("admin:finance_mgmt_relationship_link")); shot("02-wizard")
    choose(page, "master", "ACME-NEW"); choose(page, "member", "RIVAL-1"); page.locator("input[name=mode]").first.check()
    page.locator("button[value=preview]").click(); page.wait_for_load_state(); shot("03-refused")
    choose(page, "master", "ACME-HQ"); choose(page, "member", "ACME-SHOP"); page.locator("input[name=mode]").first.check()
    page.locator("input[name=has_acknowledged]").check()
    page.locator("button[value=preview]").click(); page.wait_for_load_state(); shot("04-preview")
    page.locator("button[value=confirm]").click(); page.wait_for_load_state(); shot("05-linked")
    provider_policy = shop.policy(four_eyes_above=Decimal("1000"))
    page.goto(address(hq, "allocate"))
    page.locator("input.bo-cell").nth(0).fill("60000"); page.locator("input.bo-cell").nth(1).fill("25,000.50"); page.locator("input.bo-cell").nth(2).fill("-5")
    shot("06-allocate")
    page.locator("input.bo-cell").nth(2).fill("")
    page.locator("button[value=preview]").click(); page.wait_for_load_state(); shot("07-allocate-preview")
    page.locator("button[value=confirm]").click(); page.wait_for_load_state(); shot("08-approval")
    page.goto(list_url(Approval)); shot("09-approvals")
    page.goto(page_url(hq)); shot("10-account")
    page.goto(address(hq, "credit-limit")); shot("11-limit")
    page.goto(address(hq, "withdraw")); page.fill("[name=amount]", "999999"); page.fill("[name=reason]", "x"); page.locator("button[value=preview]").click(); page.wait_for_load_state(); shot("12-withdraw-refused")
    page.goto(reverse("admin:finance_mgmt_account_timeline", args=[t.pk])); shot("13-timeline")
    page.goto(page_url(Order.objects.get())); shot("14-order")
    shop.policy(four_eyes_above=None)
    later = {"effective_at": now() + timedelta(days=3), **shop.said(now())}
    from finance_mgmt.services import changes
    changes.end(relationship=links[3], **later)
    shop.link(hq, bad.__class__.objects.get(number="ACME-NEW"), now(), mode=Mode.MANAGEMENT)
    page.goto(reverse("admin:finance_mgmt_relationship_planned")); shot("15-planned")
    page.goto(page_url(links[0])); shot("16-relationship")
    page.goto(address(links[0], "end")); shot("17-end")
