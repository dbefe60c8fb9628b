"""What an actor may see of notices and of their way out: those of the own account."""

from django.db.models import QuerySet

from ..models import Delivery, Notice, Recipient, Webhook
from .access import Actor


def notices(actor: Actor) -> QuerySet[Notice]:
    """What the actor's account was told."""
    rows = Notice.objects.select_related("to", "about")
    return rows if actor.account is None else rows.filter(to=actor.account)


def deliveries(actor: Actor) -> QuerySet[Delivery]:
    """Where its notices went."""
    rows = Delivery.objects.select_related("account", "notice", "webhook")
    return rows if actor.account is None else rows.filter(account=actor.account)


def recipients(actor: Actor) -> QuerySet[Recipient]:
    """Who reads its notices."""
    rows = Recipient.objects.select_related("account", "account_user__user")
    rows = rows.filter(removed_at__isnull=True)
    return rows if actor.account is None else rows.filter(account=actor.account)


def webhooks(actor: Actor) -> QuerySet[Webhook]:
    """Where its events are posted."""
    rows = Webhook.objects.select_related("account").filter(removed_at__isnull=True)
    return rows if actor.account is None else rows.filter(account=actor.account)
