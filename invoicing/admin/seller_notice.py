"""Saying that nobody has said who sells, wherever that matters (I6)."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from billing.models import Bill
from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Panel, notice
from finance_mgmt.admin.today import Todo

from ..models import Invoice, SellerProfile
from ..queries import sellers

NEEDS = "invoicing.set_seller"


def panels(request: HttpRequest) -> list[Panel]:
    """One notice while there is no seller; nothing after."""
    if sellers.is_named():
        return []
    return [notice(_("No seller is set."), _words(request), tone="warn", icon="storefront")]


def shown(request: HttpRequest) -> dict[str, Any]:
    """The same, above a list."""
    return {"list_notices": panels(request)}


def todos(request: HttpRequest) -> Iterable[Todo]:
    """For settings.TODAY: of whoever may set it, as soon as there is something to invoice."""
    if not request.user.has_perm(NEEDS) or sellers.is_named():
        return
    has_invoices = Invoice.objects.exists()
    yield Todo(
        1 if has_invoices or Bill.objects.exists() else 0,
        _("seller is to be set: invoices name it"),
        set_url(),
        "storefront",
        "bad" if has_invoices else "warn",
    )


def set_url() -> str:
    """The page that sets it."""
    return reverse("admin:invoicing_sellerprofile_set")


def _words(request: HttpRequest) -> Any:
    said = _("Invoices can't be made into files until it is known who sells.")
    if request.user.has_perm(NEEDS):
        url, label = set_url(), _("Set the seller")
    elif request.user.has_perm("invoicing.view_sellerprofile"):
        url, label = display.list_of(SellerProfile), _("Sellers")
    else:
        return said
    return format_html('{} <a class="bo-link" href="{}">{}</a>', said, url, label)
