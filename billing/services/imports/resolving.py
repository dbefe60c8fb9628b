"""A parked row gets its decision and becomes a record: once, by a person who says how."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import Cycle
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.money import ZERO, plain
from finance_mgmt.services import decisions

from ...enums import RecordKind, RowStatus
from ...focus import price_book
from ...focus.rows import Row, from_content
from ...models import AccountKey, Charge, ImportedRow, Price, Product, Source, UsageRecord, Voucher
from .. import catalog, usage
from .reading import dialect_of, is_rerated, priced_quantity

_KINDS = {"Usage": RecordKind.USAGE, "Credit": RecordKind.CREDIT}


class NotResolved(FinanceError):
    """The row stays parked until what the reasons name is mended."""

    code = "not_resolved"


@transaction.atomic
def resolve(
    row: ImportedRow,
    *,
    voucher: Voucher | None = None,
    account: Account | None = None,
    key: str,
    by: str,
    at: datetime,
) -> ImportedRow:
    """Store the record of a parked row: its owner, price or voucher is known by now.

    `account` says whose it is where the source's id names nobody (else the id decides), `voucher`
    pays a credit. Purchases, taxes and adjustments are stored as adjustments of their amount. The
    record counts as received with its file. Raises NotResolved with every reason.
    """
    facts = {
        "row": row.pk,
        "voucher": voucher and voucher.code,
        "account": account and account.number,
    }
    _, is_new = decisions.record(verb="imports.resolve", facts=facts, key=key, by=by, at=at)
    usage.lock_sources([row.source_id])
    row = (
        ImportedRow.objects.select_for_update(of=("self",))
        .select_related("source", "usage_import__run")
        .get(pk=row.pk)
    )
    if not is_new:
        return row
    if row.status != RowStatus.PARKED:
        text = f"Row {row} is {row.get_status_display()} already."
        raise NotResolved(Reason("B2", "not_parked", text, {"row": row.pk, "status": row.status}))
    if voucher is not None:
        voucher = Voucher.objects.select_for_update(of=("self",)).get(pk=voucher.pk)
    row.record = _store(row, voucher, account)
    row.status = RowStatus.RESOLVED
    row.save(update_fields=["record", "status"])
    return row


def _store(row: ImportedRow, voucher: Voucher | None, account: Account | None) -> UsageRecord:
    source, said = row.source, from_content(row.content, dialect_of(row.source), row.row_number)
    mode = row.usage_import.run.facts["mode"] or source.mode
    kind = _KINDS.get(said.category, RecordKind.ADJUSTMENT)
    is_priced = is_rerated(said, mode)
    if not is_priced:
        catalog.ensure_products([price_book.entry(source.code, Cycle(source.cycle), said)])
    product = Product.objects.filter(code=price_book.product_code(source.code, said)).first()
    cycle = Cycle(product.cycle) if product and product.cycle else Cycle(source.cycle)
    period = periods.containing(said.starts_at, cycle, ground.policy().zone)
    quantity = priced_quantity(said, source)
    owner = account or _named(source, said)
    reasons = [
        *_wrong_owner(source, said, owner),
        *(_wrong_credit(said, voucher, owner) if kind == RecordKind.CREDIT else []),
        *_wrong_voucher(kind, voucher),
        *_wrong_product(product, said),
        *(_wrong_price(product, quantity, period.start) if is_priced else []),
    ]
    if reasons or owner is None or product is None:
        raise NotResolved(reasons)
    is_late, due_at = usage.hold_horizon(row.usage_import.received_at).due(period.end)
    return UsageRecord.objects.create(
        source=source,
        key=row.key,
        kind=kind,
        owner=owner,
        product=product,
        resource=said.get("ResourceId"),
        starts_at=said.starts_at,
        ends_at=said.ends_at,
        quantity=quantity or ZERO,
        given_amount=None if is_priced else said.billed_cost,
        reason="" if kind == RecordKind.USAGE else _reason_of(said),
        voucher=voucher,
        period_start=period.start,
        period_end=period.end,
        received_at=row.usage_import.received_at,
        is_late=is_late,
        due_at=due_at,
    )


def _named(source: Source, said: Row) -> Account | None:
    external_id = said.sub_account or said.billing_account
    named = AccountKey.objects.filter(source=source, external_id=external_id)
    found = named.select_related("account").first()
    return found.account if found else None


def _reason_of(said: Row) -> str:
    told = said.get("ChargeDescription") or said.category
    prefix = "" if said.category in ("Credit", "Adjustment") else f"{said.category}: "
    return f"{prefix}{told}"[:500]


def _wrong_owner(source: Source, said: Row, owner: Account | None) -> list[Reason]:
    name = said.sub_account or said.billing_account
    if owner is None:
        text = f"{name!r} of {source.code} is none of our accounts. Name it, or say which it is."
        return [Reason("B2", "unknown_account", text, {"external_id": name})]
    known = _named(source, said)
    if known is not None and known.pk != owner.pk:
        text = f"{name!r} of {source.code} is account {known.number}, not {owner.number}."
        return [Reason("B2", "other_account", text, {"external_id": name})]
    if said.currency not in ("", owner.currency):
        text = f"Account {owner.number} is kept in {owner.currency}, the row is in {said.currency}."
        return [Reason("B3", "other_currency", text, {"currency": said.currency})]
    return []


def _wrong_voucher(kind: RecordKind, voucher: Voucher | None) -> list[Reason]:
    if kind == RecordKind.CREDIT and voucher is None:
        text = "A credit needs the voucher that pays it."
        return [Reason("V1", "credit_without_voucher", text)]
    if kind != RecordKind.CREDIT and voucher is not None:
        text = "Only a credit is paid by a named voucher."
        return [Reason("V1", "not_a_credit", text, {"voucher": voucher.code})]
    return []


def _wrong_credit(said: Row, voucher: Voucher | None, owner: Account | None) -> list[Reason]:
    amount = -(said.billed_cost or ZERO)
    if amount <= ZERO:
        text = "A credit has an amount below 0; this one has none."
        return [Reason("V1", "not_negative", text, {"amount": plain(-amount)})]
    if voucher is None:
        return []
    free = voucher.remaining - _promised(voucher)
    if amount > free:
        text = f"Voucher {voucher.code} has {plain(free)} left, the credit takes {plain(amount)}."
        return [Reason("V1", "voucher_too_small", text, {"voucher": voucher.code})]
    if owner is not None and voucher.owner.currency != owner.currency:
        text = f"Voucher {voucher.code} is in {voucher.owner.currency}."
        return [Reason("V1", "voucher_currency", text, {"voucher": voucher.code})]
    return []


def _promised(voucher: Voucher) -> Decimal:
    """What credits take of the voucher that no close has drawn yet."""
    waiting = UsageRecord.objects.filter(voucher=voucher).exclude(
        pk__in=Charge.objects.filter(record__voucher=voucher).values("record")
    )
    return -(waiting.aggregate(total=Sum("given_amount"))["total"] or ZERO)


def _wrong_product(product: Product | None, said: Row) -> list[Reason]:
    name = said.get("SkuId") or said.get("ServiceName") or said.get("Meter")
    if product is None:
        text = f"No product stands for {name!r}. Load a price for it first."
        return [Reason("P1", "no_product", text, {"sku": name})]
    if not product.cycle:
        text = f"{product.code} is not metered: it has no cycle."
        return [Reason("C4", "no_cycle", text, {"product": product.code})]
    return []


def _wrong_price(
    product: Product | None, quantity: Decimal | None, instant: datetime
) -> list[Reason]:
    if quantity is None:
        return [Reason("P1", "no_quantity", "The row has no quantity to be priced.")]
    if (
        product is None
        or Price.objects.filter(product=product, effective_from__lte=instant).exists()
    ):
        return []
    text = f"{product.code} has no price at the start of the charge period ({instant})."
    return [Reason("P1", "no_price", text, {"product": product.code})]
