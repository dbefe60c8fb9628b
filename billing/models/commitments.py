"""Prepaid benefits that cover usage on the bill (K1-K3)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account, Decision
from finance_mgmt.models.columns import NumberField, append_only, exact_amount

from ..enums import CommitmentKind
from .catalog import Family, Product
from .charges import Charge


class Commitment(models.Model):
    """Cover that its owner bought: units per cycle, or a committed spend per hour (K1).

    `quantity` is units per cycle of the product (reserved instance) or family (storage capacity
    unit); a savings plan has `commit_amount` per hour and the plan `rate`.
    """

    code = models.CharField(_("code"), max_length=100, unique=True)
    owner = models.ForeignKey(
        Account, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="commitments"
    )
    kind = models.CharField(_("kind"), max_length=25, choices=CommitmentKind.choices)
    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    families = models.ManyToManyField(Family, verbose_name=_("families"), blank=True)
    quantity = exact_amount(verbose_name=_("units per cycle"), null=True, blank=True)
    commit_amount = exact_amount(verbose_name=_("committed per hour"), null=True, blank=True)
    rate = NumberField(_("plan rate"), max_digits=20, decimal_places=18, null=True, blank=True)
    # What its owner said last; its sharings say since when.
    is_shared = models.BooleanField(_("shared with trusteeship members"), default=False)
    starts_at = models.DateTimeField(_("starts at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="commitments")

    class Meta:
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")
        ordering = ["owner", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind=CommitmentKind.SAVINGS_PLAN,
                    quantity__isnull=True,
                    commit_amount__gt=0,
                    rate__gt=0,
                    rate__lte=1,
                )
                | (
                    ~Q(kind=CommitmentKind.SAVINGS_PLAN)
                    & Q(quantity__gt=0, commit_amount__isnull=True, rate__isnull=True)
                ),
                name="a_commitment_is_units_or_a_spend",
            ),
            models.CheckConstraint(
                condition=~Q(kind=CommitmentKind.RESERVED_INSTANCE) | Q(product__isnull=False),
                name="a_reserved_instance_names_its_product",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CommitmentSharing(models.Model):
    """Since when a commitment is shared, or no more (K2). One row per change; never changed.

    A cycle goes by what held at its start (C1); before the first row, by the first row.
    """

    commitment = models.ForeignKey(
        Commitment, verbose_name=_("commitment"), on_delete=models.PROTECT, related_name="sharings"
    )
    since = models.DateTimeField(_("since"))
    is_shared = models.BooleanField(_("shared with trusteeship members"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("sharing of a commitment")
        verbose_name_plural = _("sharing of commitments")
        ordering = ["commitment", "since", "id"]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.commitment.code} {self.since}"


class CoverUse(models.Model):
    """How much of one commitment is used in one slot: a cycle, or an hour of a savings plan.

    `used` is units, or list value for a plan. Only grows.
    """

    commitment = models.ForeignKey(
        Commitment, verbose_name=_("commitment"), on_delete=models.PROTECT, related_name="uses"
    )
    slot_start = models.DateTimeField(_("slot start"))
    used = exact_amount(verbose_name=_("used"))

    class Meta:
        verbose_name = _("use of cover")
        verbose_name_plural = _("use of cover")
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "slot_start"], name="cover_is_counted_once_per_slot"
            ),
            models.CheckConstraint(condition=Q(used__gte=0), name="used_cover_is_never_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.commitment.code} {self.slot_start}"


class Coverage(models.Model):
    """What one commitment covered of one charge: for whom, how much (K3). Never changed."""

    commitment = models.ForeignKey(
        Commitment, verbose_name=_("commitment"), on_delete=models.PROTECT, related_name="coverage"
    )
    charge = models.ForeignKey(
        Charge, verbose_name=_("charge"), on_delete=models.PROTECT, related_name="coverage"
    )
    quantity = exact_amount(verbose_name=_("quantity"))
    amount = exact_amount(verbose_name=_("amount"))

    class Meta:
        verbose_name = _("coverage")
        verbose_name_plural = _("coverage")
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "charge"], name="a_commitment_covers_a_charge_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, amount__gte=0), name="coverage_is_positive"
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.commitment.code} > {self.charge_id}"
