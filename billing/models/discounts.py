"""Contract prices."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account, Decision
from finance_mgmt.models.columns import NumberField, exact_amount

from .catalog import Family, Product


class Discount(models.Model):
    """A rate or a fixed unit price that one owner gets on a product, a family, or all (D1).

    A rate of 0.80 means that 80 % are paid. The best one for the customer applies; none stack.
    """

    owner = models.ForeignKey(
        Account, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="discounts"
    )
    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    family = models.ForeignKey(
        Family,
        verbose_name=_("family"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    rate = NumberField(_("rate"), max_digits=20, decimal_places=18, null=True, blank=True)
    fixed_price = exact_amount(verbose_name=_("fixed price"), null=True, blank=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    decision = models.ForeignKey(
        Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ["owner", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__isnull=True) ^ Q(fixed_price__isnull=True),
                name="a_discount_is_a_rate_or_a_fixed_price",
            ),
            models.CheckConstraint(
                condition=Q(rate__isnull=True) | Q(rate__gte=0, rate__lte=1),
                name="a_discount_rate_is_between_0_and_1",
            ),
            models.CheckConstraint(
                condition=Q(fixed_price__isnull=True) | Q(fixed_price__gte=0),
                name="a_fixed_price_is_never_negative",
            ),
            models.CheckConstraint(
                condition=Q(product__isnull=True) | Q(family__isnull=True),
                name="a_discount_has_one_scope",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gt=F("valid_from")),
                name="a_discount_ends_after_it_begins",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        scope = self.product or self.family or _("everything")
        price = self.rate if self.rate is not None else self.fixed_price
        return f"{self.owner.number}: {scope} {price.normalize():f}"
