"""What an actor may see of notices and of their way out: those of the own account."""

from datetime import datetime

from django.db.models import QuerySet

from ..enums import NoticeChannel
from ..models import Account, AccountUser, Delivery, Notice, Recipient, Webhook
from ..models.deliveries import OPEN_STATES
from .access import Actor, people


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


def users(actor: Actor) -> QuerySet[AccountUser]:
    """Who may be named as a recipient: users of the account."""
    return people(actor).filter(dismissed_at__isnull=True)


def contacts(actor: Actor) -> QuerySet[Account]:
    """Accounts whose billing e-mail is the actor's to set."""
    rows = Account.objects.all()
    return rows if actor.account is None else rows.filter(pk=actor.account.pk)


def letters_due(at: datetime) -> int:
    """How many letters wait to be sent now."""
    return _due(NoticeChannel.EMAIL, at)


def events_due(at: datetime) -> int:
    """How many events wait to be posted now."""
    return _due(NoticeChannel.WEBHOOK, at)


def _due(channel: NoticeChannel, at: datetime) -> int:
    rows = Delivery.objects.filter(channel=channel, state__in=OPEN_STATES, next_attempt_at__lte=at)
    return rows.count()
