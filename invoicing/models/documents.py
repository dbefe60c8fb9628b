"""Files made of invoices and credit notes."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from finance_mgmt.models import Decision
from finance_mgmt.models.columns import append_only

from ..enums import DocumentForm
from .invoices import CreditNote, Invoice


class InvoiceDocument(models.Model):
    """One file of one invoice or credit note. Never changed, and made once per form and language.

    `stored_as` is its path below MEDIA_ROOT, made of nothing that anybody typed.
    """

    invoice = models.ForeignKey(
        Invoice, verbose_name=_("invoice"), on_delete=models.PROTECT, related_name="documents"
    )
    credit_note = models.ForeignKey(
        CreditNote,
        verbose_name=_("credit note"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
    )
    form = models.CharField(_("form"), max_length=10, choices=DocumentForm.choices)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    file_name = models.CharField(_("file name"), max_length=100)
    stored_as = models.CharField(_("stored as"), max_length=200, unique=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size = models.BigIntegerField(_("bytes"))
    made_at = models.DateTimeField(_("made at"))
    decision = models.ForeignKey(
        Decision, verbose_name=_("decision"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("invoice document")
        verbose_name_plural = _("invoice documents")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "credit_note", "form", "language"],
                name="a_document_is_made_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="a_document_has_its_hash"
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return self.file_name
