"""Giving back what was not used of a paid order (O4, R2)."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from finance_mgmt import money, periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import MovementKind, Pocket
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Decision, Relationship
from finance_mgmt.models.relationships import IN_FORCE_STATES
from finance_mgmt.rules import four_eyes
from finance_mgmt.services import decisions, ledger, locks

from ..enums import ChargeKind, OrderStatus, ResourceStatus, SettlementKind
from ..models import Bill, Charge, Order, Refund
from ..rules import refunds as rules
from .settlement import lower


class RefundRefused(FinanceError):
    """Nothing, or not this much, can be given back of the order (O4, R2)."""

    code = "refund_refused"


def refundable(order: Order, at: datetime) -> Decimal:
    """What could be given back now, in the payer's currency; 0 where the value is lost (R2)."""
    if order.paid_at is None or order.status not in (OrderStatus.PAID, OrderStatus.PARTLY_REFUNDED):
        return money.ZERO
    if rules.is_worthless(order.paid_at, at, _turning_points(order)):
        return money.ZERO
    left = rules.unused(
        order.payable_amount, order.covers_from, order.covers_until, at, order.payer.currency
    )
    return max(left - order.refunded_amount, money.ZERO)  # a part of it may be given back already


@transaction.atomic
def refund(
    *,
    order: Order,
    amount: Decimal | None = None,
    approved_by: str = "",
    key: str,
    by: str,
    at: datetime,
) -> Order:
    """Refund an order to whoever paid it, wholly (its unused part by days) or `amount` of it (O4).

    A whole refund releases the resource. Raises RefundRefused, InvalidAmount, KeyReused.
    """
    facts = {"order": order.number, "amount": amount}
    decision, is_new = decisions.record(verb="refunds.refund", facts=facts, key=key, by=by, at=at)
    locked = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if not is_new:
        return locked
    most = refundable(locked, at)
    wanted = most if amount is None else amount
    if most <= 0:
        raise RefundRefused(_nothing_left(locked, at))
    money.require_movable(wanted, locked.payer.currency)
    if reasons := four_eyes.judge(wanted, ground.policy().four_eyes_above, by, approved_by):
        raise RefundRefused(reasons)
    _judge(wanted, most)
    _give_back(locked, wanted, decision, at)
    locked.status = OrderStatus.REFUNDED if wanted == most else OrderStatus.PARTLY_REFUNDED
    locked.save()
    if locked.status == OrderStatus.REFUNDED and locked.resource:
        locked.resource.status = ResourceStatus.RELEASED
        locked.resource.released_at = at
        locked.resource.save(update_fields=["status", "released_at"])
    return locked


@transaction.atomic
def downgrade(*, order: Order, amount: Decimal, key: str, by: str, at: datetime) -> Order:
    """Give back the value of a downgrade; nothing where the value is lost (O1, R2).

    Raises RefundRefused, InvalidAmount, KeyReused.
    """
    facts = {"order": order.number, "amount": amount}
    decision, is_new = decisions.record(
        verb="refunds.downgrade", facts=facts, key=key, by=by, at=at
    )
    locked = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if not is_new:
        return locked
    if locked.payer is None:
        raise RefundRefused(_nothing_left(locked, at))
    money.require_movable(amount, locked.payer.currency)
    if rules.is_worthless(locked.paid_at, at, _turning_points(locked)):
        return locked
    _judge(amount, refundable(locked, at))
    _give_back(locked, amount, decision, at)
    locked.status = OrderStatus.PARTLY_REFUNDED
    locked.save()
    return locked


def _give_back(order: Order, amount: Decimal, decision: Decision, at: datetime) -> None:
    payer = order.payer
    locks.lock_funds([payer.pk])
    bill = (
        Bill.objects.select_for_update()
        .filter(payer=payer, month=periods.month_of(order.paid_at, ground.policy().zone))
        .first()
    )
    credit_left = order.from_credit - order.refunded_to_credit
    open_credit = credit_left if bill is None else bill.outstanding
    to_credit, to_cash = rules.destination(amount, credit_left, open_credit)
    charge = _charge(order, amount, at)
    Refund.objects.create(
        order=order,
        amount=amount,
        to_credit=to_credit,
        to_cash=to_cash,
        at=at,
        charge=charge,
        decision=decision,
    )
    if bill is not None and to_credit:
        lower(bill, to_credit, SettlementKind.REFUND, payer, decision, at)
    order.refunded_amount += amount
    order.refunded_to_credit += to_credit
    parts = [(Pocket.CREDIT, to_credit), (Pocket.CASH, to_cash)]
    ledger.post(
        [
            ledger.Line(
                MovementKind.REFUND,
                None,
                Pocket.PROVIDER,
                payer.pk,
                pocket,
                part,
                payer.currency,
                f"refund of order {order.number}",
                owner=order.owner_id,
            )
            for pocket, part in parts
            if part
        ],
        decision=decision,
        at=at,
    )


def _charge(order: Order, amount: Decimal, at: datetime) -> Charge:
    return Charge.objects.create(
        kind=ChargeKind.REFUND,
        owner=order.owner,
        payer=order.payer,
        product=order.product,
        resource=order.resource_code,
        period_start=at,
        period_end=at,
        billing_month=periods.month_of(at, ground.policy().zone),
        quantity=Decimal(1),
        list_amount=-amount,
        payable_amount=-amount,
        currency=order.payer.currency,
        relationship=order.relationship,
        order=order,
        reason=f"refund of order {order.number}",
    )


def _turning_points(order: Order) -> list[datetime]:
    """When a trusteeship of the order's owner began, moved or ended (R2)."""
    links = Relationship.objects.filter(
        Q(trusteeship_from__isnull=False), member_id=order.owner_id, state__in=IN_FORCE_STATES
    ).exclude(mode="management")
    points = []
    for link in links:
        points.append(link.trusteeship_from)
        if link.state == "ended":
            points.append(link.effective_to)
    return points


def _nothing_left(order: Order, at: datetime) -> Reason:
    if order.paid_at is None:
        text = f"Order {order.number} was never paid."
        return Reason("O4", "not_paid", text, {"status": order.status})
    if rules.is_worthless(order.paid_at, at, _turning_points(order)):
        text = "A trusteeship began, moved or ended since it was paid: it has no value to refund."
        return Reason("R2", "no_financial_value", text, {"paid_at": order.paid_at})
    text = f"Nothing of order {order.number} is unused."
    return Reason("O4", "nothing_unused", text, {"refunded": order.refunded_amount})


def _judge(amount: Decimal, most: Decimal) -> None:
    if amount > most:
        text = f"Only {money.plain(most, 2)} is unused; started days are used."
        raise RefundRefused(Reason("O4", "above_unused", text, {"amount": amount, "unused": most}))
