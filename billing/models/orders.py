"""Prepaid orders and what was given back of them."""

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account, Decision, Relationship
from finance_mgmt.models.columns import append_only, exact_amount, money_amount

from ..enums import OrderKind, OrderStatus
from .catalog import Product
from .charges import Charge
from .discounts import Discount
from .resources import Resource
from .vouchers import Coupon

MOST_MONTHS = 120  # of one order


class Order(models.Model):
    """One prepaid order (O1). Priced and decided when it is paid; then only refunds change it.

    Once paid: list - discount - coupon - voucher = payable = from_cash + from_credit (K4).
    """

    number = models.CharField(_("number"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=OrderKind.choices)
    status = models.CharField(_("status"), max_length=15, choices=OrderStatus.choices)
    owner = models.ForeignKey(
        Account, verbose_name=_("owner"), on_delete=models.PROTECT, related_name="orders"
    )
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+"
    )
    resource = models.ForeignKey(
        Resource,
        verbose_name=_("resource"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
    )
    resource_code = models.CharField(_("resource code"), max_length=1000)
    months = models.PositiveIntegerField(_("months"), default=1)
    placed_at = models.DateTimeField(_("placed at"))
    list_amount = exact_amount(verbose_name=_("list amount"))
    override_amount = money_amount(verbose_name=_("overridden price"), null=True, blank=True)
    discount_amount = exact_amount(verbose_name=_("discount"), default=0)
    coupon_amount = money_amount(verbose_name=_("coupon"), default=0)
    voucher_amount = money_amount(verbose_name=_("voucher"), default=0)
    payable_amount = money_amount(verbose_name=_("payable"), default=0)
    from_cash = money_amount(verbose_name=_("from cash"), default=0)
    from_credit = money_amount(verbose_name=_("from credit"), default=0)
    refunded_amount = money_amount(verbose_name=_("refunded"), default=0)
    refunded_to_credit = money_amount(verbose_name=_("refunded to credit"), default=0)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    covers_from = models.DateTimeField(_("covers from"), null=True, blank=True)
    covers_until = models.DateTimeField(_("covers until"), null=True, blank=True)
    payer = models.ForeignKey(
        Account,
        verbose_name=_("payer"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="paid_orders",
    )
    relationship = models.ForeignKey(
        Relationship,
        verbose_name=_("decided by relationship"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    discount = models.ForeignKey(
        Discount,
        verbose_name=_("decided by discount"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    coupon = models.OneToOneField(
        Coupon,
        verbose_name=_("coupon"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="order",
    )
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="orders")

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["owner"], condition=Q(status=OrderStatus.PENDING), name="unpaid_orders"
            ),
            BrinIndex(  # next to nothing to keep, and enough to find one resource
                fields=["resource_code"],
                opclasses=["text_bloom_ops"],
                pages_per_range=32,
                autosummarize=True,
                name="orders_of_a_resource",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(list_amount__gte=0), name="an_order_is_never_negative"
            ),
            models.CheckConstraint(
                condition=Q(paid_at__isnull=True)
                | Q(
                    payable_amount=F("list_amount")
                    - F("discount_amount")
                    - F("coupon_amount")
                    - F("voucher_amount")
                ),
                name="an_order_is_list_less_discount_coupon_and_voucher",
            ),
            models.CheckConstraint(
                condition=Q(payable_amount=F("from_cash") + F("from_credit")),
                name="an_order_is_paid_from_cash_and_credit",
            ),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("payable_amount")),
                name="no_more_is_refunded_than_was_paid",
            ),
            models.CheckConstraint(
                condition=Q(refunded_to_credit__gte=0, refunded_to_credit__lte=F("from_credit")),
                name="no_more_goes_back_to_credit_than_came_from_it",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.number


class Refund(models.Model):
    """What was given back of one order, to the payer who paid (O4). Never changed."""

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="refunds"
    )
    amount = money_amount(verbose_name=_("amount"))
    to_credit = money_amount(verbose_name=_("to credit"))
    to_cash = money_amount(verbose_name=_("to cash"))
    at = models.DateTimeField(_("at"))
    charge = models.OneToOneField(
        Charge, verbose_name=_("charge"), on_delete=models.PROTECT, related_name="refund"
    )
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="refunds")

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, to_credit__gte=0, to_cash__gte=0)
                & Q(amount=F("to_credit") + F("to_cash")),
                name="a_refund_goes_to_credit_and_cash",
            )
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.order.number} {self.amount.normalize():f}"
