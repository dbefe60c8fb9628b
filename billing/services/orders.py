"""Prepaid orders: placed, priced, paid, cancelled (O1-O3, C2, F4, F5)."""

from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction

from finance_mgmt import money
from finance_mgmt import queries as ground
from finance_mgmt.enums import MovementKind, Pocket
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Decision
from finance_mgmt.rules import four_eyes
from finance_mgmt.rules.terms import Money, decide
from finance_mgmt.services import again, decisions, ledger, locks

from ..enums import ChargeKind, OrderKind, OrderStatus
from ..models import Charge, Order, Product, VoucherDraw
from . import gathered_orders, hot_orders, order_limits, order_prices, resources
from .months import hold_months, open_month
from .purses import lock_purses, write_remaining


class OrderRefused(FinanceError):
    """The order can't be placed, paid, changed or cancelled; nothing was left behind (O1)."""

    code = "order_refused"
    example = Reason(
        "F5",
        "funds_too_low",
        "Available are 5.00; this order needs 120.00.",
        {"available": "5.00", "payable": "120.00"},
        "the payer: top up or settle",
    )


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
    new = partial(
        draft,
        number=number,
        account=account,
        product=product,
        list_amount=list_amount,
        kind=kind,
        months=months,
        resource=resource,
        is_paid=is_paid,
        at=at,
    )
    order, facts = new()
    if is_paid:
        if paid := gathered_orders.pay(hot_orders.Wish(order, key, facts, by)):
            return paid
        order, facts = new()  # what was tried has left its marks
    return again.in_transaction(lambda: _place(order, facts, is_paid, key, by, at))


def draft(
    *,
    number: str,
    account: Account,
    product: Product,
    list_amount: Decimal,
    kind: OrderKind = OrderKind.NEW,
    months: int = 1,
    resource: str = "",
    is_paid: bool = True,
    at: datetime,
) -> tuple[Order, dict[str, Any]]:
    """An order that is not placed yet, and the facts by which the trail knows it."""
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
    )
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
    return order, facts


def _place(
    order: Order, facts: dict[str, Any], is_paid: bool, key: str, by: str, at: datetime
) -> Order:
    decision, is_new = decisions.record(verb="orders.place", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Order.objects.get(decision=decision)
    order = copy(order)  # as it was, where this is done again
    order.decision = decision
    if reasons := _judge_placing(order) + resources.judge_order(order, at):
        raise OrderRefused(reasons)
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
def override_price(
    *, order: Order, amount: Decimal, approved_by: str = "", key: str, by: str, at: datetime
) -> Order:
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
    reasons = four_eyes.judge(amount, ground.policy().four_eyes_above, by, approved_by)
    reasons += _judge_pending(locked, "O3")
    if not ground.terms(locked.owner_id, at).allows_price_override:
        text = "Orders of a trusteeship member keep their price."
        reasons.append(Reason("O3", "in_trusteeship", text, {"order": locked.number}))
    if amount > locked.list_amount:
        text = (
            f"The price can only go down; the list amount is {money.plain(locked.list_amount, 2)}."
        )
        reasons.append(Reason("O3", "above_list_amount", text, {"amount": amount}))
    if reasons:
        raise OrderRefused(reasons)
    locked.override_amount = amount
    locked.save(update_fields=["override_amount"])
    return locked


def _judge_placing(order: Order) -> list[Reason]:
    reasons = []
    amount = order.list_amount
    if not amount.is_finite() or amount < 0:
        text = "An order can't be negative."
        reasons.append(Reason("O1", "amount_negative", text, {"amount": amount}))
    elif amount.adjusted() >= 15 or amount != money.exact(amount):
        text = "Give an amount with at most 15 digits before the point and 18 after it."
        reasons.append(Reason("O1", "bad_amount", text, {"amount": amount}))
    if order.months < 1:
        text = "An order is for at least one month."
        reasons.append(Reason("O1", "months_missing", text, {"months": order.months}))
    if Order.objects.filter(number=order.number).exists():
        text = f"Order number {order.number} is taken. Choose another one."
        reasons.append(Reason("O1", "number_taken", text, {"number": order.number}))
    return reasons


def _pay(order: Order, decision: Decision, at: datetime) -> Order:
    _must_be_pending(order)
    locks.lock_accounts([order.owner_id])  # no change of who pays it comes in between (C2)
    if reasons := order_limits.judge_waiting_change(order, at):
        raise OrderRefused(reasons)
    terms = ground.terms(order.owner_id, at)
    billed = hold_months()
    flagged = order.product.keeps_own_discount
    purses = lock_purses([order.owner_id if flagged else terms.vouchers_of])
    funds = locks.lock_funds([terms.payer])[terms.payer]
    payer = funds.account
    order_prices.price(order, terms, payer.currency, at)
    drawn, tried = order_prices.draw_vouchers(order, purses, payer.currency, at)
    order.voucher_amount = sum(drawn.values(), money.ZERO)
    order.payable_amount = (
        order.list_amount - order.discount_amount - order.coupon_amount - order.voucher_amount
    )
    payer_terms = decide(ground.standings([payer.pk], at)[payer.pk])
    figures = ground.figures(funds, payer_terms)
    reasons = resources.judge_order(order, at)
    if reasons := reasons + order_limits.judge(order, terms, payer, figures, at):
        raise OrderRefused(reasons)
    may_draw_cash = (payer.pk, Money.CASH) in terms.money
    order.from_cash = min(figures.cash, order.payable_amount) if may_draw_cash else money.ZERO
    order.from_credit = order.payable_amount - order.from_cash
    order.payer, order.relationship_id = payer, terms.relationship
    order.paid_at, order.status = at, OrderStatus.PAID
    resources.deliver(order, at)
    order.save()
    charge = _charge(order, tried, open_month(payer.pk, at, billed), at)
    VoucherDraw.objects.bulk_create(
        VoucherDraw(voucher_id=voucher, charge=charge, amount=amount)
        for voucher, amount in drawn.items()
    )
    write_remaining(purses)
    ledger.post(_lines(order, figures.transferred_in), decision=decision, at=at)
    return order


def _charge(order: Order, tried: list[dict[str, str]], month: date, at: datetime) -> Charge:
    return Charge.objects.create(
        kind=ChargeKind.ORDER,
        owner=order.owner,
        payer=order.payer,
        product=order.product,
        resource=order.resource_code,
        period_start=at,
        period_end=at,
        billing_month=month,
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


def _must_be_pending(order: Order) -> None:
    if reasons := _judge_pending(order, "O1"):
        raise OrderRefused(reasons)


def _judge_pending(order: Order, rule: str) -> list[Reason]:
    if order.status == OrderStatus.PENDING:
        return []
    text = f"Order {order.number} is {order.status}; only a pending one can change."
    return [Reason(rule, "not_pending", text, {"status": order.status})]


_ONE = Decimal(1)
