"""Documents as they were looked at and found right: tests/golden/.

GOLDEN=write writes them anew; look at what changed before you keep it.
"""

import io
import os
from pathlib import Path

import pytest
from pypdf import PdfReader

from billing.models import Charge
from invoicing.documents import stored
from invoicing.enums import DocumentForm
from invoicing.services import credit_notes, documents, lines

GOLDEN = Path(__file__).parents[1] / "golden"


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def printed(shop, **asked) -> str:
    """The text of a PDF, page by page, spaces made one."""
    made = documents.render(**asked, **shop.said())
    pages = PdfReader(io.BytesIO(documents.path_of(made).read_bytes())).pages
    lines = [line for page in pages for line in page.extract_text().splitlines()]
    return "\n".join(" ".join(line.split()) for line in lines) + "\n"


def xml(shop, **asked) -> str:
    return documents.path_of(documents.render(**asked, **shop.said())).read_text()


@pytest.mark.rule("I2", "I6", "I7")
def test_a_combined_invoice_in_chinese(shop, china):
    group, *members = china
    invoice = shop.issue(group, *members)
    asked = {"invoice": invoice, "form": "pdf", "language": "zh-hans"}
    compare("invoice-zh.txt", printed(shop, **asked))
    south = [line.pk for line in invoice.lines.filter(owner_number="SUB-2")]
    note = credit_notes.issue(invoice=invoice, lines=south, **shop.said())
    compare("credit-note-lines-zh.txt", printed(shop, **asked, credit_note=note))
    note = shop.credit(invoice, "20.00", "价格调整")
    compare("credit-note-zh.txt", printed(shop, **asked, credit_note=note))


@pytest.mark.rule("I6", "I7")
def test_an_invoice_in_the_eu(shop, europe):
    invoice = shop.issue(europe)
    compare("invoice-en.txt", printed(shop, invoice=invoice, form="facturx", language="en"))
    compare("invoice-cii.xml", xml(shop, invoice=invoice, form="cii"))
    compare("invoice-ubl.xml", xml(shop, invoice=invoice, form="ubl"))
    note = shop.credit(invoice, "20.00", "Price corrected")
    asked = {"invoice": invoice, "credit_note": note}
    compare("credit-note-en.txt", printed(shop, **asked, form="facturx", language="en"))
    compare("credit-note-cii.xml", xml(shop, **asked, form="cii"))
    compare("credit-note-ubl.xml", xml(shop, **asked, form="ubl"))


@pytest.mark.rule("I6")
def test_what_is_checked_before_numbering_is_what_is_issued(shop, europe):
    # The draft was checked under another number; everything else it stated is what was stored.
    invoice = shop.issue(europe)
    charges = Charge.objects.filter(invoice_lines__invoice=invoice)
    draft = lines.shown_as_lines(charges, invoice.country)
    assert stored.of_draft(invoice, draft) == stored.of_invoice(invoice)
    assert DocumentForm.values == ["pdf", "facturx", "cii", "ubl", "csv"]
