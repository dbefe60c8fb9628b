"""EN 16931 e-invoices: valid ones pass, planted faults are named, nothing wrong is numbered."""

import re

import pgtrigger
import pytest
from lxml import etree

from finance_mgmt.models import Decision
from invoicing.documents import e_invoice, stored, validation
from invoicing.documents.validation import FaultyInvoice
from invoicing.enums import DocumentForm
from invoicing.models import Invoice, InvoiceTitle, Series

CII, UBL = DocumentForm.CII, DocumentForm.UBL
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"


def retitle(**columns: str) -> None:
    """What no service would store."""
    with pgtrigger.ignore("invoicing.InvoiceTitle:only_being_current_changes"):
        InvoiceTitle.objects.update(**columns)


def broken_rules(xml: bytes, form: DocumentForm) -> list[str]:
    with pytest.raises(FaultyInvoice) as refused:
        validation.require_valid(xml, form)
    return sorted({reason.facts["en16931"] for reason in refused.value.reasons})


# What is planted where, and which rules of EN 16931 must see it.
FAULTS = {
    "wrong total": (
        (CII, f"{RAM}GrandTotalAmount", "124.99", ["BR-CO-15", "BR-CO-16"]),
        (UBL, f"{CBC}TaxInclusiveAmount", "124.99", ["BR-CO-15", "BR-CO-16"]),
    ),
    "missing buyer": (
        (CII, f"{RAM}BuyerTradeParty/{RAM}Name", "", ["BR-07"]),
        (
            UBL,
            f"{CAC}AccountingCustomerParty/{CAC}Party/{CAC}PartyLegalEntity/{CBC}RegistrationName",
            "",
            ["BR-07"],
        ),
    ),
    "wrong rate": (
        (CII, f"{RAM}RateApplicablePercent", "50", ["BR-S-08"]),
        (UBL, f"{CAC}ClassifiedTaxCategory/{CBC}Percent", "50", ["BR-S-08"]),
    ),
}


@pytest.mark.rule("I6", "I7")
def test_planted_faults_are_named(shop, europe):
    content = stored.of_invoice(shop.issue(europe))
    seen = {}
    for name, planted in FAULTS.items():
        for form, path, text, _ in planted:
            root = etree.fromstring(e_invoice.as_xml(content, form))
            next(iter(root.iterfind(f".//{path}"))).text = text
            seen[name, form] = broken_rules(etree.tostring(root), form)
    assert seen == {
        (name, form): rules for name, planted in FAULTS.items() for form, _, _, rules in planted
    }


def test_what_is_no_invoice_at_all_is_named_by_the_schema(shop, europe):
    root = etree.fromstring(e_invoice.as_xml(stored.of_invoice(shop.issue(europe)), CII))
    root.remove(root[-1])
    assert broken_rules(etree.tostring(root), CII) == ["XSD"]


@pytest.mark.rule("I6")
def test_a_faulty_e_invoice_uses_no_number(shop, europe):
    retitle(tax_number="XX999")  # a VAT number of no country
    before = Decision.objects.count()
    with pytest.raises(FaultyInvoice, match="BR-CO-09") as refused:
        shop.issue(europe)
    assert [dict(reason.facts) for reason in refused.value.reasons] == [{"en16931": "BR-CO-09"}]
    assert list(Series.objects.all()) == list(Invoice.objects.all()) == []
    assert Decision.objects.count() == before
    retitle(country="US", tax_number="99-999")  # asked of none outside the EU
    assert shop.issue(europe).number == "INV-000001"


@pytest.mark.rule("I6")
def test_a_whole_credit_note_is_valid_in_both_syntaxes(shop, europe):
    invoice = shop.issue(europe)
    content = stored.of_credit_note(shop.credit(invoice))
    assert content.sections == stored.of_invoice(invoice).sections
    for form in (CII, UBL):
        xml = e_invoice.as_xml(content, form)
        validation.require_valid(xml, form)
        assert re.findall(r"TypeCode[^>]*>(38\d)<", xml.decode()) == ["381"]
        assert re.findall(r"INV-\d+", xml.decode()) == ["INV-000001"]


@pytest.mark.rule("I6")
def test_whoever_waits_for_the_rules_hears_of_it_and_not_for_ever(shop, europe, monkeypatch):
    xml = e_invoice.as_xml(stored.of_invoice(shop.issue(europe)), CII)
    heard = []
    monkeypatch.setattr(validation, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(validation, "MOST_WAITS", 10_000)
    validation.require_valid(xml, CII, waiting=lambda: heard.append("waiting"))
    assert set(heard) == {"waiting"}
    monkeypatch.setattr(validation, "MOST_WAITS", 1)
    with pytest.raises(validation.CheckFailed, match="took more than 0.02 s"):
        validation.require_valid(xml, CII)


@pytest.mark.rule("I6")
def test_rules_that_do_not_run_say_nothing_is_right(shop, europe, monkeypatch):
    xml = e_invoice.as_xml(stored.of_invoice(shop.issue(europe)), CII)
    monkeypatch.setattr(validation, "_SCHEMATRON", {CII: "/nowhere.xslt"})
    with pytest.raises(validation.CheckFailed, match="could not be run"):
        validation.require_valid(xml, CII)
