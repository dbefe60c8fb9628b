"""Bills as spreadsheets and FOCUS files through the admin and the API (RELIABILITY B19, S17)."""

import csv
import io
import os
import re
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from django.urls import reverse

from billing.models import Bill
from billing.services import adjustments, exports
from billing.services.exports import Form
from finance_mgmt.models import Account, Run
from finance_mgmt.services import runs
from finance_mgmt.sheets import tables
from tests.api.door import boss, codes, staff, user_of
from tests.finance_mgmt.admin_door import door, everything, page_url, panel, rows
from tests.provider import at

pytestmark = pytest.mark.django_db

USED = at("2024-05-10 10:30")
TINY = "0.123456789012345678"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def bill(provider) -> Bill:
    """A bill whose texts look like formulas, with an amount of 18 digits and a negative one."""
    master = provider.account("M", credit_limit="100")
    member = provider.account("T")
    provider.link(master, member)
    product = provider.product("=1+1", unit_price="0.5")
    provider.use(member, product, "3", USED, resource='@SUM(A1)"\r\n')
    provider.use(member, product, "1", USED, resource="plain", given_amount=TINY)
    adjustments.adjust(
        account=master, amount=Decimal("-2.61"), reason="-2 hours", **provider.said(USED)
    )
    adjustments.adjust(account=master, amount=Decimal(7), reason="ok", **provider.said(USED))
    provider.jobs(at("2024-06-01 00:10"))
    return Bill.objects.get()


def url(bill: Bill, form: str) -> str:
    return reverse("admin:billing_bill_file", args=[bill.pk, form])


def content(answer) -> bytes:
    assert answer.status_code == 200
    found = b"".join(answer.streaming_content)
    for close in answer._resource_closers:  # close() would close the connection of the test, too
        close()
    return found


def cells(book: bytes, number: int) -> list[list[tuple[str, str]]]:
    """Each cell of a sheet as its type and its text; "q" marks a text that stays one."""
    with zipfile.ZipFile(io.BytesIO(book)) as files:
        page = ElementTree.fromstring(files.read(f"xl/worksheets/sheet{number}.xml"))
        styles = ElementTree.fromstring(files.read("xl/styles.xml"))
    looks = list(styles.find(f"{MAIN}cellXfs"))
    found = []
    for row in page.iter(f"{MAIN}row"):
        line = []
        for cell in row.iter(f"{MAIN}c"):
            assert cell.find(f"{MAIN}f") is None
            look = looks[int(cell.get("s", "0"))]
            kind = "q" if look.get("quotePrefix") else cell.get("t", "n")
            line.append((kind, "".join(part.text or "" for part in cell.iter() if part.text)))
        found.append(line)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+86", "'+86"),
        ("-2 hours", "'-2 hours"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_texts_are_defused(text, expected):
    assert tables.as_text(text, tables.Kind.TEXT) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("-2.61", "-2.61"),
        ("123456789012.345", "123456789012.345"),
        (TINY, "0.123456789012346"),
        ("12345678901234567.5", "1.23456789012346E+16"),
    ],
)
def test_numbers_keep_fifteen_digits(number, expected):
    assert str(tables.certain(Decimal(number))) == expected
    assert tables.as_text(Decimal(number), tables.Kind.NUMBER) == number


@pytest.mark.rule("B3", "B4")
def test_the_spreadsheet_has_the_bill_its_members_and_its_lines(bill):
    answer = everything().get(url(bill, "xlsx"))
    book = content(answer)
    assert answer["Content-Disposition"] == 'attachment; filename="bill-M-2024-05.xlsx"'
    sums = {row[0][1]: row[1][1] for row in cells(book, 1) if len(row) == 2}
    assert sums == {
        "Bill": "M-2024-05",
        "Payer": "M M",
        "Month": "2024-05",
        "Due on": "2024-06-16",
        "Carried from the last bill": "0",
        "Own charges": "4.39",
        "Members' charges": "1.62345678901235",
        "Round-off": "-0.00345678901234568",
        "Total": "6.01",
        "Carried to the next bill": "0",
        "Amount due": "6.01",
        "of it from cash": "0",
        "of it on credit": "6.01",
    }
    members = [[text for _, text in row] for row in cells(book, 2)][1:]
    exact = str(Decimal("1.5") + Decimal(TINY))
    assert [(row[0], row[2], row[-1]) for row in members] == [("M", "2", "4.39"), ("T", "2", exact)]
    lines = cells(book, 3)
    assert [len(lines), len(cells(book, 1))] == [5, 14]
    listed = [cell for row in lines[1:] for cell in row]
    assert {cell for cell in listed if cell[0] == "q"} == {
        ("q", "=1+1"),
        ("q", '@SUM(A1)"_x000D_\n'),  # how the format writes a CR
        ("q", "-2 hours"),
    }
    assert [cell for cell in listed if cell[1] == "-2.61"] == [("n", "-2.61")] * 2 + [
        ("inlineStr", "-2.61")
    ]


