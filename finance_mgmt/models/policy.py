"""The stored policy: one row."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import policy
from .columns import money_amount


class StoredPolicy(models.Model):
    """The switches of DOMAIN 6, one row for the whole installation. No row: the defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    billing_time_zone = models.CharField(
        _("billing time zone"), max_length=60, default=policy.Policy.billing_time_zone
    )
    auto_confirm_same_identity = models.BooleanField(
        _("confirm by itself where the identity is the same"),
        default=policy.Policy.auto_confirm_same_identity,
    )
    invitation_days = models.PositiveIntegerField(
        _("days an invitation stays open"), default=policy.Policy.invitation_days
    )
    close_delay = models.PositiveIntegerField(
        _("seconds a cycle stays open after its end"), default=policy.Policy.close_delay
    )
    payment_days = models.PositiveIntegerField(
        _("days to pay a bill"), default=policy.Policy.payment_days
    )
    default_voucher_share = models.CharField(
        _("share scope of new vouchers"),
        max_length=30,
        default=policy.Policy.default_voucher_share,
    )
    showback = models.BooleanField(
        _("showback statement for members"), default=policy.Policy.showback
    )
    four_eyes_above = money_amount(
        verbose_name=_("second person needed above"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("policy")
        verbose_name_plural = _("policy")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="there_is_one_policy")]

    def __str__(self) -> str:
        return "policy"
