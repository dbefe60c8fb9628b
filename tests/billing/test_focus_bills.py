"""Our bills as FOCUS files: columns, sums to the cent, and back through our own reader."""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from billing.enums import CommitmentKind, RowStatus
from billing.focus import bills as focus
from billing.focus import checker
from billing.focus.bill_columns import WRITTEN, Version
from billing.models import Bill, Charge, ImportedRow
from billing.queries.bills import amount_due, by_reference, reference_of
from billing.services import adjustments, catalog, commitments, orders, refunds, vouchers
from finance_mgmt.models import Account
from finance_mgmt.services import runs
from simulation import demo
from tests.billing import files
from tests.provider import Provider, at

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).parents[1] / "golden" / "focus_bill_1.2.csv"
USED = at("2024-05-10 10:30")
BILLED = at("2024-06-01 00:10")


def whole(*found: Bill, version: Version = Version.NOW) -> str:
    return "".join(focus.text(found, version))


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def problems(text: str, version: Version = Version.NOW) -> list[tuple[str, str]]:
    return [
        (one.code, one.sentence) for one in checker.check(io.StringIO(text, newline=""), version)
    ]


def billed(rows: list[dict[str, str]], **wanted: str) -> Decimal:
    found = [row for row in rows if all(row[name] == cell for name, cell in wanted.items())]
    return sum((Decimal(row["BilledCost"]) for row in found), Decimal(0))


@pytest.fixture
def bill(provider: Provider) -> Bill:
    """A master's bill with everything on it that a bill can have, but steps of a price."""
    provider.policy(payment_days=30)
    hq = provider.account("10001", credit_limit="1000", cash_amount="50")
    member = provider.account("A")
    compute = provider.product("ecs", unit_price="0.123456", family="Compute")
    disk = provider.product("disk", unit_price="0.01", family="Storage", cycle="day")
    vm = provider.product("vm", unit_price=None, cycle="", family="Compute")
    provider.link(hq, member)
    provider.discount(hq, rate="0.8", family=compute.family)
    said = provider.said
    shared = {"is_shared": True, "owner": hq}
    commitments.add(
        code="ri-1",
        kind=CommitmentKind.RESERVED_INSTANCE,
        product=compute,
        quantity=Decimal(1),
        starts_at=at("2024-05-10 00:00"),
        expires_at=at("2024-05-11 00:00"),
        **shared,
        **said(),
    )
    commitments.add(
        code="sp-1",
        kind=CommitmentKind.SAVINGS_PLAN,
        commit_amount=Decimal("0.03"),
        rate=Decimal("0.6"),
        families=[disk.family],
        starts_at=at("2024-05-10 00:00"),
        expires_at=at("2024-05-10 12:00"),
        **shared,
        **said(),
    )
    vouchers.issue(code="V-1", owner=hq, face_value=Decimal("0.2"), **said())
    provider.use(member, compute, "3", USED, resource="i-1")
    provider.use(member, disk, "70", USED)
    provider.use(hq, compute, "7", USED, resource="=HYPERLINK(1)", given_amount="-2.61")
    order = orders.place(
        number="O-1", account=member, product=vm, list_amount=Decimal(30), months=3, **said(USED)
    )
    refunds.refund(order=order, amount=Decimal("4.00"), **said(USED.replace(day=20)))
    adjustments.adjust(account=hq, amount=Decimal("4.5"), reason="goodwill", **said(USED))
    provider.jobs(BILLED)
    return Bill.objects.get(payer=hq)


@pytest.mark.rule("B3", "K4", "B4")
def test_a_bill_of_everything_keeps_the_rules_of_the_format(bill):
    text = whole(bill)
    rows = read(text)
    assert problems(text) == []
    assert billed(rows) == amount_due(bill) == bill.total
    charged = {str(one.pk): one.payable_amount for one in Charge.objects.filter(payer=bill.payer)}
    by_line = {line: Decimal(0) for line in charged}
    for row in rows:
        line = row["x_BillLineId"].split("/")[0]
        if line in by_line:
            by_line[line] += Decimal(row["BilledCost"])
    assert by_line == charged
    assert {row["InvoiceId"] for row in rows} == {"10001-2024-05"}
    assert {row["BillingAccountId"] for row in rows} == {"acct-10001"}
    assert billed(rows, ChargeCategory="Credit") == Decimal("-0.2")
    assert billed(rows, ChargeDescription="Rounding") == -bill.round_off


