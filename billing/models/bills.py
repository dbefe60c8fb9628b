"""What one payer owes for one month."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account, Decision
from finance_mgmt.models.columns import NO_TRUNCATE, exact_amount, money_amount

from ..enums import BillStatus

# What is still open and whether it is settled move on; nothing else of a bill ever changes.
ONLY_SETTLING_CHANGES_A_BILL = """
IF to_jsonb(OLD) - '{outstanding,status,due_run_at}'::text[]
        IS DISTINCT FROM to_jsonb(NEW) - '{outstanding,status,due_run_at}'::text[] THEN
    RAISE EXCEPTION 'an issued bill never changes; correct it on the next one';
END IF;
RETURN NEW;
"""


class Bill(models.Model):
    """One payer's month (B4, B5). Issued once and then fixed, but for what is settled of it.

    Its lines are the charges of its payer and month, after the negative total carried from an
    earlier bill, if any. Sum of lines - round_off = total, always (B3).
    """

    payer = models.ForeignKey(
        Account, verbose_name=_("payer"), on_delete=models.PROTECT, related_name="bills"
    )
    month = models.DateField(_("month"))
    currency = models.CharField(_("currency"), max_length=3)
    charge_count = models.PositiveIntegerField(_("charges"))
    own_amount = exact_amount(verbose_name=_("own charges"))
    members_amount = exact_amount(verbose_name=_("members' charges"))
    carried_amount = money_amount(verbose_name=_("carried from the last bill"), default=0)
    carried_from = models.OneToOneField(
        "self",
        verbose_name=_("carried from"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="carried_to",
    )
    # What the next bill starts with, in the payer's favour; 0 or below (B5).
    carried_forward = money_amount(verbose_name=_("carried forward"), default=0)
    round_off = exact_amount(verbose_name=_("round-off"))
    total = money_amount(verbose_name=_("total"))
    from_cash = money_amount(verbose_name=_("from cash"))
    on_credit = money_amount(verbose_name=_("on credit"))
    outstanding = money_amount(verbose_name=_("outstanding"))
    status = models.CharField(_("status"), max_length=12, choices=BillStatus.choices)
    issued_at = models.DateTimeField(_("issued at"))
    due_on = models.DateField(_("due on"))
    due_run_at = models.DateTimeField(_("due-date run at"), null=True, blank=True)
    content_hash = models.CharField(_("content hash"), max_length=64)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="bills")

    class Meta:
        verbose_name = _("bill")
        verbose_name_plural = _("bills")
        ordering = ["-month", "payer"]
        constraints = [
            models.UniqueConstraint(fields=["payer", "month"], name="one_bill_per_payer_and_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="a_month_is_its_first_day"),
            models.CheckConstraint(
                condition=Q(
                    total=F("own_amount")
                    + F("members_amount")
                    + F("carried_amount")
                    - F("round_off")
                ),
                name="lines_less_round_off_are_the_total",
            ),
            models.CheckConstraint(
                condition=Q(total=F("from_cash") + F("on_credit") + F("carried_forward")),
                name="a_bill_is_drawn_from_cash_and_credit_or_carried",
            ),
            models.CheckConstraint(
                condition=Q(carried_forward__lte=0), name="only_a_credit_balance_is_carried"
            ),
            models.CheckConstraint(
                condition=Q(outstanding__gte=0), name="outstanding_is_never_negative"
            ),
            models.CheckConstraint(
                condition=Q(round_off__gte=0, round_off__lt=1), name="round_off_is_below_one_unit"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"], condition=Q(status=BillStatus.OUTSTANDING), name="open_bills"
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="only_settling_changes_a_bill",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=ONLY_SETTLING_CHANGES_A_BILL,
            ),
            pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="never_truncated",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func=NO_TRUNCATE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer.number} {self.month:%Y-%m}"
