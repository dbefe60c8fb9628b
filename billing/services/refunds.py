"""Giving back what was not used of a paid order (O4, R2)."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum

from finance_mgmt import money
from finance_mgmt import queries as ground
from finance_mgmt.enums import MovementKind, Pocket
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Decision, Movement, Relationship
from finance_mgmt.models.relationships import IN_FORCE_STATES
from finance_mgmt.rules import four_eyes
from finance_mgmt.services import decisions, ledger, locks

from ..enums import ChargeKind, OrderKind, OrderStatus, ResourceStatus, SettlementKind
from ..models import Bill, Charge, Order, Refund, Resource
from ..rules import refunds as rules
from .months import hold_months, open_month
from .settlement import lower


class RefundRefused(FinanceError):
    """Nothing, or not this much, can be given back of the order (O4, R2)."""

    code = "refund_refused"
    example = Reason(
        "R2",
        "no_financial_value",
        "What was bought before a trusteeship has no value in it.",
        {"paid_at": "2024-04-01T00:00:00Z"},
    )


def refundable(order: Order, at: datetime) -> Decimal:
    """What could be given back now, in the payer's currency; 0 where the value is lost (R2)."""
    if order.paid_at is None or order.status not in (OrderStatus.PAID, OrderStatus.PARTLY_REFUNDED):
        return money.ZERO
    if rules.is_worthless(order.paid_at, at, _turns(order)):
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

    A whole refund releases the resource; of a renewal that has not begun, the period paid before
    goes on, so the last one goes first; of an upgrade, nothing changes.
    Raises RefundRefused, InvalidAmount, KeyReused.
    """
    facts = {"order": order.number, "amount": amount}
    decision, is_new = decisions.record(verb="refunds.refund", facts=facts, key=key, by=by, at=at)
    locked = _locked(order)
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
    if wanted == most:
        _judge_whole(locked, at)
    _give_back(locked, wanted, decision, at)
    locked.status = OrderStatus.REFUNDED if wanted == most else OrderStatus.PARTLY_REFUNDED
    locked.save()
    if locked.status == OrderStatus.REFUNDED and locked.kind != OrderKind.UPGRADE:
        _withdraw_resource(locked, at)
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
    locked = _locked(order)
    if not is_new:
        return locked
    if locked.payer is None:
        raise RefundRefused(_nothing_left(locked, at))
    money.require_movable(amount, locked.payer.currency)
    if rules.is_worthless(locked.paid_at, at, _turns(locked)):
        return locked
    _judge(amount, refundable(locked, at))
    _give_back(locked, amount, decision, at)
    locked.status = OrderStatus.PARTLY_REFUNDED
    locked.save()
    return locked


def _locked(order: Order) -> Order:
    locked = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    locks.lock_accounts([locked.owner_id])  # no trusteeship begins or ends in between (R2)
    return locked


def _give_back(order: Order, amount: Decimal, decision: Decision, at: datetime) -> None:
    payer = order.payer
    billed = hold_months()
    locks.lock_funds([payer.pk])
    ordered = order.charges.get(kind=ChargeKind.ORDER)
    bills = Bill.objects.select_for_update().filter(payer=payer, month=ordered.billing_month)
    bill = bills.first()
    credit_left = order.from_credit - order.refunded_to_credit
    open_credit = credit_left if bill is None else bill.outstanding
    to_credit, to_cash = rules.destination(amount, credit_left, open_credit)
    # On no bill yet, the order meets its refund on the same one: only what is left of its credit
    # becomes outstanding there.
    month = ordered.billing_month if bill is None else open_month(payer.pk, at, billed)
    Refund.objects.create(
        order=order,
        amount=amount,
        to_credit=to_credit,
        to_cash=to_cash,
        at=at,
        charge=_charge(order, amount, month, at),
        decision=decision,
    )
    if bill is not None and to_credit:
        lower(bill, to_credit, SettlementKind.REFUND, payer, decision, at)
    ledger.post(_lines(order, to_credit, to_cash), decision=decision, at=at)
    order.refunded_amount += amount
    order.refunded_to_credit += to_credit


def _lines(order: Order, to_credit: Decimal, to_cash: Decimal) -> list[ledger.Line]:
    transferred = min(to_cash, _transferred_left(order))  # it can still only be spent (F7)
    parts = [
        (Pocket.CREDIT, to_credit),
        (Pocket.TRANSFERRED_CASH, transferred),
        (Pocket.CASH, to_cash - transferred),
    ]
    return [
        ledger.Line(
            MovementKind.REFUND,
            None,
            Pocket.PROVIDER,
            order.payer_id,
            pocket,
            part,
            order.payer.currency,
            f"refund of order {order.number}",
            owner=order.owner_id,
        )
        for pocket, part in parts
        if part
    ]


def _transferred_left(order: Order) -> Decimal:
    """What the order took of transferred-in cash and no refund has given back yet."""
    paid = Movement.objects.filter(
        kind=MovementKind.ORDER,
        from_account=order.payer,
        from_pocket=Pocket.TRANSFERRED_CASH,
        reason=f"order {order.number}",
    )
    returned = Movement.objects.filter(
        decision__refunds__order=order, to_pocket=Pocket.TRANSFERRED_CASH
    )
    sums = [rows.aggregate(sum=Sum("amount"))["sum"] or money.ZERO for rows in (paid, returned)]
    return sums[0] - sums[1]


def _charge(order: Order, amount: Decimal, month: date, at: datetime) -> Charge:
    return Charge.objects.create(
        kind=ChargeKind.REFUND,
        owner=order.owner,
        payer=order.payer,
        product=order.product,
        resource=order.resource_code,
        period_start=at,
        period_end=at,
        billing_month=month,
        quantity=Decimal(1),
        list_amount=-amount,
        payable_amount=-amount,
        currency=order.payer.currency,
        relationship=order.relationship,
        order=order,
        reason=f"refund of order {order.number}",
    )


def _withdraw_resource(order: Order, at: datetime) -> None:
    """Take back what the refunded order gave: all of the resource, or a renewal to come."""
    resource = Resource.objects.select_for_update().get(pk=order.resource_id)
    if order.kind == OrderKind.RENEW and order.covers_from > at:
        resource.paid_until = order.covers_from
    else:
        resource.status, resource.released_at = ResourceStatus.RELEASED, at
    resource.save()


def _turns(order: Order) -> list[rules.Turn]:
    """When a trusteeship of the order's owner began, moved or ended (R2).

    What happened at the instant of the payment came before it where the order went by its terms.
    """
    links = Relationship.objects.filter(
        Q(trusteeship_from__isnull=False), member_id=order.owner_id, state__in=IN_FORCE_STATES
    ).exclude(mode="management")
    turns = []
    for link in links:
        is_within = (order.relationship_id, order.payer_id) == (link.pk, link.master_id)
        turns.append(rules.Turn(link.trusteeship_from, is_before_payment=is_within))
        if link.state == "ended":
            turns.append(rules.Turn(link.effective_to, is_before_payment=not is_within))
    return turns


def _nothing_left(order: Order, at: datetime) -> Reason:
    if order.paid_at is None:
        text = f"Order {order.number} was never paid."
        return Reason("O4", "not_paid", text, {"status": order.status})
    if rules.is_worthless(order.paid_at, at, _turns(order)):
        text = "A trusteeship began, moved or ended since it was paid: it has no value to refund."
        return Reason("R2", "no_financial_value", text, {"paid_at": order.paid_at})
    text = f"Nothing of order {order.number} is unused."
    return Reason("O4", "nothing_unused", text, {"refunded": order.refunded_amount})


def _judge(amount: Decimal, most: Decimal) -> None:
    if amount > most:
        text = f"Only {money.plain(most, 2)} is unused; started days are used."
        raise RefundRefused(Reason("O4", "above_unused", text, {"amount": amount, "unused": most}))


def _judge_whole(order: Order, at: datetime) -> None:
    """A renewal to come is the last one, or its refund would leave a hole in what is paid for."""
    is_to_come = order.kind == OrderKind.RENEW and order.covers_from > at
    if is_to_come and order.resource.paid_until > order.covers_until:
        code = order.resource_code
        text = f"{code} is renewed beyond {order.number}. Refund the last renewal first."
        facts = {"resource": code, "paid_until": order.resource.paid_until}
        raise RefundRefused(Reason("O4", "renewed_after", text, facts))
