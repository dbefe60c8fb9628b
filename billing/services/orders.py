"""Prepaid orders: placed, priced, paid, cancelled (O1-O3, C2, F4, F5)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from finance_mgmt import money, periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import MovementKind, Pocket
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Decision
from finance_mgmt.rules.credit import Figures
from finance_mgmt.rules.terms import Money, Terms, decide
from finance_mgmt.services import decisions, ledger, locks

from ..enums import ChargeKind, OrderKind, OrderStatus
from ..models import Charge, Discount, Order, Product, VoucherDraw
from ..queries.facts import bills_past_due_of
from ..rules import discounts, vouchers
from . import coupons, resources
from .purses import lock_purses, write_remaining


class OrderRefused(FinanceError):
    """The order can't be placed, paid, changed or cancelled; nothing was left behind (O1)."""

    code = "order_refused"


@transaction.atomic
def place(
    *,
    number: str,
    account: Account,
    product: Product,
    list_amount: Decimal,
    kind: OrderKind = OrderKind.NEW,
    months: int = 1,
    resource: str = "",
    is_paid: bool = True,
    key: str,
    by: str,
    at: datetime,
) -> Order:
    """Place an order, and pay it at once unless `is_paid` is False (O1).

    `list_amount` is in the account's currency. Raises OrderRefused, InvalidAmount, KeyReused;
    an order that can't be paid at once leaves nothing behind.
    """
    facts = {
        "number": number,
        "account": account.number,
        "product": product.code,
        "list_amount": list_amount,
        "kind": kind,
        "months": months,
        "resource": resource,
        "is_paid": is_paid,
    }
    decision, is_new = decisions.record(verb="orders.place", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Order.objects.get(decision=decision)
    if not list_amount.is_finite() or list_amount < 0:
        raise OrderRefused(
            Reason("O1", "amount_negative", "An order can't be negative.", {"amount": list_amount})
        )
    order = Order(
        number=number,
        kind=kind,
        status=OrderStatus.PENDING,
        owner=account,
        product=product,
        resource_code=resource or number,
        months=months,
        placed_at=at,
        list_amount=list_amount,
        decision=decision,
    )
    resources.judge_order(order)
    order.save()
    return _pay(order, decision, at) if is_paid else order


@transaction.atomic
def pay(*, order: Order, key: str, by: str, at: datetime) -> Order:
    """Pay a pending order by the terms of this instant (C2). Raises OrderRefused, KeyReused."""
    facts = {"order": order.number}
    decision, is_new = decisions.record(verb="orders.pay", facts=facts, key=key, by=by, at=at)
    locked = Order.objects.select_for_update().get(pk=order.pk)
    return _pay(locked, decision, at) if is_new else locked


@transaction.atomic
def cancel(*, order: Order, key: str, by: str, at: datetime) -> Order:
    """Cancel a pending order (O1). Raises OrderRefused, KeyReused."""
    facts = {"order": order.number}
    _, is_new = decisions.record(verb="orders.cancel", facts=facts, key=key, by=by, at=at)
    locked = Order.objects.select_for_update().get(pk=order.pk)
    if is_new:
        _must_be_pending(locked)
        locked.status = OrderStatus.CANCELLED
        locked.save(update_fields=["status"])
    return locked


@transaction.atomic
def override_price(*, order: Order, amount: Decimal, key: str, by: str, at: datetime) -> Order:
    """Staff replace what an unpaid order costs before vouchers (O3).

    Never for a trusteeship member. Raises OrderRefused, InvalidAmount, KeyReused.
    """
    facts = {"order": order.number, "amount": amount}
    _, is_new = decisions.record(verb="orders.override_price", facts=facts, key=key, by=by, at=at)
    locked = Order.objects.select_for_update().get(pk=order.pk)
    if not is_new:
        return locked
    if amount:
        money.require_movable(amount, locked.owner.currency)
    reasons = []
    if not ground.terms(locked.owner_id, at).allows_price_override:
        text = "Orders of a trusteeship member keep their price."
        reasons.append(Reason("O3", "in_trusteeship", text, {"order": locked.number}))
    if amount > locked.list_amount:
        text = (
            f"The price can only go down; the list amount is {money.plain(locked.list_amount, 2)}."
        )
        reasons.append(Reason("O3", "above_list_amount", text, {"amount": amount}))
    _must_be_pending(locked)
    if reasons:
        raise OrderRefused(reasons)
    locked.override_amount = amount
    locked.save(update_fields=["override_amount"])
    return locked


def _pay(order: Order, decision: Decision, at: datetime) -> Order:
    _must_be_pending(order)
    terms = ground.terms(order.owner_id, at)
    flagged = order.product.keeps_own_discount
    purses = lock_purses([order.owner_id if flagged else terms.vouchers_of])
    funds = locks.lock_funds([terms.payer])[terms.payer]
    payer = funds.account
    _price(order, terms, payer.currency, at)
    drawn, tried = _draw_vouchers(order, purses, payer.currency, at)
    order.voucher_amount = sum(drawn.values(), money.ZERO)
    order.payable_amount = (
        order.list_amount - order.discount_amount - order.coupon_amount - order.voucher_amount
    )
    payer_terms = decide(ground.standings([payer.pk], at)[payer.pk])
    figures = ground.figures(funds, payer_terms)
    if reasons := _judge_payment(order, terms, payer, figures, at):
        raise OrderRefused(reasons)
    may_draw_cash = (payer.pk, Money.CASH) in terms.money
    order.from_cash = min(figures.cash, order.payable_amount) if may_draw_cash else money.ZERO
    order.from_credit = order.payable_amount - order.from_cash
    order.payer, order.relationship_id = payer, terms.relationship
    order.paid_at, order.status = at, OrderStatus.PAID
    resources.deliver(order, at)
    order.save()
    charge = _charge(order, tried, at)
    VoucherDraw.objects.bulk_create(
        VoucherDraw(voucher_id=voucher, charge=charge, amount=amount)
        for voucher, amount in drawn.items()
    )
    write_remaining(purses)
    ledger.post(_lines(order, figures.transferred_in), decision=decision, at=at)
    return order


def _price(order: Order, terms: Terms, currency: str, at: datetime) -> None:
    """Discount, then coupon; cut to the minor unit, the rest counting as discount (K4, B3)."""
    owner = terms.discounts_for(keeps_own_discount=order.product.keeps_own_discount)
    chosen, payable = discounts.best(_offers(owner, order.product, at), order.list_amount, _ONE)
    if order.override_amount is not None:
        chosen, payable = None, order.override_amount
    order.discount_id = chosen
    payable = money.cut(payable, currency)
    order.discount_amount = order.list_amount - payable
    is_own = terms.payer == order.owner_id or order.product.keeps_own_discount
    if is_own and (coupon := coupons.best_for(order, payable, at)):
        order.coupon = coupon
        order.coupon_amount = money.cut(min(coupon.amount, payable), currency)


def _draw_vouchers(
    order: Order, purses: list[vouchers.Purse], currency: str, at: datetime
) -> tuple[dict[int, Decimal], list[dict[str, str]]]:
    purchase = vouchers.Purchase(
        owner=order.owner_id,
        product=order.product_id,
        family=order.product.family_id,
        amount=order.list_amount - order.discount_amount - order.coupon_amount,
        at=at,
    )
    unit = Decimal(1).scaleb(-money.minor_places(currency))
    return vouchers.draw(purses, purchase, unit)


def _judge_payment(
    order: Order, terms: Terms, payer: Account, figures: Figures, at: datetime
) -> Sequence[Reason]:
    reasons = []
    if past_due := bills_past_due_of([payer.pk], at).get(payer.pk):
        months = ", ".join(past_due["bills_past_due"])
        text = f"{payer.number} is in arrears: bill {months} is past due. Settle it first."
        reasons.append(Reason("S3", "in_arrears", text, past_due, "the payer: settle"))
    is_trusteeship = terms.payer != order.owner_id
    most = figures.headroom if is_trusteeship else figures.available
    if order.payable_amount > max(most, money.ZERO):
        rule, name = ("F4", "headroom") if is_trusteeship else ("F5", "available funds")
        text = (
            f"The order costs {money.plain(order.payable_amount, 2)}; the {name} of"
            f" {payer.number} is {money.plain(most, 2)}."
        )
        facts = {"payable": order.payable_amount, "most": most, "payer": payer.number}
        reasons.append(Reason(rule, "funds_too_low", text, facts, "the payer: top up or settle"))
    return reasons


def _charge(order: Order, tried: list[dict[str, str]], at: datetime) -> Charge:
    return Charge.objects.create(
        kind=ChargeKind.ORDER,
        owner=order.owner,
        payer=order.payer,
        product=order.product,
        resource=order.resource_code,
        period_start=at,
        period_end=at,
        billing_month=periods.month_of(at, ground.policy().zone),
        quantity=_ONE,
        list_amount=order.list_amount,
        discount_amount=order.discount_amount + order.coupon_amount,
        voucher_amount=order.voucher_amount,
        payable_amount=order.payable_amount,
        currency=order.payer.currency,
        relationship=order.relationship,
        discount=order.discount,
        order=order,
        explanation={"vouchers": tried} if tried else None,
    )


def _lines(order: Order, transferred_in: Decimal) -> list[ledger.Line]:
    transferred = min(order.from_cash, transferred_in)  # spent first (F7)
    parts = [
        (Pocket.TRANSFERRED_CASH, transferred),
        (Pocket.CASH, order.from_cash - transferred),
        (Pocket.CREDIT, order.from_credit),
    ]
    return [
        ledger.Line(
            MovementKind.ORDER,
            order.payer_id,
            pocket,
            None,
            Pocket.PROVIDER,
            amount,
            order.payer.currency,
            f"order {order.number}",
            owner=order.owner_id,
        )
        for pocket, amount in parts
        if amount
    ]


def _offers(owner: int, product: Product, at: datetime) -> list[discounts.Offer]:
    rows = Discount.objects.filter(
        Q(product=None) | Q(product=product),
        Q(family=None) | Q(family=product.family_id),
        Q(valid_from=None) | Q(valid_from__lte=at),
        Q(valid_until=None) | Q(valid_until__gt=at),
        owner_id=owner,
    )
    return [discounts.Offer(row.pk, row.rate, row.fixed_price) for row in rows]


def _must_be_pending(order: Order) -> None:
    if order.status != OrderStatus.PENDING:
        text = f"Order {order.number} is {order.status}; only a pending one can change."
        raise OrderRefused(Reason("O1", "not_pending", text, {"status": order.status}))


_ONE = Decimal(1)
