"""What an order costs: list, discount, coupon, vouchers, in this order (K4, B3, D2, O3)."""

from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from finance_mgmt import money
from finance_mgmt.rules.terms import Terms

from ..enums import OrderKind
from ..models import Discount, Order
from ..rules import discounts, vouchers
from . import coupons


def price(order: Order, terms: Terms, currency: str, at: datetime) -> None:
    """Discount, then coupon; cut to the minor unit, the rest counting as discount (K4, B3).

    An overridden price is what is payable before vouchers: no discount, no coupon (O3).
    """
    owner = terms.discounts_for(keeps_own_discount=order.product.keeps_own_discount)
    quantity = Decimal(order.months)
    chosen, payable = discounts.best(_offers(owner, order, at), order.list_amount, quantity)
    if order.override_amount is not None:
        chosen, payable = None, order.override_amount
    order.discount_id = chosen
    payable = money.cut(payable, currency)
    order.discount_amount = order.list_amount - payable
    is_own = terms.payer == order.owner_id or order.product.keeps_own_discount
    if is_own and order.override_amount is None:
        order.coupon, order.coupon_amount = coupons.best_for(order, payable, currency, at)


def draw_vouchers(
    order: Order, purses: list[vouchers.Purse], currency: str, at: datetime
) -> tuple[dict[int, Decimal], list[dict[str, str]]]:
    """Draw locked vouchers in whole minor units, as the money of an order moves."""
    purchase = vouchers.Purchase(
        owner=order.owner_id,
        product=order.product_id,
        family=order.product.family_id,
        amount=order.list_amount - order.discount_amount - order.coupon_amount,
        at=at,
    )
    unit = Decimal(1).scaleb(-money.minor_places(currency))
    return vouchers.draw(purses, purchase, unit)


def _offers(owner: int, order: Order, at: datetime) -> list[discounts.Offer]:
    rows = Discount.objects.filter(
        Q(product=None) | Q(product=order.product_id),
        Q(family=None) | Q(family=order.product.family_id),
        Q(valid_from=None) | Q(valid_from__lte=at),
        Q(valid_until=None) | Q(valid_until__gt=at),
        owner_id=owner,
    )
    # A fixed price is one of a metered unit, or of a month of what is only sold prepaid.
    if order.product.cycle or order.kind == OrderKind.UPGRADE:
        rows = rows.filter(fixed_price__isnull=True)
    return [discounts.Offer(row.pk, row.rate, row.fixed_price) for row in rows]
