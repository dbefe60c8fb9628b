"""Races for the same charges and the same invoice, each with a twin that loses (C13, C14)."""

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError
from django.db.models import QuerySet, Sum

from billing.models import Charge
from billing.services import refunds
from invoicing.models import CreditNote, Invoice, InvoiceLine
from invoicing.queries import books, candidates
from invoicing.services import credit_notes, invoices
from tests.concurrency.races import Meeting, at_once, counted
from tests.invoicing.office import JUNE_2, JUNE_3, Office
from tests.provider import at

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

MAY = date(2024, 5, 1)
USED = at("2024-05-02 08:10")


@pytest.fixture
def office(transactional_db):
    return Office()


@pytest.fixture
def account(office):
    """100 of usage, billed for May."""
    found = office.account("A", cash_amount="1000")
    office.use(found, office.product("vm"), "100", USED)
    office.jobs(JUNE_2)
    return found


def issues(office, account, count: int) -> list[partial]:
    said = [office.said(JUNE_3) for _ in range(count)]
    return [partial(invoices.issue, issuer=account, month=MAY, **one) for one in said]


def credits(office, invoice, count: int) -> list[partial]:
    said = [office.said(JUNE_3) for _ in range(count)]
    return [partial(credit_notes.issue, invoice=invoice, **one) for one in said]


@pytest.mark.rule("I1", "I6")
def test_c13_of_eight_invoices_for_the_same_charges_one_is_issued(office, account):
    found = counted(at_once(issues(office, account, 8)))
    assert found == {"done": 1, "nothing_invoiceable": 7}
    numbers = Invoice.objects.values_list("number", "line_count")
    assert list(numbers) == [("INV-000001", 1)]
    office.verify_books()


@pytest.mark.rule("I1")
def test_c13_twin_without_the_lock_both_judge_the_same_charge_as_free(office, account, monkeypatch):
    jobs = issues(office, account, 2)
    monkeypatch.setattr(invoices.locks, "lock_accounts", lambda ids: {})
    Meeting(2).before(monkeypatch, invoices.numbering, "next_number")
    errors = [str(one) for one in at_once(jobs) if isinstance(one, IntegrityError)]
    assert [one.count("a_charge_is_on_one_invoice_at_most") for one in errors] == [1]
    assert InvoiceLine.objects.count() == 1


@pytest.mark.rule("I6")
def test_c14_of_eight_credit_notes_over_all_one_is_issued(office, account):
    invoice = office.invoice(account)
    found = counted(at_once(credits(office, invoice, 8)))
    assert found == {"done": 1, "above_invoice": 7}
    assert CreditNote.objects.aggregate(sum=Sum("total")) == {"sum": 100}
    office.verify_books()


@pytest.mark.rule("I6")
def test_c14_twin_without_the_lock_it_is_credited_twice(office, account, monkeypatch):
    invoice = office.invoice(account)
    jobs, locked = credits(office, invoice, 2), QuerySet.select_for_update

    def unlocked(rows, **options):
        return rows if rows.model is Invoice else locked(rows, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", unlocked)
    Meeting(2).before(monkeypatch, credit_notes.drafts, "check")
    assert counted(at_once(jobs)) == {"done": 2}
    assert CreditNote.objects.aggregate(sum=Sum("total")) == {"sum": 200}
    assert len(books.wrong_credit_notes()) > 0


@pytest.mark.rule("I1", "I6", "O4")
def test_c14_invoice_credit_note_and_refund_of_one_bill_end_as_one_after_the_other(office):
    account = office.account("A", cash_amount="1000")
    order = office.order(account, office.prepaid("box"), "60", at("2024-05-30"), months=12)
    office.use(account, office.product("vm"), "40", USED)
    office.jobs(JUNE_2)
    first = office.invoice(account)
    refund = partial(refunds.refund, order=order, amount=Decimal(20), **office.said(JUNE_3))
    jobs = [*credits(office, first, 2), *issues(office, account, 3), refund]
    errors = [one for one in at_once(jobs) if isinstance(one, IntegrityError)]
    assert errors == []
    office.jobs(at("2024-07-02"))
    invoiced = Invoice.objects.aggregate(sum=Sum("total"))["sum"]
    credited = CreditNote.objects.aggregate(sum=Sum("total"))["sum"]
    owed = sum((one.owed for one in candidates.owing(Invoice.objects.all())), Decimal(0))
    can_be = candidates.total(candidates.invoiceable([account.pk]).values("payable_amount"))
    billed = Charge.objects.aggregate(sum=Sum("payable_amount"))["sum"]
    assert (billed, invoiced - credited - owed + can_be) == (80, 80)
    office.verify_books()
