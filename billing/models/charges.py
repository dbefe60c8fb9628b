"""What is owed for one owner, product, resource and charge period."""

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account, Relationship, RunStep
from finance_mgmt.models.columns import append_only, exact_amount

from ..enums import ChargeKind
from .catalog import Product
from .charge_checks import NAMES_WHAT_EXISTS, NOT_ON_AN_ISSUED_BILL
from .discounts import Discount


class Charge(models.Model):
    """One amount owed by one payer for one owner (B1). Never changed.

    list - covered - discount - voucher = payable (K4). It belongs to the bill of its payer and
    billing month. Usage that was reported in time makes one charge per owner, product, resource
    and charge period; `record` names the single record of a late or manual one (C4).
    A trigger notes that it waits for its sums (`Unsummed`).
    """

    kind = models.CharField(_("kind"), max_length=10, choices=ChargeKind.choices)
    owner = models.ForeignKey(
        Account,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    payer = models.ForeignKey(
        Account,
        verbose_name=_("payer"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
    )
    resource = models.CharField(_("resource"), max_length=1000, blank=True)
    period_start = models.DateTimeField(_("charge period start"))
    period_end = models.DateTimeField(_("charge period end"))
    billing_month = models.DateField(_("billing month"))
    quantity = exact_amount(verbose_name=_("quantity"))
    unit_price = exact_amount(verbose_name=_("list unit price"), null=True, blank=True)
    list_amount = exact_amount(verbose_name=_("list amount"))
    covered_amount = exact_amount(verbose_name=_("covered"), default=0)
    discount_amount = exact_amount(verbose_name=_("discount"), default=0)
    voucher_amount = exact_amount(verbose_name=_("voucher"), default=0)
    payable_amount = exact_amount(verbose_name=_("payable"))
    currency = models.CharField(_("currency"), max_length=3)
    relationship = models.ForeignKey(
        Relationship,
        verbose_name=_("decided by relationship"),
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
    )
    discount = models.ForeignKey(
        Discount,
        verbose_name=_("decided by discount"),
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
    )
    record = models.ForeignKey(
        "billing.UsageRecord",
        verbose_name=_("usage record"),
        on_delete=models.PROTECT,
        db_index=False,  # `a_single_record_is_charged_once` finds it
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
    )
    order = models.ForeignKey(
        "billing.Order",
        verbose_name=_("order"),
        on_delete=models.PROTECT,
        db_index=False,  # `charges_of_an_order` finds them
        db_constraint=False,
        null=True,
        blank=True,
        related_name="charges",
    )
    is_late = models.BooleanField(_("late"), default=False)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # Which cover, discount and vouchers were tried and why; null: none had a chance (B1).
    explanation = models.JSONField(_("explanation"), null=True, blank=True)
    step = models.ForeignKey(
        RunStep,
        verbose_name=_("closed by"),
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = ["-id"]
        indexes = [
            models.Index(  # few among many, and listed on their own
                fields=["id"], condition=Q(kind=ChargeKind.ADJUSTMENT), name="adjustments_in_order"
            ),
            models.Index(fields=["billing_month", "payer", "owner"], name="charges_of_a_bill"),
            models.Index(fields=["owner", "period_start"], name="charges_of_an_owner"),
            models.Index(
                fields=["order"], condition=Q(order__isnull=False), name="charges_of_an_order"
            ),
            BrinIndex(  # next to nothing to keep, and enough to find one resource
                fields=["resource"],
                opclasses=["text_bloom_ops"],
                pages_per_range=32,
                autosummarize=True,
                name="charges_of_a_resource",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "product", "period_start", "resource"],
                condition=Q(kind=ChargeKind.USAGE, record__isnull=True),
                name="usage_of_a_period_is_charged_once",
            ),
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(record__isnull=False),
                name="a_single_record_is_charged_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    payable_amount=F("list_amount")
                    - F("covered_amount")
                    - F("discount_amount")
                    - F("voucher_amount")
                ),
                name="payable_is_list_less_covered_discount_and_voucher",
            ),
            models.CheckConstraint(
                condition=Q(kind=ChargeKind.ADJUSTMENT) | Q(product__isnull=False),
                name="only_an_adjustment_has_no_product",
            ),
            models.CheckConstraint(
                condition=Q(order__isnull=False, kind__in=[ChargeKind.ORDER, ChargeKind.REFUND])
                | Q(order__isnull=True, kind__in=[ChargeKind.USAGE, ChargeKind.ADJUSTMENT]),
                name="orders_and_refunds_name_their_order",
            ),
        ]
        triggers = [
            *append_only(),
            pgtrigger.Trigger(
                name="not_on_an_issued_bill",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_charges"),
                declare=[("wrong", "text")],
                func=NOT_ON_AN_ISSUED_BILL,
            ),
            pgtrigger.Trigger(
                name="names_what_exists",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_charges"),
                declare=[("wrong", "text")],
                func=NAMES_WHAT_EXISTS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
