"""Prepaid orders, and what accounts run."""

from collections import defaultdict
from collections.abc import Iterator

from billing.enums import OrderStatus
from billing.models import Order, Resource
from billing.services.refunds import refundable
from finance_mgmt import queries
from finance_mgmt.models import Account
from finance_mgmt.money import ZERO
from finance_mgmt.rules.terms import decide

from .view import Entry, View, money


def orders(view: View) -> Iterator[Entry]:
    """Orders as they stand; a pending one at the price it would have now, before vouchers."""
    for order in Order.objects.select_related("owner", "payer"):
        discount = order.discount_amount + order.coupon_amount
        payable = order.payable_amount
        if order.status in (OrderStatus.PENDING, OrderStatus.CANCELLED):
            given = order.override_amount
            payable = order.list_amount if given is None else given
            discount = order.list_amount - payable
        row = {
            "id": order.number,
            "owner": order.owner.number,
            "payer": order.payer.number if order.payer else None,
            "status": str(order.status),
            "list_amount": money(order.list_amount),
            "discount_amount": money(discount),
            "voucher_amount": money(order.voucher_amount),
            "payable_amount": money(payable),
            "from_cash": money(order.from_cash),
            "from_credit": money(order.from_credit),
            "refunded": money(order.refunded_amount),
        }
        yield Entry(order.placed_at, order.number, row)


def resources(view: View) -> Iterator[Entry]:
    """What accounts run; the subject follows from the terms (R2)."""
    numbers = dict(Account.objects.values_list("pk", "number"))
    rows = list(Resource.objects.select_related("account", "product"))
    orders = defaultdict(list)
    for order in Order.objects.filter(resource__isnull=False).select_related("payer"):
        orders[order.resource_id].append(order)
    stands = queries.standings({resource.account_id for resource in rows}, view.at)
    for resource in rows:
        paid = orders[resource.pk]
        row = {
            "resource": resource.code,
            "account": resource.account.number,
            "product": resource.product.code,
            "status": str(resource.status),
            "subject": numbers[decide(stands[resource.account_id]).payer],
            "refundable": money(sum((refundable(order, view.at) for order in paid), ZERO)),
        }
        yield Entry(resource.started_at, (resource.code, resource.pk), row)
