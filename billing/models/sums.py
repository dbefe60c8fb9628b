"""Stored sums of charges, so that no page has to add up a payer's month (docs/decisions/0023)."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance_mgmt.enums import Cycle
from finance_mgmt.models import Account
from finance_mgmt.models.columns import exact_amount

from ..enums import SavingKind
from .catalog import Product


def _named(to: type[models.Model], label: Any, **options: Any) -> Any:
    """A reference to what the charges name: checked when they were written, never removed."""
    return models.ForeignKey(
        to,
        verbose_name=label,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        **options,
    )


class Unsummed(models.Model):
    """Charges that are in no sum yet. Written with the charges, removed when they are summed.

    They are those of one step, or of none, from one id to another. Until then whoever reads a sum
    adds them (`queries.sums`), so that stored and waiting ones together are always exact.
    """

    first_charge = models.BigIntegerField(primary_key=True)
    last_charge = models.BigIntegerField()
    step_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("unsummed charges")
        verbose_name_plural = _("unsummed charges")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.first_charge}-{self.last_charge}"


class MonthSum(models.Model):
    """What one payer pays for one owner in a billing month. Only `services.sums` changes it."""

    payer = _named(Account, _("payer"))
    owner = _named(Account, _("owner"))
    billing_month = models.DateField(_("billing month"))
    charge_count = models.PositiveBigIntegerField(_("charges"))
    payable_amount = exact_amount(verbose_name=_("payable"))

    class Meta:
        verbose_name = _("sum of a month")
        verbose_name_plural = _("sums of months")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["payer", "billing_month", "owner"], name="one_sum_per_payer_month_and_owner"
            )
        ]

    def __str__(self) -> str:
        return f"{self.payer_id} {self.owner_id} {self.billing_month:%Y-%m}"


class ProductSum(models.Model):
    """The same for one product; without a product: manual lines."""

    payer = _named(Account, _("payer"))
    owner = _named(Account, _("owner"))
    product = _named(Product, _("product"), null=True)
    billing_month = models.DateField(_("billing month"))
    payable_amount = exact_amount(verbose_name=_("payable"))

    class Meta:
        verbose_name = _("sum of a product")
        verbose_name_plural = _("sums of products")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["payer", "billing_month", "owner", "product"],
                nulls_distinct=False,
                name="one_sum_per_payer_month_owner_and_product",
            )
        ]

    def __str__(self) -> str:
        return f"{self.payer_id} {self.owner_id} {self.product_id} {self.billing_month:%Y-%m}"


class SavingSum(models.Model):
    """What one discount or one commitment saved a payer for an owner in a billing month."""

    payer = _named(Account, _("payer"))
    owner = _named(Account, _("owner"))
    billing_month = models.DateField(_("billing month"))
    kind = models.CharField(_("kind"), max_length=10, choices=SavingKind.choices)
    saver_id = models.BigIntegerField(_("saved by"))  # of the discount or the commitment
    amount = exact_amount(verbose_name=_("amount"))

    class Meta:
        verbose_name = _("sum of savings")
        verbose_name_plural = _("sums of savings")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["payer", "billing_month", "owner", "kind", "saver_id"],
                name="one_sum_per_payer_month_owner_and_saver",
            )
        ]

    def __str__(self) -> str:
        return f"{self.payer_id} {self.owner_id} {self.billing_month:%Y-%m} {self.kind}"


class DaySum(models.Model):
    """What usage of cycles that began on one day costs a payer for an owner (W1).

    The day is one of the billing time zone, which is fixed once there is usage (C5).
    """

    payer = _named(Account, _("payer"))
    owner = _named(Account, _("owner"))
    billing_month = models.DateField(_("billing month"))
    starts_on = models.DateField(_("starts on"))
    cycle = models.CharField(_("cycle"), max_length=6, choices=Cycle.choices)
    payable_amount = exact_amount(verbose_name=_("payable"))

    class Meta:
        verbose_name = _("sum of a day")
        verbose_name_plural = _("sums of days")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "payer", "billing_month", "starts_on", "cycle"],
                name="one_sum_per_owner_payer_day_and_cycle",
            )
        ]
        indexes = [
            models.Index(fields=["payer", "billing_month", "starts_on"], name="days_of_a_payer")
        ]

    def __str__(self) -> str:
        return f"{self.payer_id} {self.owner_id} {self.starts_on} {self.cycle}"
