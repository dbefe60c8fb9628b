"""Background work as rows: the database is the queue of record, Celery only says "look"."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..enums import RunState


class Run(models.Model):
    """One piece of scheduled or requested work, cut into steps. Its state and counts move on."""

    kind = models.CharField(_("kind"), max_length=30)
    key = models.CharField(_("key"), max_length=200, unique=True)
    by = models.CharField(_("by"), max_length=150)
    facts = models.JSONField(_("facts"), default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=RunState.choices, default=RunState.QUEUED
    )
    asked_at = models.DateTimeField(_("asked at"))
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    done_units = models.BigIntegerField(_("done"), default=0)
    total_units = models.BigIntegerField(_("of"), default=0)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["kind", "id"],
                condition=Q(state__in=[RunState.QUEUED, RunState.RUNNING]),
                name="unfinished_runs",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class RunStep(models.Model):
    """One unit of a run, done in one transaction, exactly once. A worker holds it by lease."""

    run = models.ForeignKey(
        Run, verbose_name=_("run"), on_delete=models.PROTECT, related_name="steps"
    )
    number = models.PositiveIntegerField(_("number"))
    scope = models.JSONField(_("scope"), default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=RunState.choices, default=RunState.QUEUED
    )
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    claimed_by = models.CharField(_("claimed by"), max_length=150, blank=True)
    heartbeat_at = models.DateTimeField(_("heartbeat at"), null=True, blank=True)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    result = models.JSONField(_("result"), default=dict)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="one_step_per_number"),
            models.CheckConstraint(
                condition=~Q(state=RunState.RUNNING) | Q(lease_until__isnull=False),
                name="a_running_step_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(lease_until__isnull=True) | Q(lease_until__gte=F("heartbeat_at")),
                name="a_lease_ends_after_its_heartbeat",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.run} / {self.number}"
