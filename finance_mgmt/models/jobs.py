"""How the scheduled jobs fare."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """One scheduled job: when it last looked, what it last did, why it last failed. Moves on."""

    task = models.CharField(_("task"), max_length=100, unique=True)
    started_at = models.DateTimeField(_("last look"), null=True, blank=True)
    finished_at = models.DateTimeField(_("last look ended"), null=True, blank=True)
    did = models.CharField(_("last did"), max_length=300, blank=True)
    did_at = models.DateTimeField(_("last did something at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("failed at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    failures = models.PositiveIntegerField(_("failures since it last ended well"), default=0)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["task"]

    def __str__(self) -> str:
        return self.task
