"""Charges, and what commitments covered of them."""

from collections.abc import Iterator

from billing.models import Bill, Charge, Coverage
from billing.queries.explanations import rules_of

from .view import Entry, View, money, number


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
            "rules": rules_of(charge),
            "month": month,
        }
        named = (charge.owner.number, row["product"] or "", charge.resource, charge.pk)
        yield Entry(charge.period_start, named, row)


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
        named = (covered.commitment.code, charge.owner.number, covered.pk)
        yield Entry(charge.period_start, named, row)
