"""Why a charge is what it is: one answer, from usage to invoice (B1).

What was decided when the charge was made stands on it; what follows from dated rows (terms,
prices) is read again as of the start of its period, where it can't have changed since.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Prefetch, QuerySet, Sum
from django.utils.module_loading import import_string

from finance_mgmt import periods
from finance_mgmt.enums import Mode
from finance_mgmt.models import Relationship
from finance_mgmt.money import ZERO
from finance_mgmt.queries import mode_at, policy, terms
from finance_mgmt.rules.terms import Money, Terms

from ..enums import ChargeKind, RecordKind
from ..models import Bill, Charge, Coverage, Price, UsageRecord, VoucherDraw
from ..rules.pricing import ListPrice as Rated
from ..rules.pricing import steps_of
from . import explained
from .explained import Explanation, PriceStep

RULE_OF_KIND = {
    ChargeKind.USAGE: "C1",
    ChargeKind.ORDER: "C2",
    ChargeKind.REFUND: "O4",
    ChargeKind.ADJUSTMENT: "B2",
}


def explain(charge: Charge) -> Explanation:
    """The whole story of a charge. A fixed number of queries, whatever it was made of."""
    charge = _with_facts(charge.pk)
    at = charge.period_start
    found = terms(charge.owner_id, at)
    records = records_of(charge)
    price = _price(charge)
    return Explanation(
        charge=charge,
        at=at,
        usage=_usage(charge, records),
        price=price,
        covers=tuple(
            explained.Cover(
                one.commitment,
                one.commitment.owner_id == charge.owner_id,
                one.quantity,
                one.amount,
            )
            for one in charge.coverage.all()
        ),
        discount=_discount(charge, found),
        vouchers=tuple(_vouchers(charge)),
        payer=_payer(charge),
        money=_money(charge, found),
        bill=_bill(charge),
        invoice=_invoice(charge),
        rules=tuple(rules_of(charge)),
    )


def rules_of(charge: Charge) -> list[str]:
    """Which rules decided: the payer's first, then in the order of the amounts (K4)."""
    of_others = [one.commitment.owner_id != charge.owner_id for one in charge.coverage.all()]
    vouchers_of_others = [
        draw.voucher.owner_id != charge.owner_id for draw in charge.voucher_draws.all()
    ]
    keeps_own = charge.product is not None and charge.product.keeps_own_discount
    found = {
        RULE_OF_KIND[ChargeKind(charge.kind)]: True,
        "C4": charge.is_late,
        "K1": bool(of_others),
        "K2": any(of_others),
        "D1": charge.discount_id is not None,
        "D2": keeps_own and charge.payer_id != charge.owner_id,
        "V2": bool(vouchers_of_others),
        "V3": any(vouchers_of_others),
    }
    return [rule for rule, counts in found.items() if counts]


def records_of(charge: Charge) -> QuerySet[UsageRecord]:
    """The records it was made of: found by what they share, not by a mark (B2)."""
    if charge.record_id:
        return UsageRecord.objects.filter(pk=charge.record_id)
    if charge.kind != ChargeKind.USAGE:
        return UsageRecord.objects.none()
    return UsageRecord.objects.filter(
        owner=charge.owner_id,
        due_at__gte=charge.period_end,  # lets the index on (owner, due_at) find them
        product=charge.product_id,
        resource=charge.resource,
        period_start=charge.period_start,
        is_late=False,
        kind=RecordKind.USAGE,
    ).order_by("starts_at", "id")


def _with_facts(pk: int) -> Charge:
    covered = Coverage.objects.select_related("commitment__owner").order_by("pk")
    drawn = VoucherDraw.objects.select_related("voucher__owner").order_by("pk")
    rows = Charge.objects.select_related(
        "owner",
        "payer",
        "product",
        "order",
        "relationship__master",
        "relationship__member",
        "discount__owner",
        "discount__product",
        "discount__family",
    )
    parts = (Prefetch("coverage", covered), Prefetch("voucher_draws", drawn))
    return rows.prefetch_related(*parts).get(pk=pk)


def _usage(charge: Charge, records: QuerySet[UsageRecord]) -> explained.Usage:
    unit = charge.product.unit if charge.product else ""
    return explained.Usage(records.count(), charge.quantity, unit, charge.is_late)


def _price(charge: Charge) -> explained.ListPrice:
    if charge.unit_price is None or charge.kind != ChargeKind.USAGE:
        return explained.ListPrice(None, (), charge.list_amount)
    rows = Price.objects.filter(product=charge.product_id, effective_from__lte=charge.period_start)
    price = rows.order_by("-effective_from").first()
    given = records_of(charge).aggregate(amount=Sum("given_amount"))["amount"] or ZERO
    steps = tuple(_steps(charge, price)) if not given else ()
    if sum((step.amount for step in steps), ZERO) != charge.list_amount:
        return explained.ListPrice(price, (), charge.list_amount)  # partly given by the source
    return explained.ListPrice(price, steps, ZERO)