def test_a_bill_as_a_file_that_never_changes(bill):
    text = whole(bill)
    numbers = {str(one.pk): n for n, one in enumerate(Charge.objects.order_by("pk"), start=1)}
    text = re.sub(
        r",(\d+)((?:/[a-z]+-\d+)?),(|O-1),(none|trusteeship),",
        lambda found: f",{numbers[found[1]]}{found[2]},{found[3]},{found[4]},",
        text,
    )
    assert text == GOLDEN.read_bytes().decode()


def test_the_first_version_lacks_the_columns_that_came_later(bill):
    text = whole(bill, version=Version.FIRST)
    assert problems(text, Version.FIRST) == []
    newer = {
        "BillingAccountType",
        "CommitmentDiscountQuantity",
        "CommitmentDiscountUnit",
        "InvoiceId",
        "ServiceSubcategory",
        "SkuMeter",
        "SkuPriceDetails",
        "SubAccountType",
    }
    assert set(read(whole(bill))[0]) - set(read(text)[0]) == newer
    assert len(WRITTEN) == 53
    assert billed(read(text)) == bill.total


@pytest.mark.rule("B5")
def test_a_negative_total_is_carried_and_counts_once(provider):
    owner = provider.account("A", cash_amount="10")
    product = provider.product("ecs")
    adjustments.adjust(account=owner, amount=Decimal(-5), reason="sorry", **provider.said(USED))
    provider.jobs(BILLED)
    provider.use(owner, product, "7", at("2024-06-10 10:00"))
    provider.jobs(at("2024-07-01 00:10"))
    first, second = provider.bills()
    texts = [whole(first), whole(second)]
    assert [problems(text) for text in texts] == [[], []]
    assert [billed(read(text)) for text in texts] == [Decimal(0), Decimal(2)]
    assert [amount_due(first), amount_due(second)] == [Decimal(0), Decimal(2)]
    carried = read(texts[1])[0]
    assert (carried["ChargeClass"], carried["BilledCost"], carried["ChargeDescription"]) == (
        "Correction",
        "-5.0",
        "Carried from the bill of 2024-05",
    )


@pytest.mark.rule("C4")
def test_late_usage_of_a_closed_month_is_a_correction(provider):
    owner = provider.account("A", cash_amount="10")
    product = provider.product("ecs")
    provider.use(owner, product, "1", USED)
    provider.jobs(BILLED)
    provider.use(owner, product, "2", USED, reported=at("2024-06-02 09:00"))
    provider.use(owner, product, "4", at("2024-06-01 10:00"), reported=at("2024-06-02 09:00"))
    provider.jobs(at("2024-07-01 00:10"))
    text = whole(provider.bills()[1])
    assert problems(text) == []
    found = [
        (row["BilledCost"], row["ChargeClass"], row["ChargePeriodStart"]) for row in read(text)
    ]
    assert found == [
        ("2.0", "Correction", "2024-05-10T02:00:00Z"),
        ("4.0", "", "2024-06-01T02:00:00Z"),
    ]


