"""Days of finance staff, in both languages: each main task once, by preview and confirmation."""

from decimal import Decimal

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from billing.models import Bill, Commitment, Discount, Order, Price, Threshold, Voucher
from finance_mgmt.admin.command_pages import url
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.models import Account, Approval, Relationship
from invoicing.models import CreditNote, Invoice
from simulation.models import WhatIf
from tests.billing.shop import Shop, at
from tests.browser.desk import HAN, Desk
from tests.finance_mgmt.admin_door import list_url, page_url
from tests.invoicing.office import JUNE_2, Office

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

SHARING = (Permission.VIEW_FINANCES, Permission.SHARE_CREDIT)


@pytest.fixture
def desk(page, tongue):
    return Desk(page, tongue)


def new(name: str) -> str:
    return reverse(f"admin:{name}")


def link_of(number: str) -> Relationship:
    return Relationship.objects.filter(member__number=number).latest("id")


def funds_of(number: str) -> dict[str, Decimal]:
    funds = Account.objects.select_related("funds").get(number=number).funds
    names = ("cash", "transferred_in", "allocated_in", "allocated_out")
    return {name: getattr(funds, name) for name in names if getattr(funds, name)}


def sit_down(page, live_server, name: str) -> None:
    """Somebody else at the same desk."""
    client = Client()
    client.force_login(User.objects.create_superuser(name))
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}
    page.context.add_cookies([cookie])


def test_a_group_is_linked_moved_given_credit_and_cash_upgraded_and_ended(
    desk, provider, live_server
):
    provider.policy(four_eyes_above=Decimal(100_000))
    master = provider.account("M", credit_limit="1000", cash_amount="500")
    provider.account("N", credit_limit="1000")
    provider.account("T")
    managed = provider.account("G")
    provider.link(master, managed, mode=Mode.MANAGEMENT, grants=SHARING)

    desk.do(new("finance_mgmt_relationship_link"), master="M", member="T", mode="trusteeship")
    assert link_of("T").state == "active"
    desk.do(url(link_of("T"), "move"), master="N", has_consented=True)
    assert link_of("T").master.number == "N"

    desk.page.goto(url(master, "allocate"))
    allocate(desk, "300")
    allocate(desk, "-100")
    assert funds_of("G") == {"allocated_in": 200}
    desk.do(url(master, "transfer"), member="G", amount="50", reason="start")
    desk.do(url(master, "take-back"), member="G", amount="20", reason="too much")
    assert funds_of("G") == {"cash": 30, "transferred_in": 30, "allocated_in": 200}

    upgrade = url(link_of("G"), "upgrade")
    assert desk.refused(upgrade, has_consented=True) == ["credit_not_reclaimed"]
    allocate(desk, "-200")
    desk.do(upgrade, has_consented=True)
    assert link_of("G").mode == "trusteeship"

    desk.do(url(link_of("T"), "end"))
    asked = Approval.objects.get()
    assert (link_of("T").state, asked.state) == ("active", "waiting")
    sit_down(desk.page, live_server, "checker")
    desk.do(url(asked, "approve"), comment="ok")
    assert link_of("T").state == "ended"


def allocate(desk: Desk, amount: str) -> None:
    page = desk.page
    page.goto(url(Account.objects.get(number="M"), "allocate"))
    page.locator(".bo-cell").first.fill(amount)
    page.locator("button[value=preview]").click()
    page.locator("#moves").wait_for()
    with page.expect_navigation():
        page.locator("button[value=confirm]").click()


def test_an_order_is_placed_repriced_paid_and_refunded_and_promises_are_made(desk, db):
    shop = Shop()
    account = shop.account("A", cash_amount="500", credit_limit="100")
    shop.account("B")
    shop.prepaid("vm-month")
    shop.product("ecs")

    desk.do(
        new("billing_order_place"),
        number="O-1",
        account="A",
        product="vm-month",
        list_amount="120",
        is_paid=False,
    )
    order = Order.objects.get()
    desk.do(url(order, "override-price"), amount="99.50")
    desk.do(url(order, "pay"))
    order.refresh_from_db()
    assert (order.status, order.payable_amount) == ("paid", Decimal("99.50"))
    desk.do(url(order, "refund"), amount="10")
    order.refresh_from_db()
    assert (order.status, order.refunded_amount) == ("partly refunded", 10)

    desk.do(new("billing_voucher_issue"), code="V-1", owner="A", face_value="50", share="private")
    voucher = Voucher.objects.get()
    desk.do(url(voucher, "share"), share="listed_members", members="B")
    assert list(voucher.members.values_list("number", flat=True)) == ["B"]
    desk.do(new("billing_discount_give"), owner="A", product="ecs", rate="85")
    assert Discount.objects.get().rate == Decimal("0.85")
    desk.do(
        new("billing_commitment_new"),
        code="RI-1",
        owner="A",
        kind="reserved_instance",
        product="ecs",
        quantity="2",
    )
    desk.do(url(Commitment.objects.get(), "share"), is_shared=True)
    assert Commitment.objects.get().is_shared
    desk.do(new("billing_price_set"), product="ecs", unit_price="1.25")
    assert Price.objects.latest("id").unit_price == Decimal("1.25")
    desk.do(url(account, "thresholds"), warn_below="100 50", warn_spend="1000")
    assert sorted(Threshold.objects.values_list("amount", flat=True)) == [50, 100, 1000]


