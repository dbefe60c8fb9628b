"""Tax rates in force."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models import Product
from finance_mgmt.models.columns import NumberField, append_only


class TaxRate(models.Model):
    """The tax contained in prices of a product, or of all, since an instant (I7). Default 0.

    Never changed: another rate is another row, from a later instant on.
    """

    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    jurisdiction = models.CharField(_("jurisdiction"), max_length=20, default="CN")
    rate = NumberField(_("rate"), max_digits=9, decimal_places=6)
    effective_from = models.DateTimeField(_("in force from"))

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        permissions = [("set_tax_rate", "Can say which tax prices contain")]
        ordering = ["jurisdiction", "product", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "jurisdiction", "effective_from"],
                name="one_tax_rate_at_an_instant",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lt=1), name="a_tax_rate_is_between_0_and_1"
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.jurisdiction} {self.rate.normalize():f}"
