"""Credit notes: whole, by lines, by amount; what is owed after refunds (I6)."""

from decimal import Decimal

import pytest
from django.db.models import Sum

from finance_mgmt.errors import InvalidAmount, KeyReused
from invoicing.documents import stored
from invoicing.models import CreditNote, CreditNoteLine, Invoice
from invoicing.queries import candidates
from invoicing.services.invoices import InvoiceRefused
from tests.billing.shop import refused
from tests.invoicing.office import JUNE_2, JUNE_3
from tests.provider import at

MAY_2 = at("2024-05-02 08:10")


@pytest.fixture
def invoice(office):
    """106 and 53.005 at 6 %, 113 at 13 %: 272.00 with tax 22.00 and 0.005 of round-off."""
    account = office.account("A", cash_amount="1000")
    office.tax("0.06")
    disk = office.product("disk")
    office.tax("0.13", disk)
    for product, quantity in (
        (office.product("vm"), "106"),
        (office.product("ip"), "53.005"),
        (disk, "113"),
    ):
        office.use(account, product, quantity, MAY_2)
    office.jobs(JUNE_2)
    return office.invoice(account)


def stated(note: CreditNote) -> tuple:
    return note.number, note.total, note.tax_amount, note.round_off


def line_of(invoice: Invoice, product: str) -> int:
    return invoice.lines.get(product_code=product).pk


@pytest.mark.rule("I6")
def test_wholly_and_then_its_charges_can_be_invoiced_anew(office, invoice):
    note = office.credit(invoice, reason="wrong title")
    assert stated(note) == ("CN-000001", Decimal("272.00"), Decimal("22.00"), Decimal("0.005"))
    invoice.refresh_from_db()
    assert invoice.status == "credited"
    again = office.invoice(invoice.issuer)
    assert (again.number, again.total) == ("INV-000002", invoice.total)
    with refused(InvoiceRefused, "I6 above_invoice"):
        office.credit(invoice)


@pytest.mark.rule("I6")
def test_by_lines_whose_charges_alone_can_be_invoiced_anew(office, invoice):
    note = office.credit(invoice, lines=[line_of(invoice, "ip")])
    assert stated(note) == ("CN-000001", Decimal("53.00"), Decimal("3.00"), Decimal("0.005"))
    again = office.invoice(invoice.issuer)
    assert office.lines(again) == [("A", "ip", "53.005", False)]
    with refused(InvoiceRefused, "I6 lines_not_creditable"):
        office.credit(invoice, lines=[line_of(invoice, "ip")])
    rest = office.credit(invoice, lines=[line_of(invoice, "vm"), line_of(invoice, "disk")])
    assert stated(rest) == ("CN-000002", Decimal("219.00"), Decimal("19.00"), Decimal(0))
    invoice.refresh_from_db()
    assert invoice.status == "credited"


@pytest.mark.rule("I6")
def test_by_an_amount_in_proportion(office, invoice):
    first = office.credit(invoice, "136.00")
    assert stated(first) == ("CN-000001", Decimal("136.00"), Decimal("11.00"), Decimal(0))
    taken = CreditNoteLine.objects.values_list("line__product_code", "line__is_void")
    assert list(taken) == [("disk", False), ("ip", False), ("vm", False)]
    assert CreditNoteLine.objects.aggregate(sum=Sum("amount")) == {"sum": 136}
    rest = office.credit(invoice)
    assert stated(rest) == ("CN-000002", Decimal("136.00"), Decimal("11.00"), Decimal("0.005"))


