"""Issuing invoices: what is on them, what is refused, and what is told (I1-I7)."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Charge, Product
from billing.queries.explanations import explain
from finance_mgmt.enums import Mode, Permission
from finance_mgmt.errors import KeyReused
from finance_mgmt.models import Notice
from invoicing.models import Invoice, Series
from invoicing.queries import candidates
from invoicing.services.invoices import InvoiceRefused
from tests.billing.shop import JULY, MAY, refused
from tests.invoicing.office import JUNE_2, JUNE_3
from tests.provider import at

MAY_1 = at("2024-05-01")
MAY_2 = at("2024-05-02 08:10")
NOTHING = "I1 nothing_invoiceable"


@pytest.fixture
def group(office):
    """HQ with two trusteeship members; used: HQ 1, A 2 and 3 of disk, B 4, billed for May."""
    office.policy(payment_days=3000)
    master = office.account("HQ", cash_amount="500", credit_limit="1000")
    a, b = office.account("A"), office.account("B")
    for member in (a, b):
        office.link(master, member, MAY_1)
    vm, disk = office.product("vm"), office.product("disk", unit_price="1.005")
    for owner, product, quantity in ((master, vm, "1"), (a, vm, "2"), (a, disk, "3"), (b, vm, "4")):
        office.use(owner, product, quantity, MAY_2)
    office.jobs(JUNE_2)
    return master, a, b, disk


@pytest.mark.rule("I2", "I6")
def test_several_members_in_one_under_the_masters_title_cut_to_cents(office, group):
    master, a, b, _disk = group
    office.title(master, "Acme Group", email="bills@acme.example", language="zh-hans")
    found = office.invoice(master, a, b)
    assert office.lines(found) == [
        ("A", "disk", "3.015", False),
        ("A", "vm", "2", False),
        ("B", "vm", "4", False),
    ]
    stated = (found.number, found.title, found.total, found.round_off, found.line_count)
    assert stated == ("INV-000001", "Acme Group", Decimal("9.01"), Decimal("0.005"), 3)
    notice = Notice.objects.get(kind="invoice_issued")
    assert (notice.to_id, notice.about_id, notice.facts) == (
        master.pk,
        master.pk,
        {
            "invoice": "INV-000001",
            "month": "2024-05",
            "total": "9.01",
            "currency": "CNY",
            "email": "bills@acme.example",
            "language": "zh-hans",
        },
    )


@pytest.mark.rule("I1", "I2")
def test_combined_is_all_that_the_issuer_paid_and_products_narrow_it(office, group):
    master, a, _b, disk = group
    only_disk = office.invoice(master, is_combined=True, products=[disk])
    rest = office.invoice(master, is_combined=True)
    assert (office.lines(only_disk), office.lines(rest)) == (
        [("A", "disk", "3.015", False)],
        [("A", "vm", "2", False), ("B", "vm", "4", False), ("HQ", "vm", "1", False)],
    )
    for owners in ((), (a,)):
        with refused(InvoiceRefused, NOTHING):
            office.invoice(master, *owners)
    assert Series.objects.get(code="INV").last_number == 2


@pytest.mark.rule("I1")
def test_several_months_in_one(office, group):
    master, a, *_ = group
    office.use(a, Product.objects.get(code="vm"), "8", at("2024-06-10"))
    office.jobs(at("2024-07-02"))
    found = office.invoice(master, a, until=date(2024, 6, 1), when=at("2024-07-03"))
    assert (found.first_month, found.month, found.total) == (
        MAY,
        date(2024, 6, 1),
        Decimal("13.01"),
    )


@pytest.mark.rule("I1")
def test_what_no_bill_has_yet_is_left_out(office, group):
    master, *_ = group
    with refused(InvoiceRefused, NOTHING):
        office.invoice(master, is_combined=True, month=JULY)


@pytest.mark.rule("I1")
def test_an_invoice_has_a_most(office, group, settings):
    settings.INVOICE_LINES = 3
    with refused(InvoiceRefused, "I1 too_many_lines"):
        office.invoice(group[0], is_combined=True)


@pytest.mark.rule("F11")
def test_a_repeated_key_is_the_same_invoice_and_other_facts_are_refused(office, group):
    master, a, b, _disk = group
    said = office.said(JUNE_3)
    first = office.invoice(master, a, said=said)
    assert office.invoice(master, a, said=said) == first
    with pytest.raises(KeyReused):
        office.invoice(master, b, said=said)
    assert list(Invoice.objects.all()) == [first]


@pytest.mark.rule("I3", "I4")
@pytest.mark.parametrize("power", [Permission.FORBID_INVOICING, Permission.MANAGE_INVOICES])
def test_in_management_the_master_invoices_under_the_members_title(office, power):
    master, member = office.account("HQ"), office.account("M", cash_amount="50")
    powers = (Permission.VIEW_BILLS, power)
    office.link(master, member, MAY_1, mode=Mode.MANAGEMENT, grants=powers)
    office.use(member, office.product("vm"), "2", MAY_2)
    office.jobs(JUNE_2)
    if power == Permission.FORBID_INVOICING:
        with refused(InvoiceRefused, "I3 invoicing_forbidden"):
            office.invoice(member)
    found = office.invoice(master, member)
    assert (found.issuer_id, found.title_of_id) == (master.pk, member.pk)
    told = Notice.objects.filter(kind="invoice_issued").order_by("to")
    assert [(one.to_id, one.about_id) for one in told] == [
        (master.pk, member.pk),
        (member.pk, member.pk),
    ]


@pytest.mark.rule("I5")
def test_with_arrears_as_much_must_stay_uninvoiced(office):
    account = office.account("A", credit_limit="100")
    vm, disk = office.product("vm"), office.product("disk")
    office.use(account, vm, "10", MAY_2)
    office.use(account, disk, "12", MAY_2)
    office.jobs(JUNE_2)
    late = at("2024-07-01 12:00")
    with refused(InvoiceRefused, "I5 arrears_not_covered"):
        office.invoice(account, when=late)
    assert candidates.arrears(account.pk, late) == Decimal(22)


@pytest.mark.rule("I7")
def test_tax_is_of_the_product_the_place_and_the_day(office):
    account = office.account("A", cash_amount="1000")
    vm, disk = office.product("vm"), office.product("disk")
    office.tax("0.06")
    office.tax("0.13", disk)
    office.tax("0.19", disk, jurisdiction="DE")
    office.tax("0.09", since=at("2024-05-15"))
    office.use(account, vm, "106", MAY_2)
    office.use(account, vm, "109", at("2024-05-20"))
    office.use(account, disk, "113", MAY_2)
    office.jobs(JUNE_2)
    found = office.invoice(account)
    assert (found.net_amount, found.tax_amount, found.total) == (300, 28, 328)
    rates = found.lines.order_by("amount").values_list("amount", "tax_rate")
    assert list(rates) == [
        (106, Decimal("0.06")),
        (109, Decimal("0.09")),
        (113, Decimal("0.13")),
    ]


@pytest.mark.rule("I1", "I6")
def test_why_the_rest_cannot_be_invoiced(office):
    account = office.account("A", cash_amount="1000")
    vm, box = office.product("vm"), office.prepaid("box")
    order = office.order(account, box, "30", at("2024-05-10"), months=12)
    office.use(account, vm, "5", MAY_2)
    office.jobs(JUNE_2)
    office.invoice(account, products=[box])
    office.refund(order, at("2024-06-03 10:00"), "10")
    office.use(account, vm, "7", at("2024-06-04"))
    office.jobs(at("2024-06-05"))
    rows = candidates.left_out(account.pk)
    assert [(one["why"], one["billing_month"].month, one["amount"]) for one in rows] == [
        ("invoiced", 5, 30),
        ("owed", 6, -10),
        ("unbilled", 6, 7),
    ]
    can = candidates.invoiceable([account.pk]).values_list("payable_amount", flat=True)
    assert list(can) == [5]


@pytest.mark.rule("B1", "I1")
def test_a_charge_that_is_explained_names_its_invoice(office, group):
    master, a, _b, _disk = group
    found = office.invoice(master, a)
    told = [explain(one).invoice for one in Charge.objects.order_by("owner__number", "pk")]
    named = {"number": found.number, "title": found.title, "status": "issued"}
    assert told == [named, named, None, None]
