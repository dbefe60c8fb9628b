"""Accounts that are left aside with a reason, so that all others go on."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..enums import Parked
from .accounts import Account
from .runs import RunStep


class Parking(models.Model):
    """What failed for one account because of its own rows, or why staff hold it back.

    While `parked_at` is empty it only counts tries. From `parked_at` to `released_at` the account
    is left out of that job. Kept for good: a new failure is a new row.
    """

    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="parkings"
    )
    job = models.CharField(_("left out of"), max_length=10, choices=Parked.choices)
    step = models.ForeignKey(
        RunStep,
        verbose_name=_("failed step"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parkings",
    )
    reason = models.TextField(_("reason"))
    tries = models.PositiveIntegerField(_("tries"), default=0)
    by = models.CharField(_("by"), max_length=150)
    noted_at = models.DateTimeField(_("noted at"))
    parked_at = models.DateTimeField(_("parked at"), null=True, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    released_by = models.CharField(_("released by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("parked account")
        verbose_name_plural = _("parked accounts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "job"],
                condition=Q(released_at__isnull=True),
                name="an_account_is_parked_once_per_job",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_at__gte=F("noted_at")),
                name="nobody_is_released_before_being_parked",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.account.number}: {self.get_job_display()}"
