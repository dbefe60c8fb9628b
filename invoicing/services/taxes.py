"""Splitting the tax out of prices that contain it (I7)."""

from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Q

from billing.models import Charge
from finance_mgmt.money import ZERO

from ..models import TaxRate


def rates_for(charges: Sequence[Charge]) -> dict[int, Decimal]:
    """The rate of each charge: of its product, else the general one, in force at its period."""
    products = {charge.product_id for charge in charges}
    rows = TaxRate.objects.filter(Q(product=None) | Q(product__in=products))
    rates = list(rows.order_by("-effective_from"))
    return {charge.pk: _rate(charge, rates) for charge in charges}


def _rate(charge: Charge, rates: Sequence[TaxRate]) -> Decimal:
    in_force = [rate for rate in rates if rate.effective_from <= charge.period_start]
    own = [rate for rate in in_force if rate.product_id and rate.product_id == charge.product_id]
    general = [rate for rate in in_force if rate.product_id is None]
    return next(iter(own or general)).rate if own or general else ZERO
