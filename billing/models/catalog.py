"""What is sold, and at which price since when."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.enums import Cycle
from finance_mgmt.models.columns import exact_amount


class Family(models.Model):
    """A group of products that discounts, vouchers and commitments may name."""

    code = models.CharField(_("code"), max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("product family")
        verbose_name_plural = _("product families")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """Something sold at one price: metered per cycle, or prepaid only (no cycle).

    `keeps_own_discount` flags communications and the like: only the user's own discounts,
    vouchers and coupons count for it (D2).
    """

    code = models.CharField(_("code"), max_length=200, unique=True)
    name = models.CharField(_("name"), max_length=500)
    service = models.CharField(_("service"), max_length=200, blank=True)
    family = models.ForeignKey(
        Family, verbose_name=_("family"), on_delete=models.PROTECT, related_name="products"
    )
    cycle = models.CharField(_("cycle"), max_length=6, choices=Cycle.choices, blank=True)
    unit = models.CharField(_("unit"), max_length=100, blank=True)
    region = models.CharField(_("region"), max_length=100, blank=True)
    keeps_own_discount = models.BooleanField(_("keeps own discount"), default=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["code"]
        triggers = [pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.code


class Price(models.Model):
    """The list price of one unit of a product since an instant. A new price is a new row (P1)."""

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="prices"
    )
    unit_price = exact_amount(verbose_name=_("unit price"))
    # Graduated steps by quantity per owner and billing month (P1): [["100", "0.08"], ["500", ...]]
    # means 0.08 for each unit above 100. `unit_price` is for those below the first step.
    tiers = models.JSONField(_("tiers"), default=list, blank=True)
    effective_from = models.DateTimeField(_("in force from"))

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["product", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "effective_from"], name="one_price_at_an_instant"
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0), name="a_price_is_never_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product.code} {self.unit_price.normalize():f}"
