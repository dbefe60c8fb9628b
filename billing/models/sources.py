"""Where usage comes from: one source per provider of files or meters."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.enums import Cycle
from finance_mgmt.models import Account

from ..enums import ImportMode, QuantityColumn


class Source(models.Model):
    """One origin of usage records. Record keys are unique per source (B2).

    The settings below say how to read its FOCUS files, whose oddities differ by provider.
    """

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(
        _("provider name in files"), max_length=200, unique=True, null=True, blank=True
    )  # noqa: DJ001 (two sources without files are not the same source)
    mode = models.CharField(
        _("mode"), max_length=12, choices=ImportMode.choices, default=ImportMode.PASS_THROUGH
    )
    quantity_column = models.CharField(
        _("priced quantity"),
        max_length=20,
        choices=QuantityColumn.choices,
        default=QuantityColumn.PRICING,
    )
    times_are_utc = models.BooleanField(_("times without a zone are UTC"), default=True)
    null_words = models.CharField(_("words that mean null"), max_length=200, default="NULL")
    cycle = models.CharField(
        _("cycle of its products"), max_length=6, choices=Cycle.choices, default=Cycle.HOUR
    )

    class Meta:
        verbose_name = _("usage source")
        verbose_name_plural = _("usage sources")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class AccountKey(models.Model):
    """The name a source gives to one of our accounts. Labels in files are no keys."""

    source = models.ForeignKey(
        Source, verbose_name=_("source"), on_delete=models.PROTECT, related_name="account_keys"
    )
    external_id = models.CharField(_("id at the source"), max_length=300)
    account = models.ForeignKey(
        Account, verbose_name=_("account"), on_delete=models.PROTECT, related_name="source_keys"
    )

    class Meta:
        verbose_name = _("account key")
        verbose_name_plural = _("account keys")
        ordering = ["source", "external_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="a_source_names_one_account_by_one_id"
            ),
            models.CheckConstraint(
                condition=~Q(external_id=""), name="an_account_key_is_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source.code}:{self.external_id}"
