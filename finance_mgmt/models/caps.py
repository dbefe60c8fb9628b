"""Optional caps on what trusteeship members may cost (F12)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .columns import append_only, money_amount
from .decisions import Decision
from .relationships import Relationship


class Cap(models.Model):
    """How much one member may cost its master per month, from an instant on. The latest counts.

    Soft: a warning. Hard: orders above it are refused. A null amount takes the cap away.
    """

    relationship = models.ForeignKey(
        Relationship,
        verbose_name=_("relationship"),
        on_delete=models.PROTECT,
        related_name="caps",
    )
    amount = money_amount(verbose_name=_("amount per month"), null=True, blank=True)
    is_hard = models.BooleanField(_("hard"))
    since = models.DateTimeField(_("since"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="caps")

    class Meta:
        verbose_name = _("cap")
        verbose_name_plural = _("caps")
        ordering = ["-since", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
                name="a_cap_is_never_negative",
            )
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.relationship} {self.amount}"
