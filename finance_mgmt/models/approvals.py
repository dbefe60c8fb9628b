"""Commands that wait for a second person (Z7)."""

from collections.abc import Sequence

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ..enums import Approvable, ApprovalState
from ..errors import Reason
from .accounts import Account
from .columns import money_amount


class Approval(models.Model):
    """One command that somebody asked for and somebody else decides. Bound to its arguments.

    `consent_of` is the member that must agree (L5); null: a second person must (Z7).

    `arguments` are what the command is called with, `preview` what the asker was shown. Only the
    state and who decided move on, once.
    """

    key = models.CharField(_("key"), max_length=200, unique=True)
    verb = models.CharField(_("verb"), max_length=60)
    arguments = models.JSONField(_("arguments"))
    preview = models.JSONField(_("preview"), default=dict)
    amount = money_amount(verbose_name=_("amount"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ApprovalState.choices, default=ApprovalState.WAITING
    )
    asked_by = models.CharField(_("asked by"), max_length=150)
    asked_at = models.DateTimeField(_("asked at"))
    expires_at = models.DateTimeField(_("expires at"))
    decided_by = models.CharField(_("decided by"), max_length=150, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    consent_of = models.ForeignKey(
        Account,
        verbose_name=_("consent of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="consents_asked",
    )
    comment = models.CharField(_("comment"), max_length=500, blank=True)

    reasons: Sequence[Reason] = ()  # why it failed, for who approved it just now; not stored

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("asked_by")),
                name="nobody_approves_what_they_asked_for",
            ),
            models.CheckConstraint(
                condition=Q(state=ApprovalState.WAITING, decided_at__isnull=True)
                | (~Q(state=ApprovalState.WAITING) & Q(decided_at__isnull=False)),
                name="what_is_decided_has_an_instant",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="only_the_verdict_changes",
                exclude=["state", "decided_by", "decided_at", "comment"],
            ),
            pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
        ]

    @property
    def command(self) -> str:
        """What was asked for, in words."""
        return str(capfirst(dict(Approvable.choices).get(self.verb, self.verb)))

    def __str__(self) -> str:
        return f"{self.command} {self.pk}"
