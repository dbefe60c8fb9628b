"""Parked rows and the decisions that free them (FOCUS.md 2, oddity 10)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.models import Charge, ImportedRow, UsageRecord, Voucher
from billing.services import catalog, imports, vouchers
from billing.services.imports import NotResolved
from tests.billing import files
from tests.billing.files import focus, load

CREDIT = {"ChargeCategory": "Credit", "BilledCost": "-2.6137", "PricingQuantity": "NULL"}
CREDIT |= {"ListUnitPrice": "NULL", "ChargeDescription": '"Promotional credit"'}


def parked_row(provider, changes: dict[str, str], **options) -> ImportedRow:
    load(provider, focus(changes), **options)
    return ImportedRow.objects.get(status="parked")


def voucher_of(provider, owner, face_value: str = "10", code: str = "V1") -> Voucher:
    return vouchers.issue(code=code, owner=owner, face_value=Decimal(face_value), **provider.said())


def refused(provider, row: ImportedRow, **options) -> list[str]:
    with pytest.raises(NotResolved) as caught:
        imports.resolve(row, **options, **provider.said(files.AT))
    row.refresh_from_db()
    assert (row.status, row.record) == ("parked", None)
    assert UsageRecord.objects.count() == 0
    return [reason.code for reason in caught.value.reasons]


@pytest.mark.rule("V1", "B2")
def test_a_credit_is_posted_against_its_voucher(provider):
    """The voucher's owner is outside the group, as in the real file."""
    _, _, member = files.small_world(provider)
    voucher = voucher_of(provider, provider.account("promoter", currency="USD"))
    row = parked_row(provider, CREDIT)
    said = provider.said(files.AT)

    resolved = imports.resolve(row, voucher=voucher, **said)

    record = UsageRecord.objects.get()
    assert (resolved.status, resolved.record) == ("resolved", record)
    assert (record.kind, record.owner, record.voucher, record.given_amount, record.reason) == (
        "credit",
        member,
        voucher,
        Decimal("-2.6137"),
        "Promotional credit",
    )
    assert (record.quantity, record.product.name) == (Decimal(0), "Promotional credit")
    assert (record.received_at, record.is_late) == (files.RECEIVED_AT, False)
    assert imports.resolve(row, voucher=voucher, **said) == resolved
    assert UsageRecord.objects.count() == 1


@pytest.mark.rule("V1", "B2")
def test_the_close_draws_the_credit_from_the_voucher(provider):
    files.small_world(provider)
    voucher = voucher_of(provider, provider.account("promoter", currency="USD"))
    imports.resolve(parked_row(provider, CREDIT), voucher=voucher, **provider.said(files.AT))

    provider.jobs(datetime(2024, 9, 30, tzinfo=UTC))

    charge = Charge.objects.get()
    assert (charge.payer.number, charge.voucher_amount, charge.payable_amount) == (
        "HQ",
        Decimal("2.6137"),
        Decimal("-2.6137"),
    )
    voucher.refresh_from_db()
    assert voucher.remaining == Decimal("7.3863")


@pytest.mark.rule("V1")
def test_a_credit_is_not_posted_without_enough_of_a_voucher(provider):
    files.small_world(provider)
    owner = provider.account("promoter", currency="USD")
    row = parked_row(provider, CREDIT)
    assert refused(provider, row) == ["credit_without_voucher"]
    small = voucher_of(provider, owner, "2.6136", "SMALL")
    assert refused(provider, row, voucher=small) == ["voucher_too_small"]
    foreign = voucher_of(provider, provider.account("elsewhere", currency="EUR"), "10", "EUR")
    assert refused(provider, row, voucher=foreign) == ["voucher_currency"]


@pytest.mark.rule("V1")
def test_two_credits_don_t_promise_the_same_money_twice(provider):
    files.small_world(provider)
    voucher = voucher_of(provider, provider.account("promoter", currency="USD"), "4")
    load(provider, focus(CREDIT, CREDIT))
    first, second = ImportedRow.objects.order_by("row_number")
    imports.resolve(first, voucher=voucher, **provider.said(files.AT))
    with pytest.raises(NotResolved):
        imports.resolve(second, voucher=voucher, **provider.said(files.AT))
    provider.jobs(datetime(2024, 9, 30, tzinfo=UTC))
    with pytest.raises(NotResolved):
        imports.resolve(second, voucher=voucher, **provider.said(files.AT))
    voucher.refresh_from_db()
    assert voucher.remaining == Decimal("1.3863")


@pytest.mark.rule("V1")
def test_a_credit_above_0_is_no_credit(provider):
    files.small_world(provider)
    voucher = voucher_of(provider, provider.account("promoter", currency="USD"))
    row = parked_row(provider, CREDIT | {"BilledCost": "1"})
    assert refused(provider, row, voucher=voucher) == ["not_negative"]


