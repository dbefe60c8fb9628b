"""Issued bills as a FOCUS file, line by line: the memory does not grow with the bill.

The billed costs of a bill sum to what is due on it: lines carry every digit, one line more
rounds the bill, and one each takes a negative total over to the next (B3, B5).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from json import dumps
from zoneinfo import ZoneInfo

from django.conf import settings

from finance_mgmt import periods
from finance_mgmt.money import ZERO
from finance_mgmt.queries import policy, terms

from ..enums import CommitmentKind, OrderKind
from ..models import Bill, Charge, Commitment
from ..queries import bills
from ..queries.unused_cover import Unused, unused_cover
from . import cells
from .bill_columns import OTHER, SERVICE_CATEGORIES, Version, subcategory, written
from .parts import UNIT, Part, parts_of, unit_of
from .price_book import slug

ROWS_AT_ONCE = 500
MOMENT = timedelta(seconds=1)
PLAIN = "Adjustments"  # the service of what is for no product
CATEGORY_BY_SLUG = {slug(name): name for name in SERVICE_CATEGORIES}
PURCHASE = {OrderKind.NEW: "One-Time", OrderKind.RENEW: "Recurring", OrderKind.UPGRADE: "One-Time"}
FREQUENCY = {"Usage": "Usage-Based", "Credit": "One-Time", "Adjustment": "One-Time"}


class Writer:
    """The rows of one bill. What is the same in all of them is made once."""

    def __init__(self, bill: Bill, zone: ZoneInfo) -> None:
        self.bill, self.zone = bill, zone
        month = periods.month_period(bill.month, zone)
        payer = bill.payer
        settler = terms(payer.pk, bill.issued_at).settled_by[-1]
        number = payer.number if settler == payer.pk else cells.number_of(settler)
        self.same = {
            "BillingAccountId": cells.account_id(payer.number),
            "BillingAccountName": payer.name or payer.number,
            "BillingAccountType": "Billing account",
            "BillingCurrency": bill.currency,
            "BillingPeriodStart": cells.time(month.start),
            "BillingPeriodEnd": cells.time(month.end),
            "InvoiceId": bills.reference_of(bill),
            "InvoiceIssuerName": settings.PROVIDER_NAME,
            "ProviderName": settings.PROVIDER_NAME,
            "PublisherName": settings.PROVIDER_NAME,
            "x_PayerAccountId": cells.account_id(number),
        }

    def rows(self) -> Iterator[dict[str, str]]:
        """Every line: what was carried in, the charges, cover left over, what is carried on."""
        bill = self.bill
        if bill.carried_amount:
            before = bill.carried_from.month if bill.carried_from else bill.month
            text = f"Carried from the bill of {before:%Y-%m}"
            yield self._made("carried", text, bill.carried_amount, is_correction=True)
        for charge in bills.streamed_lines(bill):
            for part in parts_of(charge):
                yield self._charged(charge, part)
        for left in unused_cover(bill.payer_id, bill.month, self.zone):
            yield self._unused(left)
        if bill.carried_forward:
            text = "Carried to the next bill"
            yield self._made("carried-forward", text, -bill.carried_forward)
        if bill.round_off:
            yield self._made("rounding", "Rounding", -bill.round_off)

    def _charged(self, charge: Charge, part: Part) -> dict[str, str]:
        end = max(charge.period_end, charge.period_start + MOMENT)
        is_of_member = charge.owner_id != charge.payer_id
        mode = "management" if charge.relationship_id else "none"
        row = {
            **self.same,
            **_costs(part),
            **_service(charge),
            **_priced(charge, part),
            "ChargeCategory": part.category,
            "ChargeClass": self._class(charge),
            "ChargeDescription": _description(charge, part),
            "ChargeFrequency": _frequency(charge, part),
            "ChargePeriodStart": cells.time(charge.period_start),
            "ChargePeriodEnd": cells.time(end),
            "x_BillLineId": f"{charge.pk}{part.suffix}",
            "x_FinanceMode": "trusteeship" if is_of_member else mode,
            "x_OrderId": charge.order.number if charge.order else "",
            "x_VoucherId": part.voucher,
        }
        if is_of_member:
            row["SubAccountId"] = cells.account_id(charge.owner.number)
            row["SubAccountName"] = charge.owner.name or charge.owner.number
            row["SubAccountType"] = "Member account"
        if charge.resource:
            row["ResourceId"] = row["ResourceName"] = charge.resource
            row["ResourceType"] = row["ServiceName"]
        if part.commitment:
            unit = unit_of(charge)
            row |= _commitment(part.commitment, part.commitment_quantity, unit, self.bill.currency)
            row["CommitmentDiscountStatus"] = "Used"
        return row

    def _class(self, charge: Charge) -> str:
        """Whether it puts right what an earlier month said: late usage, refunds, corrections."""
        began = charge.period_start
        if charge.order is not None and charge.kind == "refund":
            began = charge.order.paid_at or began
        is_of_earlier = periods.month_of(began, self.zone) < self.bill.month
        is_back = charge.is_late or charge.kind == "refund"
        return "Correction" if is_of_earlier and is_back else ""

    def _unused(self, left: Unused) -> dict[str, str]:
        row = left.commitment
        is_plan = row.kind == CommitmentKind.SAVINGS_PLAN
        unit = (row.product.unit if row.product else "") or UNIT
        return {
            **self.same,
            **_costs(Part("Usage", ZERO, ZERO, ZERO, left.quantity if is_plan else ZERO)),
            **_service_named(OTHER, row.code),
            **_commitment(row, left.quantity, unit, self.bill.currency),
            "ChargeCategory": "Usage",
            "ChargeDescription": f"Unused part of {row.code}",
            "ChargeFrequency": "Usage-Based",
            "ChargePeriodStart": cells.time(left.start),
            "ChargePeriodEnd": cells.time(left.end),
            "CommitmentDiscountStatus": "Unused",
            "ContractedUnitPrice": cells.decimal(ZERO),
            "ListUnitPrice": cells.decimal(ZERO),
            "PricingCategory": "Committed",
            "PricingQuantity": cells.decimal(left.quantity),
            "PricingUnit": self.bill.currency if is_plan else unit,
            "ResourceId": row.code,
            "ResourceName": row.code,
            "ResourceType": _kind(row),
            "SkuId": row.code,
            "SkuMeter": row.code,
            "SkuPriceId": f"{row.code}/unused",
            "x_BillLineId": f"unused-{row.code}",
            "x_FinanceMode": "none",
        }

    def _made(
        self, name: str, text: str, amount: Decimal, *, is_correction: bool = False
    ) -> dict[str, str]:
        """A line that no charge stands behind. What is carried is a cost of its own month only."""
        part = Part("Adjustment", amount, amount, amount, ZERO if "carried" in name else amount)
        return {
            **self.same,
            **_costs(part),
            **_service_named(OTHER, PLAIN),
            "ChargeCategory": "Adjustment",
            "ChargeClass": "Correction" if is_correction else "",
            "ChargeDescription": text,
            "ChargeFrequency": "One-Time",
            "ChargePeriodStart": self.same["BillingPeriodStart"],
            "ChargePeriodEnd": self.same["BillingPeriodEnd"],
            "x_BillLineId": f"{self.same['InvoiceId']}/{name}",
            "x_FinanceMode": "none",
        }


def rows(bill: Bill) -> Iterator[dict[str, str]]:
    """The rows of one bill: cells as text by column; a column that is not named is null."""
    yield from Writer(bill, policy().zone).rows()


def text(found: Iterable[Bill], version: Version = Version.NOW) -> Iterator[str]:
    """A whole file of these bills, in pieces of a few hundred lines."""
    names = [column.name for column in written(version)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(names)
    waiting = 0
    for bill in found:
        for row in rows(bill):
            writer.writerow([row.get(name, "") for name in names])
            waiting += 1
            if waiting >= ROWS_AT_ONCE:
                yield buffer.getvalue()
                buffer.seek(waiting := 0)
                buffer.truncate()
    yield buffer.getvalue()


def _costs(part: Part) -> dict[str, str]:
    return {
        "BilledCost": cells.decimal(part.billed),
        "ContractedCost": cells.decimal(part.contracted),
        "EffectiveCost": cells.decimal(part.effective),
        "ListCost": cells.decimal(part.listed),
    }


def _service(charge: Charge) -> dict[str, str]:
    product = charge.product
    if product is None:
        return _service_named(OTHER, PLAIN)
    category = CATEGORY_BY_SLUG.get(slug(product.family.name), OTHER)
    return _service_named(category, product.service or product.family.name)


def _service_named(category: str, name: str) -> dict[str, str]:
    return {
        "ServiceCategory": category,
        "ServiceName": name,
        "ServiceSubcategory": subcategory(category),
    }


def _priced(charge: Charge, part: Part) -> Mapping[str, str]:
    pricing, product = part.pricing, charge.product
    if pricing is None or product is None:
        return {}
    price = "lot" if pricing.is_lot else cells.decimal(pricing.list_price)
    details = {"Cycle": product.cycle or "prepaid", "Family": product.family.code}
    found = {
        "ContractedUnitPrice": cells.decimal(pricing.contracted_price),
        "ListUnitPrice": cells.decimal(pricing.list_price),
        "PricingCategory": "Committed" if part.commitment else "Standard",
        "PricingQuantity": cells.decimal(pricing.quantity),
        "PricingUnit": pricing.unit,
        "SkuId": product.code,
        "SkuMeter": product.name or product.code,
        "SkuPriceDetails": dumps(details, ensure_ascii=False),
        "SkuPriceId": f"{product.code}/{price}",
    }
    if part.consumed is not None:
        found["ConsumedQuantity"] = cells.decimal(part.consumed)
        found["ConsumedUnit"] = unit_of(charge)
    return found


def _commitment(
    row: Commitment, quantity: Decimal | None, unit: str, currency: str
) -> dict[str, str]:
    is_plan = row.kind == CommitmentKind.SAVINGS_PLAN
    return {
        "CommitmentDiscountCategory": "Spend" if is_plan else "Usage",
        "CommitmentDiscountId": row.code,
        "CommitmentDiscountName": row.code,
        "CommitmentDiscountQuantity": cells.decimal(quantity or ZERO),
        "CommitmentDiscountType": _kind(row),
        "CommitmentDiscountUnit": currency if is_plan else unit,
    }


def _kind(row: Commitment) -> str:
    return row.kind.replace("_", " ").capitalize()  # not translated: a file is for programs


def _description(charge: Charge, part: Part) -> str:
    if part.voucher:
        return f"Voucher {part.voucher}"
    name = charge.product.name or charge.product.code if charge.product else ""
    return f"{name}: {charge.reason}" if name and charge.reason else name or charge.reason


def _frequency(charge: Charge, part: Part) -> str:
    if part.category != "Purchase" or charge.order is None:
        return FREQUENCY.get(part.category, "One-Time")
    return PURCHASE[OrderKind(charge.order.kind)]
