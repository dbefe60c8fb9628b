"""To whom an account's invoices are made out."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Account

from .parties import PartyColumns


class InvoiceTitle(PartyColumns):
    """The legal name and number that an account's invoices carry. Invoices copy it (I6)."""

    account = models.OneToOneField(
        Account,
        verbose_name=_("account"),
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="invoice_title",
    )
    title = models.CharField(_("title"), max_length=200)

    class Meta:
        verbose_name = _("invoice title")
        verbose_name_plural = _("invoice titles")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
