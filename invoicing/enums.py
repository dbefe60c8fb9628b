"""Words that the columns of this floor may hold."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class InvoiceStatus(TextChoices):
    """Where an invoice stands (I6)."""

    ISSUED = "issued", _("issued")
    PARTLY_CREDITED = "partly credited", _("partly credited")
    CREDITED = "credited", _("credited")  # wholly: its charges can be invoiced anew


class ZeroRate(TextChoices):
    """What a tax rate of 0 means in a structured invoice: codes of UNTDID 5305 (I7)."""

    ZERO_RATED = "Z", _("zero rated")
    EXEMPT = "E", _("exempt")
    REVERSE_CHARGE = "AE", _("reverse charge: the buyer pays the tax")


class DocumentForm(TextChoices):
    """What an invoice or credit note is made into."""

    PDF = "pdf", _("PDF")
    FACTURX = "facturx", _("Factur-X (PDF with structured data)")
    CII = "cii", _("EN 16931 as CII")
    UBL = "ubl", _("EN 16931 as UBL")
    CSV = "csv", _("charges as CSV")  # the annex: every charge of an invoice
