"""Words that the columns of this floor may hold."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class InvoiceStatus(TextChoices):
    """Where an invoice stands (I6)."""

    ISSUED = "issued", _("issued")
    PARTLY_CREDITED = "partly credited", _("partly credited")
    CREDITED = "credited", _("credited")  # wholly: its charges can be invoiced anew
