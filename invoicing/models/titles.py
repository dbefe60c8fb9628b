"""To whom an account's invoices are made out."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account, Decision
from finance_mgmt.models.columns import never_removed

from ..enums import TitleKind
from .parties import PartyColumns


class InvoiceTitle(PartyColumns):
    """One version of the name and numbers that an account's invoices carry (I3, I6).

    Never edited: a change is a new version. Only `is_current` moves on.
    """

    account = models.ForeignKey(
        Account,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        related_name="invoice_titles",
    )
    kind = models.CharField(
        _("kind"), max_length=15, choices=TitleKind.choices, default=TitleKind.PLAIN
    )
    title = models.CharField(_("title"), max_length=200)
    email = models.EmailField(_("billing e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    is_current = models.BooleanField(_("current"), default=True)
    set_at = models.DateTimeField(_("set at"))
    decision = models.ForeignKey(
        Decision,
        verbose_name=_("decision"),
        on_delete=models.PROTECT,
        null=True,
        related_name="invoice_titles",
    )

    class Meta:
        verbose_name = _("invoice title")
        verbose_name_plural = _("invoice titles")
        ordering = ["-id"]
        permissions = [("set_title", "Can say to whom an account's invoices are made out")]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(is_current=True),
                name="an_account_has_one_current_title",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_being_current_changes", exclude=["is_current"]),
            *never_removed(),
        ]

    def __str__(self) -> str:
        return self.title
