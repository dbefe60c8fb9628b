"""Charges, and what commitments covered of them."""

from collections.abc import Iterator

from billing.enums import ChargeKind
from billing.models import Bill, Charge, Coverage

from .view import Entry, View, money, number

RULE_OF_KIND = {
    ChargeKind.USAGE: "C1",
    ChargeKind.ORDER: "C2",
    ChargeKind.REFUND: "O4",
    ChargeKind.ADJUSTMENT: "B2",
}


def charges(view: View) -> Iterator[Entry]:
    """What is owed by whom for whom (B1). `bill` is its month once that is issued."""
    issued = set(Bill.objects.values_list("payer_id", "month"))
    rows = Charge.objects.select_related("owner", "payer", "product", "discount__owner")
    for charge in rows.prefetch_related("voucher_draws__voucher", "coverage__commitment"):
        month = f"{charge.billing_month:%Y-%m}"
        is_issued = (charge.payer_id, charge.billing_month) in issued
        row = {
            "kind": str(charge.kind),
            "owner": charge.owner.number,
            "payer": charge.payer.number,
            "product": charge.product.code if charge.product else None,
            "resource": charge.resource or None,
            "period_start": view.instant(charge.period_start),
            "period_end": view.instant(charge.period_end),
            "quantity": number(charge.quantity),
            "list_amount": money(charge.list_amount),
            "covered_amount": money(charge.covered_amount),
            "discount_amount": money(charge.discount_amount),
            "voucher_amount": money(charge.voucher_amount),
            "payable_amount": money(charge.payable_amount),
            "discount_of": charge.discount.owner.number if charge.discount else None,
            "bill": month if is_issued else None,
            "late": charge.is_late,
            "rules": _rules(charge),
            "month": month,
        }
        yield Entry(charge.period_start, charge.pk, row)


def coverage(view: View) -> Iterator[Entry]:
    """What was covered for whom (K3)."""
    rows = Coverage.objects.select_related("commitment", "charge__owner", "charge__product")
    for covered in rows:
        charge = covered.charge
        row = {
            "commitment": covered.commitment.code,
            "owner": charge.owner.number,
            "product": charge.product.code if charge.product else None,
            "period_start": view.instant(charge.period_start),
            "quantity": number(covered.quantity),
            "amount": money(covered.amount),
        }
        yield Entry(charge.period_start, covered.pk, row)


def _rules(charge: Charge) -> list[str]:
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
