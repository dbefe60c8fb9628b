"""How far the books are closed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ClosedThrough(models.Model):
    """One row: every record due up to `instant` was handed to a close. It only moves forward.

    Whoever stores usage locks the row for sharing, whoever closes locks it for writing: a record
    is either seen by the close of its cycle or marked late, never lost between both (C4).
    Nothing is closed before `started_at` is set, so that history can be loaded first.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    started_at = models.DateTimeField(_("closing started at"), null=True, blank=True)
    instant = models.DateTimeField(_("closed through"), null=True, blank=True)
    billed_month = models.DateField(_("billed through month"), null=True, blank=True)

    class Meta:
        verbose_name = _("closed through")
        verbose_name_plural = _("closed through")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="there_is_one_horizon")]

    def __str__(self) -> str:
        return str(self.instant)
