"""This floor's stop of the tour (settings.TOUR)."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.tour import Stop

from ..models import Invoice


def invoice(request: HttpRequest) -> Stop | None:
    """The last one; where there is none, how it is issued."""
    if not request.user.has_perm("invoicing.view_invoice"):
        return None
    title, icon, found = _("An invoice"), "receipt_long", Invoice.objects.first()
    if found is not None:
        said = _("%(invoice)s: what it covers, its tax, its PDF and e-invoice, its corrections.")
        url = display.page_of(Invoice, found.pk)
        return Stop(title, said % {"invoice": found.number}, url, icon)
    said = _("Choose who is invoiced and which bills: what may not be invoiced says why.")
    may = request.user.has_perm("invoicing.issue_invoice")
    url = reverse("admin:invoicing_invoice_choose") if may else display.list_of(Invoice)
    return Stop(title, said, url, icon)
