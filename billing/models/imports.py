"""Files of usage: what was read, what became of each row, and what was found."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Run
from finance_mgmt.models.columns import never_removed

from ..enums import ImportState, RowStatus
from .sources import Source
from .usage import UsageRecord


class UsageImport(models.Model):
    """One attempt to load one file, and its report. A file is stored whole or not at all."""

    file_name = models.CharField(_("file"), max_length=255)
    stored_as = models.CharField(max_length=255)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size = models.BigIntegerField(_("bytes"))
    state = models.CharField(
        _("state"), max_length=10, choices=ImportState.choices, default=ImportState.QUEUED
    )
    by = models.CharField(_("by"), max_length=150)
    received_at = models.DateTimeField(_("received at"))
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="usage_import")
    # What the reading found, for the storing to compare with: {"by", "rows", "totals", "zone"}
    reading = models.JSONField(default=dict)
    rows_read = models.PositiveIntegerField(_("rows read"), default=0)
    rows_stored = models.PositiveIntegerField(_("rows stored"), default=0)
    rows_known = models.PositiveIntegerField(_("rows already known"), default=0)
    rows_parked = models.PositiveIntegerField(_("rows parked"), default=0)
    rows_late = models.PositiveIntegerField(_("rows late"), default=0)
    # {"USD": {"BilledCost": {"read": "20.52", "stored": ..., "known": ..., "parked": ...}}}
    totals = models.JSONField(_("totals"), default=dict)
    # {"compared": 999, "matching": 999, "largest_difference": "0"} of re-rating against ListCost
    rerating = models.JSONField(_("re-rating"), default=dict)

    class Meta:
        verbose_name = _("usage import")
        verbose_name_plural = _("usage imports")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.pk})"


class Finding(models.Model):
    """Something about one row, or the whole file (row 0), that a person should know."""

    usage_import = models.ForeignKey(
        UsageImport, verbose_name=_("import"), on_delete=models.CASCADE, related_name="findings"
    )
    row_number = models.PositiveIntegerField(_("row"))
    code = models.CharField(_("code"), max_length=60)
    message = models.TextField(_("message"))
    facts = models.JSONField(_("facts"), default=dict)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["usage_import", "row_number", "id"]

    def __str__(self) -> str:
        return f"{self.row_number}: {self.code}"


class ImportedRow(models.Model):
    """One row of a stored file, as it came. `status` moves on when a parked row is resolved."""

    usage_import = models.ForeignKey(
        UsageImport, verbose_name=_("import"), on_delete=models.PROTECT, related_name="rows"
    )
    row_number = models.PositiveIntegerField(_("row"))
    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        on_delete=models.PROTECT,
        db_index=False,  # as of a record
    )
    key = models.CharField(_("record key"), max_length=200)
    content = models.JSONField(_("content"))
    status = models.CharField(_("status"), max_length=10, choices=RowStatus.choices)
    parked_because = models.CharField(_("parked because"), max_length=60, blank=True)
    record = models.OneToOneField(
        UsageRecord,
        verbose_name=_("usage record"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="imported_row",
    )

    class Meta:
        verbose_name = _("imported row")
        verbose_name_plural = _("imported rows")
        ordering = ["usage_import", "row_number"]
        indexes = [
            models.Index(
                fields=["usage_import"], condition=Q(status=RowStatus.PARKED), name="parked_rows"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="a_row_is_stored_once"),
            models.CheckConstraint(
                condition=Q(status=RowStatus.PARKED, record__isnull=True)
                | (~Q(status=RowStatus.PARKED) & Q(record__isnull=False)),
                name="a_row_is_parked_or_has_a_record",
            ),
        ]
        triggers = never_removed()

    def __str__(self) -> str:
        return f"{self.usage_import.file_name}:{self.row_number}"
