"""List prices and contract prices, each in force from an instant on (P1, D1)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.services import decisions

from ..models import Discount, Family, Price, Product, UsageRecord
from ..rules.pricing import steps_of
from .usage import hold_horizon


class PriceRefused(FinanceError):
    """The price or discount makes no sense."""

    code = "price_refused"
    example = Reason(
        "P1",
        "dated_in_the_past",
        "Only the first price of a product begins in the past.",
        {"effective_from": "2024-01-01T00:00:00Z"},
    )


@transaction.atomic
def set_price(
    *,
    product: Product,
    unit_price: Decimal,
    steps: Sequence[tuple[Decimal, Decimal]] = (),
    effective_from: datetime | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Price:
    """Set a product's list price from an instant on, now if none is given (P1).

    `steps`: above this quantity in the month, this unit price. Only a product's first price may
    begin in the past: what is closed keeps its price. So it is where a close was faster than this
    call. Raises PriceRefused, KeyReused.
    """
    tiers = [[str(start), str(price)] for start, price in steps]
    facts = {
        "product": product.code,
        "unit_price": unit_price,
        "tiers": tiers,
        "effective_from": effective_from,
    }
    decision, is_new = decisions.record(verb="prices.set_price", facts=facts, key=key, by=by, at=at)
    start = effective_from or at
    if not is_new:
        return Price.objects.get(product=product, effective_from=effective_from or decision.at)
    reasons = []
    if unit_price < 0:
        text = "A price is never negative."
        reasons.append(Reason("P1", "negative_price", text, {"unit_price": unit_price}))
    if Price.objects.filter(product=product).exists():
        reasons += _judge_start(product, start, at)
    try:
        steps_of(tiers)
    except ValueError as error:
        reasons.append(Reason("P1", "bad_steps", str(error), {"tiers": tiers}))
    if reasons:
        raise PriceRefused(reasons)
    price, _ = Price.objects.update_or_create(
        product=product,
        effective_from=start,
        defaults={"unit_price": unit_price, "tiers": tiers},
    )
    return price


def _judge_start(product: Product, start: datetime, at: datetime) -> list[Reason]:
    """Why another price of the product can't begin then. Keeps the books from closing further."""
    if start < at:
        text = "A price can't begin in the past: cycles may be closed at the old one."
        return [Reason("P1", "dated_in_the_past", text, {"effective_from": start})]
    closed_through = hold_horizon(at).closed_through
    if closed_through is None or closed_through <= start:
        return []
    closed = UsageRecord.objects.filter(
        product=product, due_at__gt=start, due_at__lte=closed_through, period_start__gte=start
    )
    if not closed.exists():
        return []
    text = (
        f"A cycle that began since is closed at the old price, up to {closed_through}. Try again."
    )
    facts = {"effective_from": start, "closed_through": closed_through}
    return [Reason("P1", "closed_since", text, facts, "the caller: try again")]


@transaction.atomic
def add_discount(
    *,
    owner: Account,
    product: Product | None = None,
    family: Family | None = None,
    rate: Decimal | None = None,
    fixed_price: Decimal | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Discount:
    """Give an owner a contract price on a product, a family, or all (D1).

    In force for charge periods that start at `valid_from` (default: now) or later.
    Raises PriceRefused, KeyReused.
    """
    facts = {
        "owner": owner.number,
        "product": product and product.code,
        "family": family and family.code,
        "rate": rate,
        "fixed_price": fixed_price,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    decision, is_new = decisions.record(
        verb="prices.add_discount", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return Discount.objects.get(decision=decision)
    if reasons := _judge(product, family, rate, fixed_price, valid_from or at, valid_until):
        raise PriceRefused(reasons)
    return Discount.objects.create(
        owner=owner,
        product=product,
        family=family,
        rate=rate,
        fixed_price=fixed_price,
        valid_from=valid_from or at,
        valid_until=valid_until,
        decision=decision,
    )


def _judge(
    product: Product | None,
    family: Family | None,
    rate: Decimal | None,
    fixed_price: Decimal | None,
    valid_from: datetime,
    valid_until: datetime | None,
) -> list[Reason]:
    reasons = []
    if (rate is None) == (fixed_price is None):
        text = "Give a rate or a fixed price, one of both."
        reasons.append(Reason("D1", "rate_or_price", text, {}))
    if rate is not None and not 0 <= rate <= 1:
        text = "A rate is between 0 and 1: 0.80 pays 80 %."
        reasons.append(Reason("D1", "bad_rate", text, {"rate": rate}))
    if fixed_price is not None and fixed_price < 0:
        text = "A fixed price is never negative."
        reasons.append(Reason("D1", "negative_price", text, {"fixed_price": fixed_price}))
    if product is not None and family is not None:
        text = "Name a product or a family, not both; neither means all."
        reasons.append(Reason("D1", "two_scopes", text, {}))
    if valid_until and valid_until <= valid_from:
        text = "A discount must end after it begins."
        reasons.append(Reason("D1", "bad_validity", text, {"valid_until": valid_until}))
    return reasons
