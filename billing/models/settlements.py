"""What paid the credit part of a bill."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account, Decision
from finance_mgmt.models.columns import append_only, money_amount

from ..enums import SettlementKind
from .bills import Bill


class Settlement(models.Model):
    """One amount that lowered what is outstanding of one bill (S1, S2, O4). Never changed."""

    bill = models.ForeignKey(
        Bill, verbose_name=_("bill"), on_delete=models.PROTECT, related_name="settlements"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=SettlementKind.choices)
    paid_by = models.ForeignKey(
        Account, verbose_name=_("paid by"), on_delete=models.PROTECT, related_name="settlements"
    )
    amount = money_amount(verbose_name=_("amount"))
    at = models.DateTimeField(_("at"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="settlements")

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_settlement_is_positive")
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.bill} {self.amount.normalize():f}"
