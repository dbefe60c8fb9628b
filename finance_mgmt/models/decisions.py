"""What somebody, or a job, decided: the idempotency key and the trail of every change (F11, Z8)."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from .columns import append_only


class OfThisTransaction(models.Func):
    """The id of the request, as SQL that writes decisions itself is told it; else nothing."""

    template = "coalesce(current_setting('finance.request_id', true), '')"
    output_field = models.CharField()


class Decision(models.Model):
    """One row is one command that was carried out, once. Never changed.

    Rows that the command wrote point here, so a repeated key finds its first result.
    """

    key = models.CharField(_("key"), max_length=200, unique=True)
    verb = models.CharField(_("verb"), max_length=60)
    facts = models.JSONField(_("facts"))
    by = models.CharField(_("by"), max_length=150)
    at = models.DateTimeField(_("at"), db_index=True)
    # Of the web request that gave the command; empty for jobs. Finds the lines of the log.
    request_id = models.CharField(
        _("request id"), max_length=64, blank=True, db_default=OfThisTransaction()
    )

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-id"]
        indexes = [
            BrinIndex(  # next to nothing to keep: each command writes a row here
                fields=["verb", "by"],
                opclasses=["text_bloom_ops", "text_bloom_ops"],
                pages_per_range=32,
                autosummarize=True,
                name="decisions_by_verb_and_person",
            )
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.verb} {self.key}"
