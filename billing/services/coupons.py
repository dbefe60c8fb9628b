"""Coupons: a price cut on one order of their owner (V5)."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from finance_mgmt.models import Account
from finance_mgmt.services import decisions

from ..models import Coupon, Family, Order, Product


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
    """Give an account a coupon, in its currency. Raises KeyReused."""
    facts = {"code": code, "owner": owner.number, "amount": amount, "expires_at": expires_at}
    decision, is_new = decisions.record(verb="coupons.issue", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Coupon.objects.get(decision=decision)
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


def best_for(order: Order, payable: Decimal, at: datetime) -> Coupon | None:
    """The unused coupon that cuts most off this order; of equal ones the first to expire."""
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
    return max(usable, key=lambda coupon: min(coupon.amount, payable), default=None)