@pytest.fixture
def office(transactional_db):
    """A master, two members in trusteeship, one in management with a credit line: May was used."""
    office = Office()
    office.policy(payment_days=3000)
    master = office.account("HQ", cash_amount="500", credit_limit="1000")
    vm = office.product("vm")
    for number in ("T-1", "T-2"):
        member = office.account(number)
        office.link(master, member, at("2024-05-01"))
        office.use(member, vm, "106", at("2024-05-02 08:10"))
    managed = office.account("G", credit_limit="100")
    office.link(master, managed, at("2024-05-01"), mode=Mode.MANAGEMENT)
    office.use(managed, vm, "9", at("2024-05-02 08:10"))
    office.start_closing(at("2024-05-01"))
    return office


def test_a_month_is_closed_settled_invoiced_and_corrected(desk, office, work):
    close = new("billing_closedthrough_close")
    desk.do(close, through_0="2024-06-01", through_1="00:00")
    work()
    office.jobs(JUNE_2)  # what beat would do next: the bills
    bill, managed = Bill.objects.get(payer__number="HQ"), Bill.objects.get(payer__number="G")
    assert (bill.on_credit, managed.on_credit) == (212, 9)

    desk.do(url(bill, "settle"), amount="112")
    desk.do(url(link_of("G"), "unified-settlement"), is_on=True, has_consented=True)
    desk.do(url(managed, "settle-for"))
    outstanding = dict(Bill.objects.values_list("payer__number", "outstanding"))
    assert outstanding == {"HQ": 100, "G": 0}

    page, master = desk.page, Account.objects.get(number="HQ")
    page.goto(reverse("admin:invoicing_invoice_issue", args=[master.pk]))
    desk.speaks()
    page.locator("button[value=preview]").click()
    with page.expect_navigation():
        page.locator("button[value=confirm]").click()
    invoice = Invoice.objects.get()
    owners = set(invoice.lines.values_list("owner_number", flat=True))
    assert (invoice.total, owners) == (212, {"T-1", "T-2"})  # a combined one
    file = page.locator("#documents a").first.get_attribute("href")
    assert page.request.get(file).ok
    desk.do(url(invoice, "credit"), how="amount", amount="12", reason="an outage")
    assert CreditNote.objects.get().total == 12


def test_lists_and_pages_speak_the_readers_language(desk, provider):
    provider.account("A")
    for model in (Account, Order, Voucher, Bill, Invoice, Approval):
        desk.page.goto(list_url(model))
        heads = [text for text in desk.page.locator("thead th").all_inner_texts() if text.strip()]
        assert {bool(HAN.search(one)) for one in heads} <= {desk.tongue == "zh-hans"}, heads
    desk.page.goto(page_url(Account.objects.get()))
    titles = desk.page.locator(".bo-panel-head h3").all_inner_texts()
    assert {bool(HAN.search(one)) for one in titles} == {desk.tongue == "zh-hans"}, titles


def test_what_would_have_been_is_asked(desk, office):
    office.jobs(JUNE_2)
    desk.page.goto(reverse("admin:simulation_whatif_ask"))
    desk.speaks()
    for name, value in {
        "account": "T-1",
        "first": "2024-05",
        "change": "link",
        "member": "G",
        "master": "HQ",
        "mode": "trusteeship",
    }.items():
        desk.fill(name, value)
    desk.page.locator(".bo-form-foot button[type=submit]").click()
    desk.page.wait_for_url("**/simulation/whatif/*/change/")
    asked = WhatIf.objects.get()
    assert asked.question["change"]["link"]["member"] == "G"
    assert bool(HAN.search(desk.page.locator(".bo-panel-head h3").first.inner_text())) == (
        desk.tongue == "zh-hans"
    )
