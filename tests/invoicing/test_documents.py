"""The files of invoices: made once, in the background too, and never with a blank in them."""

import csv
import hashlib
import io
from decimal import Decimal

import pgtrigger
import pytest
from lxml import etree
from pypdf import PdfReader

from finance_mgmt.services import runs
from invoicing.documents import glyphs
from invoicing.documents.glyphs import NotShowable
from invoicing.models import Invoice, InvoiceDocument, InvoiceTitle, Series
from invoicing.services import documents, sellers
from invoicing.services.documents import DocumentRefused
from tests.provider import at

from .conftest import JUNE


def render(shop, invoice, form="pdf", language="en", **more):
    return documents.render(invoice=invoice, form=form, language=language, **more, **shop.said())


@pytest.mark.rule("I6")
def test_a_file_is_made_once_per_form_and_language(shop, china):
    invoice = shop.issue(*china)
    made = render(shop, invoice)
    content = documents.path_of(made).read_bytes()
    assert (made.file_name, made.stored_as, made.size, made.sha256) == (
        "INV-000001-pdf-en.pdf",
        "invoices/INV-000001-pdf-en.pdf",
        len(content),
        hashlib.sha256(content).hexdigest(),
    )
    assert render(shop, invoice) == made
    assert render(shop, invoice, language="zh-hans").file_name == "INV-000001-pdf-zh-hans.pdf"
    assert render(shop, invoice, "cii", "zh-hans") == render(shop, invoice, "cii", "en")
    assert InvoiceDocument.objects.count() == 3


@pytest.mark.rule("I6")
def test_the_same_content_makes_the_same_bytes(shop, europe):
    invoice = shop.issue(europe)
    first = render(shop, invoice, "facturx")
    content = documents.path_of(first).read_bytes()
    documents.path_of(first).unlink()
    made = documents.request(invoice=invoice, form="facturx", language="zh-hans", **shop.said())
    runs.work(made.pk, worker="test")
    documents.make_step(made.steps.get(), by="test", at=JUNE)  # made: nothing to do
    again = documents._Asked(invoice, None, "facturx", "en").make(lambda lines: None)
    assert again.read_bytes() == content


@pytest.mark.rule("I6")
def test_a_factur_x_file_is_pdf_a_3_with_the_e_invoice_in_it(shop, europe):
    invoice = shop.issue(europe)
    pdf = PdfReader(documents.path_of(render(shop, invoice, "facturx")))
    cii = documents.path_of(render(shop, invoice, "cii")).read_bytes()
    assert {name: list(some) for name, some in pdf.attachments.items()} == {"factur-x.xml": [cii]}
    catalog = pdf.trailer["/Root"]
    files = catalog["/AF"]
    assert [(one.get_object()["/AFRelationship"], one.get_object()["/F"]) for one in files] == [
        ("/Data", "factur-x.xml")
    ]
    assert [one.get_object()["/S"] for one in catalog["/OutputIntents"]] == ["/GTS_PDFA1"]
    root = etree.fromstring(catalog["/Metadata"].get_data())
    words = {
        etree.QName(one).localname: one.text
        for one in root.iter()
        if one.prefix in ("pdfaid", "fx")
    }
    assert words == {
        "part": "3",
        "conformance": "B",
        "DocumentType": "INVOICE",
        "DocumentFileName": "factur-x.xml",
        "Version": "1.0",
        "ConformanceLevel": "EN 16931",
    }


@pytest.mark.rule("I6")
def test_a_run_makes_the_file_in_the_background(shop, china):
    invoice = shop.issue(*china)
    asked = {"invoice": invoice, "form": "pdf", "language": "zh-hans"}
    run = documents.request(**asked, **shop.said())
    assert documents.request(**asked, **shop.said()) == run
    finished = runs.work(run.pk, worker="test")
    made = InvoiceDocument.objects.get()
    assert (finished.state, [step.result for step in finished.steps.all()]) == (
        "done",
        [{"document": made.pk, "file": "INV-000001-pdf-zh-hans.pdf"}],
    )
    assert documents.render(**asked, **shop.said()) == made
    assert not documents.is_large(invoice)


