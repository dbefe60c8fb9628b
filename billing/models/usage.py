"""Metered usage, as it was reported."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account
from finance_mgmt.models.columns import append_only, exact_amount

from ..enums import RecordKind
from .catalog import Product
from .sources import Source
from .vouchers import Voucher


class UsageRecord(models.Model):
    """One reported quantity. Never changed; a correction is another record (B2).

    Its charge period is the cycle that contains `starts_at` (C4), cut when it was received. It is
    charged by the one close whose window contains `due_at`: the end of its cycle plus the delay,
    or, where it came after that (`is_late`), the instant it came. So nothing has to be marked as
    charged, and nothing can be charged twice.
    """

    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # the unique index begins with it; of two the planner may take the worse
    )
    key = models.CharField(_("record key"), max_length=200)
    kind = models.CharField(
        _("kind"), max_length=10, choices=RecordKind.choices, default=RecordKind.USAGE
    )
    owner = models.ForeignKey(
        Account,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+"
    )
    resource = models.CharField(_("resource"), max_length=1000, blank=True)
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    quantity = exact_amount(verbose_name=_("quantity"))
    given_amount = exact_amount(verbose_name=_("amount given by the source"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    voucher = models.ForeignKey(
        Voucher,
        verbose_name=_("voucher"),
        on_delete=models.PROTECT,
        db_index=False,  # `records_of_a_voucher` finds them
        null=True,
        blank=True,
        related_name="+",
    )
    period_start = models.DateTimeField(_("charge period start"))
    period_end = models.DateTimeField(_("charge period end"))
    received_at = models.DateTimeField(_("received at"))
    is_late = models.BooleanField(_("late"))
    due_at = models.DateTimeField(_("due at"), db_index=True)

    class Meta:
        verbose_name = _("usage record")
        verbose_name_plural = _("usage records")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["owner", "due_at"], name="due_usage_of_an_owner"),
            models.Index(  # the few that a close does not add up: late, adjustments, credits
                fields=["owner", "due_at"],
                condition=Q(is_late=True) | ~Q(kind=RecordKind.USAGE),
                name="records_charged_alone",
            ),
            models.Index(
                fields=["voucher"], condition=Q(voucher__isnull=False), name="records_of_a_voucher"
            ),
            BrinIndex(  # next to nothing to keep, and enough to find one resource
                fields=["resource"],
                opclasses=["text_bloom_ops"],
                pages_per_range=32,
                autosummarize=True,
                name="usage_of_a_resource",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="a_record_is_stored_once"),
            models.CheckConstraint(
                condition=Q(ends_at__gte=F("starts_at")), name="usage_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__gte=F("period_start"), starts_at__lt=F("period_end")),
                name="usage_lies_in_its_charge_period",
            ),
            models.CheckConstraint(
                condition=Q(kind=RecordKind.USAGE) | Q(given_amount__isnull=False),
                name="what_is_not_usage_gives_its_amount",
            ),
            models.CheckConstraint(
                condition=~Q(kind=RecordKind.CREDIT) | Q(voucher__isnull=False),
                name="a_credit_names_its_voucher",
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.source.code}:{self.key}"