def _steps(charge: Charge, price: Price | None) -> Iterable[PriceStep]:
    """The quantity cut at the steps of the price, after what the month had used before (P1)."""
    first = charge.unit_price or ZERO
    tiers = steps_of(price.tiers) if price else ()
    before = _used_before(charge) if tiers else ZERO
    whole = Rated(first, tiers)
    edges = [(ZERO, first), *tiers]
    for number, (start, unit_price) in enumerate(edges):
        end = edges[number + 1][0] if number + 1 < len(edges) else None
        low = max(start, before)
        high = before + charge.quantity if end is None else min(end, before + charge.quantity)
        if high > low or len(edges) == 1:
            quantity = high - low
            yield PriceStep(quantity, unit_price, whole.value(quantity, low))


def used_in(month: date, zone: ZoneInfo) -> dict[str, datetime]:
    """Filter for charges of the month's own usage, whichever bill they are on (C6, P1)."""
    period = periods.month_period(month, zone)
    return {
        "period_start__gte": period.start - timedelta(days=7),  # a week that ends in the month
        "period_end__gt": period.start,
        "period_end__lte": period.end,
    }


def _used_before(charge: Charge) -> Decimal:
    zone = policy().zone
    earlier = Charge.objects.filter(
        kind=ChargeKind.USAGE,
        unit_price__isnull=False,
        owner=charge.owner_id,
        product=charge.product_id,
        pk__lt=charge.pk,
        **used_in(periods.billing_month(charge.period_end, zone), zone),
    )
    return earlier.aggregate(sum=Sum("quantity"))["sum"] or ZERO


def _discount(charge: Charge, found: Terms) -> explained.Discounted:
    keeps_own = charge.product is not None and charge.product.keeps_own_discount
    is_of_master = found.discounts_for(keeps_own_discount=keeps_own) != charge.owner_id
    discount = charge.discount
    owner = charge.owner
    if discount is not None:
        owner, is_of_master = discount.owner, discount.owner_id != charge.owner_id
    elif is_of_master and charge.relationship is not None:
        owner = charge.relationship.master
    if charge.kind in (ChargeKind.ADJUSTMENT, ChargeKind.REFUND):
        return explained.Discounted(owner, "price_was_given", None)
    if not is_of_master:
        why = "product_keeps_own" if keeps_own and found.mode else "own_prices"
        return explained.Discounted(owner, why, discount)
    is_trusteeship = found.mode == Mode.TRUSTEESHIP
    why = "master_in_trusteeship" if is_trusteeship else "master_shares_discounts"
    return explained.Discounted(owner, why, discount)


def _vouchers(charge: Charge) -> Iterable[explained.Tried]:
    drawn = {draw.voucher.code: draw for draw in charge.voucher_draws.all()}
    for one in (charge.explanation or {}).get("vouchers", []):
        draw = drawn.pop(one["voucher"], None)
        paid = draw.amount if draw else ZERO
        voucher = draw.voucher if draw else None
        yield explained.Tried(one["voucher"], voucher, paid, one["refused"])
    for code, draw in drawn.items():
        yield explained.Tried(code, draw.voucher, draw.amount, "")


def _payer(charge: Charge) -> explained.Payer:
    link: Relationship | None = charge.relationship
    mode = mode_at(link, charge.period_start) if link else None
    why = {
        ChargeKind.ORDER: "order_at_payment",
        ChargeKind.REFUND: "refund_to_who_paid",
        ChargeKind.ADJUSTMENT: "adjustment_when_made",
    }.get(ChargeKind(charge.kind))
    if why is None or (charge.kind == ChargeKind.ADJUSTMENT and charge.record_id):
        why = {
            None: "no_relationship",
            Mode.MANAGEMENT: "management_pays_itself",
            Mode.TRUSTEESHIP: "trusteeship_master_pays",
        }[mode]
    return explained.Payer(charge.payer, why, link, mode)


def _money(charge: Charge, found: Terms) -> tuple[explained.Pocket, ...]:
    """For orders and refunds what moved; for usage what the month's bill may draw, in order."""
    if charge.kind == ChargeKind.ORDER and charge.order:
        moved = {Money.CASH: charge.order.from_cash, Money.CREDIT: charge.order.from_credit}
    elif charge.kind == ChargeKind.REFUND:
        back = charge.refund
        moved = {Money.CREDIT: -back.to_credit, Money.CASH: -back.to_cash}
    else:
        kinds = [kind for _, kind in found.money if kind != Money.VOUCHERS]
        return tuple(explained.Pocket(kind) for kind in kinds)
    return tuple(explained.Pocket(kind, amount) for kind, amount in moved.items() if amount)


def _bill(charge: Charge) -> explained.OnBill:
    bills = Bill.objects.select_related("payer")
    bill = bills.filter(payer=charge.payer_id, month=charge.billing_month).first()
    why = "late_in_open_month" if charge.is_late else "month_of_last_instant"
    if charge.period_start == charge.period_end:
        why = "month_of_payment"
    return explained.OnBill(charge.billing_month, bill, why)


def _invoice(charge: Charge) -> Mapping[str, str] | None:
    """What the floor above says of it (settings.INVOICE_OF)."""
    if not settings.INVOICE_OF:
        return None
    found: Mapping[str, str] | None = import_string(settings.INVOICE_OF)(charge)
    return found