@pytest.mark.rule("I6")
def test_the_annex_lists_every_charge_exactly(shop, china):
    group, *members = china
    invoice = shop.issue(group, *members)
    text = documents.path_of(render(shop, invoice, "csv")).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["member_number"], row["product_code"], row["quantity"]) for row in rows] == [
        ("SUB-1", "ecs.g7", "1234.567"),
        ("SUB-1", "sms", "333"),
        ("SUB-1", "sms", "12"),
        ("SUB-2", "ecs.g7", "89.1"),
        ("SUB-2", "sms", "1"),
        ("SUB-2", "sms", "12"),
    ]
    assert sum(Decimal(row["amount_with_tax"]) for row in rows) == (
        invoice.total + invoice.round_off
    )


@pytest.mark.rule("I6")
@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"form": "docx"}, "no_such_form"),
        ({"form": "pdf", "language": "fr"}, "no_such_language"),
    ],
)
def test_what_documents_there_are_not(shop, china, asked, code):
    with pytest.raises(DocumentRefused) as refused:
        render(shop, shop.issue(*china), **asked)
    assert [reason.code for reason in refused.value.reasons] == [code]


def test_a_credit_note_has_no_annex(shop, china):
    invoice = shop.issue(*china)
    note = shop.credit(invoice, "1.00")
    with pytest.raises(DocumentRefused, match="no charges of its own"):
        render(shop, invoice, "csv", credit_note=note)


@pytest.mark.rule("I6")
def test_a_character_no_font_has_uses_no_number(shop, china):
    with pgtrigger.ignore("invoicing.InvoiceTitle:only_being_current_changes"):
        InvoiceTitle.objects.update(title="𠮷祥\t有限公司")
    with pytest.raises(NotShowable) as refused:
        shop.issue(*china)
    assert [dict(reason.facts) for reason in refused.value.reasons] == [
        {"character": "U+20BB7", "field": "buyer's name"},
        {"character": "U+0009", "field": "buyer's name"},
    ]
    assert list(Series.objects.all()) == list(Invoice.objects.all()) == []


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("鑫淼集团", []),
        ("奕垚喆堃镕珺昇䶮𬱖", []),  # in no character set of 1980
        ("臺灣遠東電機股份有限公司", []),
        ("𠮷野", ["𠮷"]),
        ("Ørsted ß œ Ž ő ș Ł", []),
        ("Ελλάδα България", []),
        ("¥€£ № ™ ℃ ①Ⅳ", []),
        ("“”…—·《》【】（），。", []),
        ("a\u0301 \u200b", ["\u0301", "\u200b"]),
    ],
)
def test_what_the_fonts_have(text, hidden):
    shown = glyphs.common() | glyphs.rare()
    assert [character for character in text if ord(character) not in shown] == hidden


@pytest.mark.rule("I6")
def test_rare_names_are_printed_from_a_font_that_other_documents_leave_alone(shop, china):
    usual, rare = shop.issue(china[0], china[1]), "珺昇堃喆（上海）𬱖鎔有限公司" * 3
    with pgtrigger.ignore("invoicing.InvoiceTitle:only_being_current_changes"):
        InvoiceTitle.objects.update(title=rare)
    fonts, texts = [], []
    for invoice in (usual, shop.issue(china[0], china[2])):
        page = PdfReader(documents.path_of(render(shop, invoice, language="zh-hans"))).pages[0]
        fonts.append(len(page["/Resources"]["/Font"]))
        texts.append("".join(page.extract_text().split()))
    assert fonts == [2, 3]
    assert [text.count(rare) for text in texts] == [0, 1]


@pytest.mark.rule("I6")
def test_invoices_from_before_the_first_seller_name_it(shop, provider):
    payer = provider.account("A", credit_limit="100")
    product = provider.product("ecs")
    provider.use(payer, product, "5", at("2024-05-10 08:10"))
    provider.jobs(JUNE)
    invoice = shop.issue(payer)
    with pytest.raises(DocumentRefused, match="Nobody has said who sells"):
        render(shop, invoice)
    sellers.set_seller(
        legal_name="Cloud Provider", country="US", **shop.said(at("2024-06-05 08:00"))
    )
    assert render(shop, invoice).file_name == "INV-000001-pdf-en.pdf"
