"""Coupons: a price cut on one order of their owner (V5)."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.money import ZERO, cut, exact
from finance_mgmt.services import decisions

from ..models import Coupon, Family, Order, Product


class CouponRefused(FinanceError):
    """The coupon would be unusable. None was issued."""

    code = "coupon_refused"
    example = Reason("V5", "code_taken", "Coupon code TENOFF is taken.", {"code": "TENOFF"})


@transaction.atomic
def issue(
    *,
    code: str,
    owner: Account,
    amount: Decimal,
    products: Collection[Product] = (),
    families: Collection[Family] = (),
    minimum_spend: Decimal = Decimal(0),
    valid_from: datetime | None = None,
    expires_at: datetime | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Coupon:
    """Give an account a coupon, in its currency (V5).

    Raises CouponRefused with every reason, KeyReused.
    """
    facts = {
        "code": code,
        "owner": owner.number,
        "amount": amount,
        "products": sorted(product.code for product in products),
        "families": sorted(family.code for family in families),
        "minimum_spend": minimum_spend,
        "valid_from": valid_from,
        "expires_at": expires_at,
    }
    decision, is_new = decisions.record(verb="coupons.issue", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Coupon.objects.get(decision=decision)
    if reasons := _judge(code, amount, minimum_spend, valid_from, expires_at):
        raise CouponRefused(reasons)
    coupon = Coupon.objects.create(
        code=code,
        owner=owner,
        amount=amount,
        minimum_spend=minimum_spend,
        valid_from=valid_from,
        expires_at=expires_at,
        issued_at=at,
        decision=decision,
    )
    coupon.products.set(products)
    coupon.families.set(families)
    return coupon


def best_for(
    order: Order, payable: Decimal, currency: str, at: datetime
) -> tuple[Coupon | None, Decimal]:
    """The unused coupon that cuts most off this order, and how much.

    Of equal ones the first to expire. None where none would cut a whole minor unit: it is kept
    for another order.
    """
    usable = (
        Coupon.objects.select_for_update(of=("self",))
        .filter(
            Q(valid_from=None) | Q(valid_from__lte=at),
            Q(expires_at=None) | Q(expires_at__gt=at),
            Q(products=None, families=None)
            | Q(products=order.product_id)
            | Q(families=order.product.family_id),
            owner_id=order.owner_id,
            order__isnull=True,
            minimum_spend__lte=payable,
        )
        .order_by("expires_at", "pk")
    )
    cuts = [(coupon, cut(min(coupon.amount, payable), currency)) for coupon in usable]
    best = max(cuts, key=lambda one: one[1], default=(None, ZERO))
    return best if best[1] > ZERO else (None, ZERO)


def _judge(
    code: str,
    amount: Decimal,
    minimum_spend: Decimal,
    valid_from: datetime | None,
    expires_at: datetime | None,
) -> list[Reason]:
    reasons = []
    if not _fits(amount) or amount <= ZERO:
        text = "The amount must be above 0, with at most 18 decimals."
        reasons.append(Reason("V5", "bad_amount", text, {"amount": amount}))
    if not _fits(minimum_spend) or minimum_spend < ZERO:
        text = "The minimum spend must be 0 or above, with at most 18 decimals."
        reasons.append(Reason("V5", "bad_minimum_spend", text, {"minimum_spend": minimum_spend}))
    if valid_from is not None and expires_at is not None and expires_at <= valid_from:
        text = "The coupon must expire after it begins to be valid."
        reasons.append(Reason("V5", "bad_validity", text, {"expires_at": expires_at}))
    if Coupon.objects.filter(code=code).exists():
        reasons.append(Reason("V5", "code_taken", f"Coupon code {code} is taken.", {"code": code}))
    return reasons


def _fits(amount: Decimal) -> bool:
    return amount.is_finite() and amount.adjusted() < 20 and exact(amount) == amount
