"""Where the rows of a file wait until the whole file is judged."""

from django.db import models

from finance_mgmt.models.columns import exact_amount


class StagedRow(models.Model):
    """One row of a file that is being read. Removed when the file is stored, held or refused.

    The table is unlogged (migration 0002): a crash of the database empties it and the file is
    read again, so it has no foreign keys either. `reading` names the attempt that read the row:
    a worker that was given up may still be writing rows of its own.
    """

    usage_import_id = models.BigIntegerField()
    reading = models.CharField(max_length=200)
    row_number = models.PositiveIntegerField()
    source_id = models.BigIntegerField(null=True)
    key = models.CharField(max_length=200)
    provider = models.CharField(max_length=200)
    billing_account = models.CharField(max_length=300, null=True)  # noqa: DJ001 (null: none named)
    sub_account = models.CharField(max_length=300, null=True)  # noqa: DJ001 (null: the master's own)
    currency = models.CharField(max_length=3)
    category = models.CharField(max_length=20)
    is_rerated = models.BooleanField()
    product_code = models.CharField(max_length=200)
    cycle = models.CharField(max_length=6)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    billing_start = models.DateTimeField(null=True)
    billing_end = models.DateTimeField(null=True)
    quantity = exact_amount(null=True)
    billed_cost = exact_amount(null=True)
    list_unit_price = exact_amount(null=True)
    list_cost = exact_amount(null=True)
    content = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["usage_import_id"], name="staged_rows_of_an_import")]

    def __str__(self) -> str:
        return f"{self.usage_import_id}:{self.row_number}"
