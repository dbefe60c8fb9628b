"""Prices, contract prices, vouchers, coupons and commitments, from the event's instant on."""

from billing.services import commitments, coupons, prices, vouchers
from finance_mgmt.money import ZERO

from ..files import Event
from ..setting import commitment_of, voucher_of
from ..world import World
from .registry import verb


@verb("issue_voucher")
def issue_voucher(world: World, event: Event) -> object:
    """Promotional money (V1)."""
    return vouchers.issue(**voucher_of(world, event), valid_from=event.at, **world.said(event))


@verb("issue_coupon")
def issue_coupon(world: World, event: Event) -> object:
    """A price cut on one order (V5). Its `id` is the idempotency key (F11)."""
    return coupons.issue(
        code=event["id"],
        owner=world.account(event["owner"]),
        amount=event["amount"],
        products=world.products(event["products"]),
        families=world.families(event["families"]),
        minimum_spend=event["minimum_spend"] or ZERO,
        valid_from=event.at,
        expires_at=event["expires"],
        **world.said(event) | {"key": f"coupon {event['id']}"},
    )


@verb("add_discount")
def add_discount(world: World, event: Event) -> object:
    """A contract price cut (D1)."""
    return prices.add_discount(
        owner=world.account(event["owner"]),
        product=event["product"] and world.product(event["product"]),
        family=event["family"] and world.family(event["family"]),
        rate=event["rate"],
        **world.said(event),
    )


@verb("add_commitment")
def add_commitment(world: World, event: Event) -> object:
    """A prepaid benefit (K1). Its `id` is the idempotency key (F11)."""
    return commitments.add(
        **commitment_of(world, event, event.at),
        **world.said(event) | {"key": f"commitment {event['id']}"},
    )


@verb("set_price")
def set_price(world: World, event: Event) -> object:
    """The list price from now on; tiers count quantity in the month (P1)."""
    first, *steps = event["tiers"] or [(ZERO, event["unit_price"])]
    return prices.set_price(
        product=world.product(event["product"]),
        unit_price=first[1],
        steps=steps,
        **world.said(event),
    )


@verb("share")
def share(world: World, event: Event) -> object:
    """With whom a voucher or a commitment is shared (V3, K2)."""
    if event["commitment"]:
        return commitments.share(
            commitment=world.commitment(event["commitment"]),
            is_shared=event["share"],
            **world.said(event),
        )
    return vouchers.share(
        voucher=world.voucher(event["voucher"]),
        share=event["share"],
        members=world.accounts(event["members"]),
        **world.said(event),
    )
