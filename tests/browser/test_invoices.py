"""From what can be invoiced to an invoice and its credit note, in Chromium."""

import os
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from finance_mgmt.enums import Mode, Permission
from invoicing.models import CreditNote, Invoice
from tests.billing.shop import at
from tests.invoicing.office import JUNE_2, Office

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MAY_2 = at("2024-05-02 08:10")


@pytest.fixture
def master(transactional_db):
    """A group with two members in trusteeship and one in management, billed for May."""
    office = Office()
    office.policy(payment_days=3000)
    account = office.account("ACME", cash_amount="500", credit_limit="1000")
    account.name = "Acme Group"
    account.save()
    vm, disk = office.product("vm"), office.product("disk", unit_price="1.005")
    office.tax("0.06")
    office.tax("0.13", disk)
    for name in ("ACME-1", "ACME-2"):
        member = office.account(name)
        office.link(account, member, at("2024-05-01"))
        office.use(member, vm, "106", MAY_2)
        office.use(member, disk, "22.6", MAY_2)
    managed = office.account("ACME-3", cash_amount="100")
    grants = (Permission.VIEW_BILLS, Permission.MANAGE_INVOICES)
    office.link(account, managed, at("2024-05-01"), mode=Mode.MANAGEMENT, grants=grants)
    office.use(managed, vm, "9", MAY_2)
    office.jobs(JUNE_2)
    office.use(account, vm, "5", at("2024-06-02 10:10"))
    return account


def shoot(page, name: str) -> None:
    """Keep a picture where SHOTS says."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_candidates_preview_invoice_credit_note(page, master):
    page.goto(reverse("admin:invoicing_invoice_issue", args=[master.pk]))
    shoot(page, "candidates")
    page.get_by_label("ACME-2").uncheck()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Tax by rate").wait_for()
    shoot(page, "preview")
    assert Invoice.objects.count() == 0
    page.get_by_role("button", name="Issue the invoice").dblclick()
    page.get_by_text("Invoice INV-000001 is issued.").first.wait_for()
    shoot(page, "invoice")
    invoice = Invoice.objects.get()
    assert (invoice.month, invoice.total) == (date(2024, 5, 1), Decimal("128.71"))
    page.get_by_role("link", name="Issue a credit note").first.click()
    page.get_by_label("The lines chosen below").check()
    page.get_by_label("ACME-1 · disk").check()
    page.get_by_label("Reason").fill("wrong product")
    shoot(page, "credit")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="What it takes from which line").wait_for()
    shoot(page, "credit-preview")
    page.get_by_role("button", name="Issue a credit note").click()
    page.get_by_text("Credit note CN-000001 is issued.").first.wait_for()
    shoot(page, "credited")
    note = CreditNote.objects.get()
    assert (note.total, note.tax_amount) == (Decimal("22.71"), Decimal("2.61"))


def test_a_member_in_management_is_invoiced_by_its_master_alone(page, master):
    page.goto(reverse("admin:invoicing_invoice_choose"))
    shoot(page, "choose")
    page.goto(reverse("admin:invoicing_invoice_issue", args=[master.pk]))
    page.locator("#managed").get_by_role("link", name="choose what").click()
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Issue the invoice").click()
    page.get_by_text("Invoice INV-000001 is issued.").first.wait_for()
    invoice = Invoice.objects.get()
    assert (invoice.issuer.number, invoice.title_of.number) == ("ACME", "ACME-3")


def test_titles_and_tax_rates(page, master):
    page.goto(reverse("admin:finance_mgmt_account_change", args=[master.pk]))
    page.locator("#invoice-title").scroll_into_view_if_needed()
    page.goto(reverse("admin:finance_mgmt_account_do", args=[master.pk, "set-title"]))
    page.get_by_label("Kind").select_option("cn_general")
    page.get_by_label("Tax number").fill("91330106673959654Q")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("one of them is mistyped").first.wait_for()
    shoot(page, "title-refused")
    page.get_by_label("Tax number").fill("91330106673959654P")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Set the invoice title").click()
    page.get_by_text("The title is set.").first.wait_for()
    page.goto(reverse("admin:invoicing_taxrate_changelist"))
    shoot(page, "tax-rates")
    page.get_by_role("link", name="Set a tax rate").first.click()
    page.get_by_label("Rate in percent").fill("9")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Set a tax rate").click()
    page.get_by_text("The rate is set.").first.wait_for()
    assert page.locator("#result_list tbody tr").count() == 3
