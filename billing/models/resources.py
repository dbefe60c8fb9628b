"""What accounts run."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account

from ..enums import ResourceKind, ResourceStatus
from .catalog import Product


class Resource(models.Model):
    """Something an account runs (R1). Who is its subject follows from the owner's terms (R2)."""

    account = models.ForeignKey(
        Account,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        related_name="resources",
        db_index=False,  # the constraint below begins with it
    )
    code = models.CharField(_("code"), max_length=1000)
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ResourceKind.choices)
    status = models.CharField(
        _("status"), max_length=10, choices=ResourceStatus.choices, default=ResourceStatus.RUNNING
    )
    started_at = models.DateTimeField(_("started at"))
    paid_until = models.DateTimeField(_("paid until"), null=True, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    class Meta:
        verbose_name = _("resource")
        verbose_name_plural = _("resources")
        ordering = ["account", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "code"], name="a_resource_has_a_code_of_its_own"
            ),
            models.CheckConstraint(
                condition=~Q(kind=ResourceKind.PREPAID) | Q(paid_until__isnull=False),
                name="a_prepaid_resource_is_paid_until_an_instant",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account"],
                condition=~Q(status=ResourceStatus.RELEASED),
                name="resources_in_use",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account.number} {self.code}"
