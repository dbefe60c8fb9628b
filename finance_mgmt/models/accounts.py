"""Customers and who they are proven to be."""

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from ..enums import Channel, Language
from .decisions import Decision


class Identity(models.Model):
    """One verified legal person. Accounts with the same identity share the row (L2, L5)."""

    legal_name = models.CharField(_("legal name"), max_length=200)
    registration_number = models.CharField(_("registration number"), max_length=100)
    verified_at = models.DateTimeField(_("verified at"))

    class Meta:
        verbose_name = _("verified identity")
        verbose_name_plural = _("verified identities")
        ordering = ["legal_name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["legal_name", "registration_number"], name="one_row_per_legal_person"
            )
        ]
        indexes = [
            GinIndex(OpClass(Upper("legal_name"), "gin_trgm_ops"), name="identities_by_name")
        ]

    def __str__(self) -> str:
        return f"{self.legal_name} ({self.registration_number})"


class Account(models.Model):
    """One customer account: it owns resources, pays, or both. Its funds row is made with it."""

    number = models.CharField(_("number"), max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=200)
    identity = models.ForeignKey(
        Identity,
        verbose_name=_("verified identity"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
    )
    channel = models.CharField(
        _("channel"), max_length=10, choices=Channel.choices, default=Channel.DIRECT
    )
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    billing_email = models.EmailField(_("billing e-mail"), blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=Language.choices, default=Language.ENGLISH
    )
    opened_at = models.DateTimeField(_("opened at"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["number"]
        indexes = [  # what people search by; the number's own index knows one case only
            models.Index(
                OpClass(Upper("number"), "text_pattern_ops"), name="accounts_by_start_of_number"
            ),
            GinIndex(OpClass(Upper("name"), "gin_trgm_ops"), name="accounts_by_part_of_name"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"),
                name="currency_is_three_capital_letters",
            )
        ]
        triggers = [pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
