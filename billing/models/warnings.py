"""When an account wants to be warned, and how far its figures were looked at."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account
from finance_mgmt.models.columns import money_amount

from ..enums import ThresholdKind


class Threshold(models.Model):
    """One bound whose crossing is told (W1). `crossed_month` is set while it is crossed (W3).

    For low funds it is the month in which the crossing was noticed; any value means "crossed".
    """

    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="thresholds"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ThresholdKind.choices)
    amount = money_amount(verbose_name=_("amount"))
    crossed_month = models.DateField(_("crossed in month"), null=True, blank=True)

    class Meta:
        verbose_name = _("threshold")
        verbose_name_plural = _("thresholds")
        ordering = ["account", "kind", "amount"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "amount"], name="a_threshold_is_set_once"
            ),
            models.CheckConstraint(
                condition=~Q(kind="spending") | Q(amount__gte=0),
                name="a_spending_threshold_is_never_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account.number} {self.get_kind_display()} {self.amount.normalize():f}"


class Watch(models.Model):
    """How far the movements and charges of one account were judged (W1)."""

    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, primary_key=True, related_name="watch"
    )
    last_movement = models.BigIntegerField(default=0)
    last_charge = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("watch")
        verbose_name_plural = _("watches")

    def __str__(self) -> str:
        return self.account.number
