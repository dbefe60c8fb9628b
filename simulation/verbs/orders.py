"""Prepaid orders (O)."""

from billing.services import orders, refunds

from ..files import Event
from ..world import World
from .registry import submit, verb


@verb("order")
def order(world: World, event: Event) -> object:
    """Place an order and, unless it says no, pay it. Its `id` is the idempotency key (F11)."""
    return orders.place(
        number=event["id"],
        account=world.account(event["account"]),
        product=world.product(event["product"]),
        list_amount=event["amount"],
        kind=event["kind"],
        months=event["months"],
        resource=event["resource"] or "",
        is_paid=event["pay"],
        **world.said(event) | {"key": f"order {event['id']}"},
    )


@verb("pay")
def pay(world: World, event: Event) -> object:
    """Pay a pending order by the terms of now (C2)."""
    return orders.pay(order=world.order(event["order"]), **world.said(event))


@verb("cancel_order")
def cancel_order(world: World, event: Event) -> object:
    """Cancel a pending order (O1)."""
    return orders.cancel(order=world.order(event["order"]), **world.said(event))


@verb("override_price")
def override_price(world: World, event: Event) -> object:
    """Staff change what an unpaid order costs (O3)."""
    amount = event["amount"]
    found = world.order(event["order"])
    return submit(world, event, "orders.override_price", weight=amount, order=found, amount=amount)


@verb("refund")
def refund(world: World, event: Event) -> object:
    """Give the unused part back, or less (O4)."""
    amount = event["amount"]
    found = world.order(event["order"])
    weight = refunds.refundable(found, event.at) if amount is None else amount
    return submit(world, event, "refunds.refund", weight=weight, order=found, amount=amount)


@verb("downgrade")
def downgrade(world: World, event: Event) -> object:
    """Give the value of a downgrade back (O1, R2)."""
    return refunds.downgrade(
        order=world.order(event["order"]), amount=event["amount"], **world.said(event)
    )