@pytest.mark.rule("I6", "F11")
def test_what_is_refused(office, invoice):
    line = line_of(invoice, "vm")
    with refused(InvoiceRefused, "I6 above_invoice"):
        office.credit(invoice, "272.01")
    with refused(InvoiceRefused, "I6 lines_or_amount"):
        office.credit(invoice, "1", lines=[line])
    with refused(InvoiceRefused, "I6 lines_not_creditable"):
        office.credit(invoice, lines=[line, line + 1000])
    for amount in ("0", "-1", "0.001"):
        with pytest.raises(InvalidAmount):
            office.credit(invoice, amount)
    said = office.said(JUNE_3)
    first = office.credit(invoice, "1", said=said)
    assert office.credit(invoice, "1", said=said) == first
    with pytest.raises(KeyReused):
        office.credit(invoice, "2", said=said)


@pytest.mark.rule("I6", "O4")
def test_a_refund_after_the_invoice_is_owed_until_the_credit_note(office):
    account = office.account("A", cash_amount="1000")
    box, vm = office.prepaid("box"), office.product("vm")
    order = office.order(account, box, "60", at("2024-05-10"), months=12)
    office.use(account, vm, "40", MAY_2)
    office.jobs(JUNE_2)
    invoice = office.invoice(account)
    assert candidates.owed(invoice) == 0
    office.refund(order, JUNE_3, "20")
    owing = candidates.owing(Invoice.objects.all())
    assert [(one.number, one.owed) for one in owing] == [("INV-000001", 20)]
    office.credit(invoice, "15")
    assert candidates.owed(invoice) == 5
    office.credit(invoice, "5")
    assert (candidates.owed(invoice), list(candidates.owing(Invoice.objects.all()))) == (0, [])
    office.jobs(at("2024-07-02"))
    office.credit(invoice, lines=[invoice.lines.get(product_code="box").pk])
    anew = office.invoice(account, until=at("2024-06-15").date(), when=at("2024-07-03"))
    lines = office.lines(anew)
    assert [line[2] for line in lines] == ["60", "-20"]
    billed = sum(one.payable_amount for one in office.charges())
    invoiced = sum(one.total for one in Invoice.objects.all())
    credited = sum(one.total for one in CreditNote.objects.all())
    assert (billed, invoiced - credited) == (80, 80)


@pytest.mark.rule("I6")
def test_lines_that_others_lower_are_credited_with_them(office):
    account = office.account("A", cash_amount="1000")
    office.use(account, office.product("vm"), "100", MAY_2)
    office.adjust(account, "-30", at("2024-05-20"))
    office.jobs(JUNE_2)
    invoice = office.invoice(account)
    with refused(InvoiceRefused, "I6 above_invoice"):
        office.credit(invoice, lines=[line_of(invoice, "vm")])
    assert office.credit(invoice).total == 70


@pytest.mark.rule("I6")
def test_a_line_that_was_credited_in_part_gives_only_what_is_left_of_it(office, invoice):
    """53.00 of the 106 of vm went with the amount: the line gives the rest, then nothing."""
    office.credit(invoice, "136.00")
    vm = line_of(invoice, "vm")
    rest = office.credit(invoice, lines=[vm])
    of_line = CreditNoteLine.objects.filter(line=vm).aggregate(sum=Sum("amount"))["sum"]
    assert (rest.total, of_line) == (Decimal("53.00"), Decimal(106))
    with refused(InvoiceRefused, "I6 lines_not_creditable"):
        office.credit(invoice, lines=[vm])
    with refused(InvoiceRefused, "I6 above_invoice"):
        office.credit(invoice, "83.01")
    assert office.credit(invoice).total == 83
    invoice.refresh_from_db()
    assert (invoice.status, candidates.credited(invoice)) == ("credited", invoice.total)


@pytest.mark.rule("I6")
def test_an_invoice_and_its_credit_notes_keep_the_title_they_were_issued_under(office, invoice):
    before = stored.of_invoice(invoice)
    office.title(invoice.issuer, "Another Ltd", JUNE_3, tax_number="999")
    note = office.credit(invoice, "1.00")
    assert stored.of_invoice(Invoice.objects.get()) == before
    assert stored.of_credit_note(note).buyer == before.buyer
    office.credit(invoice)
    assert office.invoice(invoice.issuer).title == "Another Ltd"
