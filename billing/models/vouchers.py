"""Promotional money."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from finance_mgmt.models import Account, Decision
from finance_mgmt.models.columns import append_only, exact_amount

from ..enums import VoucherShare
from .catalog import Family, Product
from .charges import Charge


class Voucher(models.Model):
    """Promotional money of one owner (V1). Only `remaining` changes, by its draws."""

    code = models.CharField(_("code"), max_length=100, unique=True)
    owner = models.ForeignKey(
        Account, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="vouchers"
    )
    face_value = exact_amount(verbose_name=_("face value"))
    remaining = exact_amount(verbose_name=_("remaining"))
    products = models.ManyToManyField(Product, verbose_name=_("products"), blank=True)
    families = models.ManyToManyField(Family, verbose_name=_("families"), blank=True)
    minimum_spend = exact_amount(verbose_name=_("minimum spend"), default=0)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    # What its owner said last; its sharings say since when.
    share = models.CharField(_("share scope"), max_length=30, choices=VoucherShare.choices)
    members = models.ManyToManyField(
        Account, verbose_name=_("listed members"), blank=True, related_name="+"
    )
    issued_at = models.DateTimeField(pgettext_lazy("voucher", "issued at"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="vouchers")

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ["expires_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("face_value")),
                name="a_voucher_never_pays_more_than_its_face_value",
            )
        ]

    def __str__(self) -> str:
        return self.code


class VoucherSharing(models.Model):
    """Since when who else may use a voucher (V3). One row per change; never changed.

    A cycle goes by what held at its start, an order by its payment (C1, C2); before the first row,
    by the first row.
    """

    voucher = models.ForeignKey(
        Voucher, verbose_name=_("voucher"), on_delete=models.PROTECT, related_name="sharings"
    )
    since = models.DateTimeField(_("since"))
    share = models.CharField(_("share scope"), max_length=30, choices=VoucherShare.choices)
    members = ArrayField(models.BigIntegerField(), verbose_name=_("listed members"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("sharing of a voucher")
        verbose_name_plural = _("sharing of vouchers")
        ordering = ["voucher", "since", "id"]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.voucher.code} {self.since}"


class VoucherDraw(models.Model):
    """What one voucher paid of one charge. Never changed."""

    voucher = models.ForeignKey(
        Voucher, verbose_name=_("voucher"), on_delete=models.PROTECT, related_name="draws"
    )
    charge = models.ForeignKey(
        Charge, verbose_name=_("charge"), on_delete=models.PROTECT, related_name="voucher_draws"
    )
    amount = exact_amount(verbose_name=_("amount"))

    class Meta:
        verbose_name = _("voucher draw")
        verbose_name_plural = _("voucher draws")
        constraints = [
            models.UniqueConstraint(
                fields=["voucher", "charge"], name="a_voucher_pays_a_charge_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_draw_is_positive"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.voucher.code} {self.amount.normalize():f}"


class Coupon(models.Model):
    """A price cut on one order of its owner, used once (V5). Never crosses accounts."""

    code = models.CharField(_("code"), max_length=100, unique=True)
    owner = models.ForeignKey(
        Account, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="coupons"
    )
    amount = exact_amount(verbose_name=_("amount"))
    products = models.ManyToManyField(Product, verbose_name=_("products"), blank=True)
    families = models.ManyToManyField(Family, verbose_name=_("families"), blank=True)
    minimum_spend = exact_amount(verbose_name=_("minimum spend"), default=0)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    issued_at = models.DateTimeField(pgettext_lazy("voucher", "issued at"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="coupons")

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["expires_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_coupon_is_positive")
        ]

    def __str__(self) -> str:
        return self.code
