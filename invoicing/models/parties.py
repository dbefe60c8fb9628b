"""Columns of a party to an invoice, and the seller."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Decision
from finance_mgmt.models.columns import append_only

from ..enums import ZeroRate


class PartyColumns(models.Model):
    """What an invoice states of a party besides its name."""

    tax_number = models.CharField(_("tax number"), max_length=50, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CN")
    phone = models.CharField(_("phone"), max_length=50, blank=True)
    bank_name = models.CharField(_("bank"), max_length=200, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=50, blank=True)

    class Meta:
        abstract = True


class SellerProfile(PartyColumns):
    """Who issues the invoices, since an instant. Never changed: new particulars are a new row."""

    legal_name = models.CharField(_("legal name"), max_length=200)
    asks_e_invoice = models.BooleanField(
        _("EN 16931 e-invoice for buyers in the EU"),
        default=False,
        help_text=_("Checked before such an invoice is numbered: it is refused if it has faults."),
    )
    zero_rate = models.CharField(
        _("what a rate of 0 means"),
        max_length=2,
        choices=ZeroRate.choices,
        default=ZeroRate.ZERO_RATED,
    )
    zero_rate_reason = models.CharField(_("reason for a rate of 0"), max_length=200, blank=True)
    effective_from = models.DateTimeField(_("in force from"), unique=True)
    decision = models.ForeignKey(
        Decision, verbose_name=_("decision"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")
        permissions = [("set_seller", "Can say who sells")]
        ordering = ["-effective_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"),
                name="a_seller_has_a_country_of_two_letters",
            ),
            models.CheckConstraint(
                condition=Q(zero_rate=ZeroRate.ZERO_RATED) | ~Q(zero_rate_reason=""),
                name="no_tax_needs_a_reason_unless_zero_rated",
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return self.legal_name