def test_the_csv_file_is_for_people_and_its_texts_are_defused(bill):
    text = content(everything().get(url(bill, "csv"))).decode()
    assert text[0] == "\ufeff"
    found = list(csv.DictReader(io.StringIO(text[1:], newline="")))
    names = ("Member", "Product", "Resource", "Payable (CNY)", "Reason")
    assert [tuple(row[name] for name in names) for row in found] == [
        ("M", "", "", "-2.61", "'-2 hours"),
        ("M", "", "", "7", "ok"),
        ("T", "'=1+1", "'@SUM(A1)\"\r\n", "1.5", ""),
        ("T", "'=1+1", "plain", TINY, ""),
    ]
    assert found[2]["Period from (Asia/Shanghai)"] == "2024-05-10 10:00:00"


@pytest.mark.parametrize("form", list(Form))
def test_a_file_needs_to_see_the_bill_and_its_lines(bill, form):
    few = ((), ("billing.view_bill",), ("billing.view_charge",))
    found = [door(*names).get(url(bill, form)).status_code for names in few]
    assert found == [403, 403, 403]
    assert content(door("billing.view_bill", "billing.view_charge").get(url(bill, form)))
    assert everything().post(url(bill, form)).status_code == 405
    assert everything().get(url(bill, "pdf")).status_code == 404


def test_a_name_that_breaks_headers_does_not():
    evil = Bill(payer=Account(number='a"\r\nSet-Cookie: x=1; ../..\\中'), month=USED.date())
    assert exports.file_name(evil, Form.XLSX) == "bill-a_Set-Cookie_x_1_.._.._-2024-05.xlsx"


@pytest.mark.parametrize("form", list(Form))
def test_a_worker_makes_the_files_of_a_long_bill(bill, form, settings, media):
    small = content(everything().get(url(bill, form)))
    settings.EXPORT_LINES_AT_ONCE = 1
    browser = everything()
    assert browser.get(url(bill, form)).status_code == 405
    answer = browser.post(url(bill, form))
    assert (answer.status_code, answer["Location"]) == (302, f"{page_url(bill)}#files")
    run = Run.objects.get(kind="export")
    file = reverse("admin:billing_bill_made_file", args=[bill.pk, run.pk])
    assert browser.get(file).status_code == 404
    waiting = browser.get(page_url(bill)).context["panels"]
    assert [one.name for one in waiting if getattr(one, "name", "") == "admin/parts/progress.html"]
    done = runs.work(run.pk, worker="test")
    assert (done.state, done.done_units, done.total_units) == ("done", 4, 4)
    (row,) = rows(panel(browser.get(page_url(bill)).context["panels"], "Files"))
    assert (row[1], row[-1]) == ("done", "Download")
    made = content(browser.get(file))
    assert made == small if form != Form.XLSX else cells(made, 3) == cells(small, 3)
    assert door("billing.view_bill").get(file).status_code == 403
    path = exports.path_of(run, form)
    week_ago = at("2024-01-01 00:00").timestamp()
    os.utime(path, (week_ago, week_ago))
    browser.post(url(bill, form))
    runs.work(Run.objects.order_by("-id").first().pk, worker="test")
    assert sorted(media.joinpath("exports").iterdir()) == [
        exports.path_of(Run.objects.order_by("-id").first(), form)
    ]
    assert browser.get(file).status_code == 404


def test_a_long_sheet_goes_on_in_a_next_one(monkeypatch):
    monkeypatch.setattr("finance_mgmt.sheets.writers.MOST_ROWS", 3)
    fields = [tables.Field("n", tables.Kind.NUMBER)]
    out = io.BytesIO()
    exports.writers.write_xlsx(out, [tables.Sheet("Lines", fields, [[n] for n in range(5)])])
    pages = [[row[0][1] for row in cells(out.getvalue(), number)] for number in (1, 2, 3)]
    assert pages == [["n", "0", "1"], ["n", "2", "3"], ["n", "4"]]


@pytest.mark.rule("B4", "Z6")
def test_the_api_streams_the_focus_file_to_whoever_sees_the_bill(bill):
    master, member = user_of(bill.payer), user_of(Account.objects.get(number="T"))
    path = f"bills/{bill.pk}/focus"
    answer = master.get(path)
    assert (answer["Content-Type"], answer["Cache-Control"]) == (
        "text/csv; charset=utf-8",
        "no-store",
    )
    assert answer["Content-Disposition"] == 'attachment; filename="focus-M-2024-05.csv"'
    text = content(answer).decode()
    found = csv.DictReader(io.StringIO(text, newline=""))
    assert sum(Decimal(row["BilledCost"]) for row in found) == bill.total
    assert '@SUM(A1)""\r\n' in text  # a file for programs: nothing is defused
    assert content(master.get(path, Accept="text/csv")).decode() == text
    assert not re.search("InvoiceId", content(boss().get(path, {"version": "1.0"})).decode())
    assert [
        caller.get(path).status_code for caller in (member, staff(), staff("billing.view_bill"))
    ] == [404, 403, 200]
    refused = master.get(path, {"version": "2.0"})
    assert (refused.status_code, codes(refused)) == (400, ["unknown_version"])
    assert master.get(path, Accept="application/json").status_code == 406
