"""Legal documents over consumption, and their corrections."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.models import Charge
from finance_mgmt.models import Account, Decision
from finance_mgmt.models.columns import (
    NumberField,
    append_only,
    exact_amount,
    money_amount,
    never_removed,
)

from ..enums import InvoiceStatus, TitleKind
from .parties import PartyColumns, SellerProfile
from .titles import InvoiceTitle


class Series(models.Model):
    """A counter of gapless numbers (I6). The row is locked while a number is drawn."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    last_number = models.PositiveBigIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")

    def __str__(self) -> str:
        return self.code


class Invoice(PartyColumns):
    """One invoice: a copy of all it states, never edited (I6). Only the status moves on.

    The seller's row is never changed either, so naming it is as good as a copy.
    """

    number = models.CharField(_("number"), max_length=40, unique=True)
    issuer = models.ForeignKey(
        Account, verbose_name=_("issued by"), on_delete=models.PROTECT, related_name="invoices"
    )
    title_of = models.ForeignKey(
        Account, verbose_name=_("title of"), on_delete=models.PROTECT, related_name="+"
    )
    title = models.CharField(_("title"), max_length=200)
    title_kind = models.CharField(
        _("kind of title"), max_length=15, choices=TitleKind.choices, default=TitleKind.PLAIN
    )
    title_version = models.ForeignKey(
        InvoiceTitle,
        verbose_name=_("version of the title"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="invoices",
    )
    seller = models.ForeignKey(
        SellerProfile,
        verbose_name=_("seller"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    currency = models.CharField(_("currency"), max_length=3)
    month = models.DateField(_("month"))  # the last one it covers
    first_month = models.DateField(_("first month"), null=True, blank=True)  # if there are several
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    total = money_amount(verbose_name=_("total"))
    net_amount = money_amount(verbose_name=_("net"))
    tax_amount = money_amount(verbose_name=_("tax"))
    round_off = exact_amount(verbose_name=_("round-off"))
    status = models.CharField(
        _("status"), max_length=15, choices=InvoiceStatus.choices, default=InvoiceStatus.ISSUED
    )
    issued_at = models.DateTimeField(pgettext_lazy("invoice", "issued at"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="invoices")

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        permissions = [("issue_invoice", "Can issue invoices")]
        ordering = ["-id"]
        indexes = [models.Index(fields=["title_of", "month"], name="invoices_of_a_payer")]
        constraints = [
            models.CheckConstraint(
                condition=Q(total=F("net_amount") + F("tax_amount")),
                name="an_invoice_is_net_and_tax",
            ),
            models.CheckConstraint(condition=Q(total__gt=0), name="an_invoice_is_positive"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_the_status_changes", exclude=["status"]),
            *never_removed(),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(models.Model):
    """One charge on one invoice, as copied when it was issued. Only `is_void` moves on (I1)."""

    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="lines"
    )
    charge = models.ForeignKey(
        Charge, verbose_name=_("charge"), on_delete=models.PROTECT, related_name="invoice_lines"
    )
    owner_number = models.CharField(_("member"), max_length=100)
    owner_name = models.CharField(_("member's name"), max_length=200, blank=True)
    product_code = models.CharField(_("product"), max_length=200, blank=True)
    description = models.CharField(_("description"), max_length=500, blank=True)
    quantity = exact_amount(verbose_name=_("quantity"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=100, blank=True)
    amount = exact_amount(verbose_name=_("amount"))
    tax_rate = NumberField(_("tax rate"), max_digits=9, decimal_places=6)
    is_void = models.BooleanField(_("void"), default=False)

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ["invoice", "owner_number", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["charge"],
                condition=Q(is_void=False),
                name="a_charge_is_on_one_invoice_at_most",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="only_voiding_changes", exclude=["is_void"]),
            *never_removed(),
        ]

    def __str__(self) -> str:
        return f"{self.invoice.number} {self.owner_number}"


class CreditNote(models.Model):
    """What corrects an invoice, wholly or in part (I6). Never changed."""

    number = models.CharField(_("number"), max_length=40, unique=True)
    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="credit_notes"
    )
    total = money_amount(verbose_name=_("total"))
    tax_amount = money_amount(verbose_name=_("tax"))
    round_off = exact_amount(verbose_name=_("round-off"), default=0)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    issued_at = models.DateTimeField(pgettext_lazy("invoice", "issued at"))
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="credit_notes")

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        permissions = [("issue_credit_note", "Can correct invoices")]
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(total__gt=0), name="a_credit_note_is_positive")
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return self.number


class CreditNoteLine(models.Model):
    """What a credit note takes from one line of its invoice, exactly. Never changed."""

    note = models.ForeignKey(
        CreditNote, verbose_name=_("credit note"), on_delete=models.PROTECT, related_name="lines"
    )
    line = models.ForeignKey(
        InvoiceLine,
        verbose_name=_("invoice line"),
        on_delete=models.PROTECT,
        related_name="credits",
    )
    amount = exact_amount(verbose_name=_("amount"))

    class Meta:
        verbose_name = _("credit note line")
        verbose_name_plural = _("credit note lines")
        ordering = ["note", "line"]
        constraints = [
            models.UniqueConstraint(fields=["note", "line"], name="a_credit_note_names_a_line_once")
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.note.number} {self.line_id}"
