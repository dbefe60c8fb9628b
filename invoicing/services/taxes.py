"""Splitting the tax out of prices that contain it (I7)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Q

from billing.models import Charge
from finance_mgmt.money import EXACT, ZERO, minor_places

from ..models import Invoice, TaxRate
from ..rules.eligibility import tax_within


def rates_for(charges: Sequence[Charge], at: datetime) -> dict[int, Decimal]:
    """The rate of each charge: of its product, else the general one, in force at its period."""
    products = {charge.product_id for charge in charges}
    rows = TaxRate.objects.filter(Q(product=None) | Q(product__in=products))
    rates = list(rows.order_by("-effective_from"))
    return {charge.pk: _rate(charge, rates) for charge in charges}


def within(
    charges: Sequence[Charge], total: Decimal, exact: Decimal, currency: str, at: datetime
) -> Decimal:
    """The tax within an invoice's total, in minor units; the round-off is not taxed twice."""
    rates = rates_for(charges, at)
    pairs = [(charge.payable_amount, rates[charge.pk]) for charge in charges]
    unit = Decimal(1).scaleb(-minor_places(currency))
    return min(max(tax_within(pairs, unit), ZERO), total)


def share_of(invoice: Invoice, amount: Decimal) -> Decimal:
    """The tax within a part of an invoice, in proportion."""
    unit = Decimal(1).scaleb(-minor_places(invoice.currency))
    part = EXACT.divide(EXACT.multiply(invoice.tax_amount, amount), invoice.total)
    return part.quantize(unit, ROUND_HALF_UP)


def _rate(charge: Charge, rates: Sequence[TaxRate]) -> Decimal:
    in_force = [rate for rate in rates if rate.effective_from <= charge.period_start]
    own = [rate for rate in in_force if rate.product_id and rate.product_id == charge.product_id]
    general = [rate for rate in in_force if rate.product_id is None]
    return next(iter(own or general)).rate if own or general else ZERO
