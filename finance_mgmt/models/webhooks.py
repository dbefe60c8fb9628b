"""Where programs of an account are told."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .accounts import Account
from .decisions import Decision
from .recipients import notice_kinds


class Webhook(models.Model):
    """One address that notices are posted to, signed. Removing sets an instant.

    The secret itself is not stored: it follows from a seed and SECRET_KEY (docs/notices.md). A
    replaced secret goes on signing beside the new one for a day.
    """

    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="webhooks"
    )
    url = models.CharField(_("address"), max_length=500)
    kinds = notice_kinds()
    is_active = models.BooleanField(_("active"), default=True)
    seed = models.CharField(_("seed of the secret"), max_length=64)
    earlier_seed = models.CharField(_("earlier seed"), max_length=64, blank=True)
    earlier_until = models.DateTimeField(_("earlier secret signs until"), null=True, blank=True)
    dead_in_a_row = models.PositiveSmallIntegerField(_("given up in a row"), default=0)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    off_reason = models.CharField(_("why it was switched off"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"))
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "url"],
                condition=models.Q(removed_at__isnull=True),
                name="one_webhook_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account.number} {self.url}"
