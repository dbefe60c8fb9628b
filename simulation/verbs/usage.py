"""Postpaid resources and their metered usage (C, R)."""

from billing.services import resources, usage

from ..files import Event
from ..world import World
from .registry import verb


@verb("use")
def use(world: World, event: Event) -> object:
    """Metered usage. Its `id` is the idempotency key of the report (F11)."""
    record = usage.NewUsage(
        key=event["id"] or f"event {event.index}",
        owner=world.account(event["account"]),
        product=world.product(event["product"]),
        quantity=event["quantity"],
        starts_at=event["from"] or event.at,
        resource=event["resource"] or "",
    )
    said = world.said(event)
    if event["id"]:
        said["key"] = f"use {event['id']}"
    return usage.accept([record], source=world.source(), **said)


@verb("start")
def start(world: World, event: Event) -> object:
    """A postpaid resource (R1)."""
    return resources.start(
        account=world.account(event["account"]),
        code=event["resource"],
        product=world.product(event["product"]),
        **world.said(event),
    )


@verb("release")
def release(world: World, event: Event) -> object:
    """The resource is given up (R1)."""
    resource = world.resource(event["account"], event["resource"], event["product"])
    return resources.release(resource=resource, **world.said(event))
