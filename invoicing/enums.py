"""Words that the columns of this floor may hold."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class InvoiceStatus(TextChoices):
    """Where an invoice stands (I6)."""

    ISSUED = "issued", _("issued")
    PARTLY_CREDITED = "partly credited", _("partly credited")
    CREDITED = "credited", _("credited")  # wholly: its charges can be invoiced anew


class TitleKind(TextChoices):
    """What kind of invoice a title is for: it says what the title must state."""

    PLAIN = "plain", _("plain")  # a name, and what else is known
    CN_GENERAL = "cn_general", _("Chinese VAT, general")  # 增值税普通发票: with the tax number
    CN_SPECIAL = "cn_special", _("Chinese VAT, special")  # 增值税专用发票: bank and address too
    EU_VAT = "eu_vat", _("EU VAT")  # with the VAT identification number


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
