"""Tax rates, each in force since an instant (I7)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.models import Product
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.services import decisions

from ..models import TaxRate


class TaxRateRefused(FinanceError):
    """The rate makes no sense, or would change what was invoiced (I7)."""

    code = "tax_rate_refused"
    example = Reason(
        "I7",
        "rate_exists",
        "There is a rate from that instant on.",
        {"effective_from": "2024-06-01T00:00:00Z"},
    )


@transaction.atomic
def set_rate(
    *,
    product: Product | None = None,
    jurisdiction: str,
    rate: Decimal,
    effective_from: datetime | None = None,
    key: str,
    by: str,
    at: datetime,
) -> TaxRate:
    """Say which tax prices contain from an instant on, now if none is given (I7).

    Of one product, or of all that have no rate of their own. Invoices that were issued keep
    theirs. Raises TaxRateRefused, KeyReused.
    """
    start = effective_from or at
    facts = {
        "product": product and product.code,
        "jurisdiction": jurisdiction,
        "rate": rate,
        "effective_from": effective_from,
    }
    decision, is_new = decisions.record(verb="taxes.set_rate", facts=facts, key=key, by=by, at=at)
    code = jurisdiction.strip().upper()
    place = {"product": product, "jurisdiction": code}
    if not is_new:
        return TaxRate.objects.get(**place, effective_from=effective_from or decision.at)
    reasons = _judge(code, rate)
    rows = TaxRate.objects.filter(**place)
    if start < at and rows.filter(effective_from__lte=at).exists():
        text = "A rate that replaces another can't begin in the past: invoices may state the old."
        reasons.append(Reason("I7", "dated_in_the_past", text, {"effective_from": start}))
    elif rows.filter(effective_from=start).exists():
        text = "A rate begins at this very instant already. Choose another one."
        reasons.append(Reason("I7", "rate_exists", text, {"effective_from": start}))
    if reasons:
        raise TaxRateRefused(reasons)
    return TaxRate.objects.create(**place, rate=rate, effective_from=start)


def _judge(jurisdiction: str, rate: Decimal) -> list[Reason]:
    reasons = []
    if not (2 <= len(jurisdiction) <= 20):
        text = "Name the jurisdiction by its code, such as CN or DE."
        reasons.append(Reason("I7", "bad_jurisdiction", text, {"jurisdiction": jurisdiction}))
    if not 0 <= rate < 1:
        text = "A tax rate is at least 0 and below 1: 0.06 is six percent."
        reasons.append(Reason("I7", "bad_rate", text, {"rate": rate}))
    elif rate != rate.quantize(Decimal("0.000001")):
        text = "A tax rate has at most 6 decimals."
        reasons.append(Reason("I7", "bad_rate", text, {"rate": rate}))
    return reasons