@pytest.mark.rule("B2")
def test_an_account_known_since_or_named_now(provider):
    source, _, _ = files.small_world(provider)
    late = provider.account("B", currency="USD")
    load(provider, focus({"SubAccountId": "S-2"}, {"SubAccountId": "S-3"}))
    first, second = ImportedRow.objects.order_by("row_number")
    assert refused(provider, first) == ["unknown_account"]
    catalog.name_account(source=source, external_id="S-2", account=late, **provider.said())
    imports.resolve(first, **provider.said(files.AT))
    imports.resolve(second, account=late, **provider.said(files.AT))
    assert list(UsageRecord.objects.values_list("key", "owner", "given_amount", "kind")) == [
        ("2", late.pk, Decimal("1.5"), "usage"),
        ("1", late.pk, Decimal("1.5"), "usage"),
    ]


@pytest.mark.rule("B2", "B3")
def test_a_row_goes_to_no_other_account_than_its_own(provider):
    source, master, member = files.small_world(provider)
    row = parked_row(provider, {"SubAccountId": "S-2"})
    foreign = provider.account("E", currency="EUR")
    assert refused(provider, row, account=foreign) == ["other_currency"]
    catalog.name_account(source=source, external_id="S-2", account=member, **provider.said())
    assert refused(provider, row, account=master) == ["other_account"]


@pytest.mark.rule("P1")
def test_a_price_loaded_since(provider):
    source, _, member = files.small_world(provider, mode="re_rate")
    row = parked_row(provider, {})
    assert refused(provider, row) == ["no_product"]
    entry = files.price_book.entry(source.code, files.Cycle.HOUR, files.read(focus({}))[0])
    late = files.price_book.priced(entry, Decimal(2), datetime(2024, 9, 19, tzinfo=UTC))
    late = files.replace(late, first_used_at=late.listed_from)
    catalog.load_price_book([late], **provider.said())
    assert refused(provider, row) == ["no_price"]
    catalog.load_price_book([entry], **provider.said())
    imports.resolve(row, **provider.said(files.AT))
    record = UsageRecord.objects.get()
    assert (record.owner, record.given_amount, record.quantity) == (member, None, Decimal(3))


@pytest.mark.rule("P1")
def test_without_a_quantity_nothing_is_priced(provider):
    files.small_world(provider, mode="re_rate")
    row = parked_row(provider, {"PricingQuantity": "NULL"})
    assert refused(provider, row) == ["no_product", "no_quantity"]


@pytest.mark.rule("B2")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ChargeCategory": "Purchase"}, "Purchase: $0.50 per hour"),
        ({"ChargeCategory": "Tax", "ChargeDescription": "NULL"}, "Tax: Tax"),
        ({"ChargeCategory": "Adjustment", "ChargeDescription": "NULL"}, "Adjustment"),
    ],
)
@pytest.mark.parametrize("mode", ["pass_through", "re_rate"])
def test_purchases_and_taxes_are_adjustments_when_somebody_says_so(provider, changes, reason, mode):
    files.small_world(provider, mode=mode)
    imports.resolve(parked_row(provider, changes), **provider.said(files.AT))
    record = UsageRecord.objects.get()
    assert (record.kind, record.given_amount, record.reason) == (
        "adjustment",
        Decimal("1.5"),
        reason,
    )


@pytest.mark.rule("C4")
def test_a_row_resolved_after_the_close_is_late(provider):
    files.small_world(provider)
    row = parked_row(provider, {"SubAccountId": "S-2"})
    closed = datetime(2024, 10, 1, tzinfo=UTC)
    provider.jobs(closed)
    late = provider.account("B", currency="USD")
    imports.resolve(row, account=late, **provider.said(files.AT))
    record = UsageRecord.objects.get()
    assert (record.is_late, record.due_at) == (True, closed + timedelta(microseconds=1))


@pytest.mark.rule("B2")
def test_only_a_parked_row_is_resolved_and_once(provider):
    files.small_world(provider)
    load(provider, focus({}))
    row = ImportedRow.objects.get()
    with pytest.raises(NotResolved) as caught:
        imports.resolve(row, **provider.said(files.AT))
    assert [reason.code for reason in caught.value.reasons] == ["not_parked"]
    assert UsageRecord.objects.count() == 1


@pytest.mark.rule("V1")
def test_a_voucher_is_for_credits_only(provider):
    files.small_world(provider)
    voucher = voucher_of(provider, provider.account("promoter", currency="USD"))
    row = parked_row(provider, {"ChargeCategory": "Tax"})
    assert refused(provider, row, voucher=voucher) == ["not_a_credit"]
