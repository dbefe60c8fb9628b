"""Notices on their way: one row per notice, channel and recipient."""

import uuid

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..enums import DeliveryState, Language, NoticeChannel
from .accounts import Account
from .notices import Notice
from .webhooks import Webhook

OPEN_STATES = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.FAILED)


class Delivery(models.Model):
    """One notice to one address or webhook; without a notice: a test event. Its state moves on.

    `public_id` is the same at every attempt, so that a receiver knows what it has. While a worker
    is sending, `next_attempt_at` is the end of its lease.
    """

    public_id = models.UUIDField(_("public id"), default=uuid.uuid4, unique=True)
    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="deliveries"
    )
    notice = models.ForeignKey(
        Notice,
        verbose_name=_("notice"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
    )
    channel = models.CharField(_("channel"), max_length=10, choices=NoticeChannel.choices)
    address = models.CharField(_("to"), max_length=500)
    language = models.CharField(
        _("language"), max_length=10, choices=Language.choices, default=Language.ENGLISH
    )
    webhook = models.ForeignKey(
        Webhook,
        verbose_name=_("webhook"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
    )
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    queued_at = models.DateTimeField(_("queued at"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    claimed_by = models.CharField(_("claimed by"), max_length=150, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "address"],
                name="a_notice_goes_once_to_each_address",
            ),
            models.CheckConstraint(
                condition=Q(channel=NoticeChannel.WEBHOOK, webhook__isnull=False)
                | Q(channel=NoticeChannel.EMAIL, webhook__isnull=True, notice__isnull=False),
                name="a_delivery_is_a_letter_or_of_a_webhook",
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.SENT) ^ Q(sent_at__isnull=True),
                name="what_is_sent_has_an_instant",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "next_attempt_at"],
                condition=Q(state__in=OPEN_STATES),
                name="deliveries_to_do",
            ),
            models.Index(
                fields=["id"], condition=Q(state=DeliveryState.DEAD), name="deliveries_given_up"
            ),
            models.Index(fields=["account", "id"], name="deliveries_of_an_account"),
        ]
        triggers = [pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} > {self.address}"


class StoredMessage(models.Model):
    """One mail, kept here instead of being sent: what the demo shows. Never changed."""

    message_id = models.CharField(_("message id"), max_length=250)
    sender = models.CharField(_("from"), max_length=500)
    recipients = models.CharField(_("to"), max_length=1000)
    subject = models.CharField(_("subject"), max_length=500)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("stored mail")
        verbose_name_plural = _("stored mails")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.subject