def test_what_is_not_priced_by_a_unit_is_one_lot(provider):
    owner = provider.account("A", cash_amount="100")
    product = provider.product("ecs", unit_price="0.1")
    price = product.prices.get()
    price.tiers = [["100", "0.07"]]
    price.save()
    provider.use(owner, product, "150", USED)
    provider.jobs(BILLED)
    text = whole(provider.bills()[0])
    (row,) = read(text)
    assert problems(text) == []
    names = ("PricingQuantity", "PricingUnit", "ListUnitPrice", "ListCost", "ConsumedQuantity")
    assert [row[name] for name in names] == ["1.0", "Charges", "13.5", "13.5", "150.0"]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("BilledCost", "1", "number_without_point"),
        ("BilledCost", "", "missing_value"),
        ("BillingAccountId", "10001", "id_of_digits"),
        ("BillingCurrency", "¥", "bad_currency"),
        ("ChargeCategory", "Refund", "word_not_allowed"),
        ("ChargeDescription", "NULL", "bad_text"),
        ("ChargePeriodStart", "2024-05-10 02:00:00", "bad_time"),
        ("ConsumedUnit", "", "null_alone"),
        ("ListCost", "9.0", "not_price_times_quantity"),
        ("ListUnitPrice", "-0.5", "negative_price"),
        ("ProviderName", "Other", "several_providers"),
        ("ServiceSubcategory", "Other (Storage)", "subcategory_of_another"),
        ("Tags", "[]", "bad_pairs"),
    ],
)
def test_the_checker_sees_what_is_wrong(provider, column, cell, code):
    owner = provider.account("A", cash_amount="10")
    provider.use(owner, provider.product("ecs", family="Compute"), "1", USED)
    provider.jobs(BILLED)
    (row,) = read(whole(provider.bills()[0]))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(row))
    writer.writeheader()
    writer.writerow(row | {column: cell})
    assert [one for one, _ in problems(out.getvalue())] == [code]


@pytest.mark.rule("B2", "B3")
def test_our_reader_takes_back_what_we_wrote(provider, bill):
    """Usage and purchases come back with their owner and amount; credits and refunds wait."""
    text = whole(bill)
    source = catalog.ensure_source(code="own", name="Group billing", **provider.said())
    for external, number in (("acct-10001", "10001"), ("A", "A")):
        account = Account.objects.get(number=number)
        catalog.name_account(
            source=source, external_id=external, account=account, **provider.said()
        )
    stored = files.load(provider, text.encode(), received_at=files.AT)
    rows = read(text)
    assert (stored.state, stored.rows_read) == ("stored", len(rows))
    assert Decimal(stored.totals["CNY"]["BilledCost"]["read"]) == bill.total
    parked = ImportedRow.objects.filter(status=RowStatus.PARKED)
    assert {row.content["ChargeCategory"] for row in parked} == {"Credit", "Purchase"}


def test_the_command_writes_whole_files_and_says_what_is_missing(bill, tmp_path, capsys):
    out = tmp_path / "bill.csv"
    call_command("export_focus", bill=reference_of(bill), out=out, check=True)
    assert out.read_bytes().decode() == whole(bill)
    assert [path.name for path in tmp_path.iterdir()] == ["bill.csv"]
    call_command("export_focus", month="2024-05", focus="1.0")
    assert billed(read(capsys.readouterr().out)) == bill.total
    for wrong in ({"bill": "10001-2024-04"}, {"bill": "x"}, {"month": "2024-04"}, {"month": "May"}):
        with pytest.raises(CommandError):
            call_command("export_focus", **wrong)
    assert by_reference("10001-2024-05") == bill


@pytest.mark.slow
@pytest.mark.rule("B3", "B4")
def test_the_real_month_sums_to_the_cent(provider):
    """1,000 rows of a real group come out as three bills: 18.00 + 1.97 + 0.53."""
    demo.open_group()
    usage_import = demo.import_month()
    runs.work(usage_import.run_id, worker="test")
    usage_import.refresh_from_db()
    demo.resolve_credit(usage_import)
    provider.jobs(demo.DELIVERED.replace(month=11))
    made = {reference_of(bill): whole(bill) for bill in Bill.objects.order_by("payer__number")}
    assert {name: problems(text) for name, text in made.items()} == dict.fromkeys(made, [])
    assert {name: billed(read(text)) for name, text in made.items()} == {
        "aws-1234567890123-2024-09": Decimal("18.00"),
        "azure-8611537-2024-09": Decimal("1.97"),
        "oracle-20209880-2024-09": Decimal("0.53"),
    }
