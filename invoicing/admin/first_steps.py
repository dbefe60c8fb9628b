"""This floor's first step (settings.FIRST_STEPS)."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from finance_mgmt.admin.first_steps import Step, step

from ..models import SellerProfile


def seller(request: HttpRequest) -> Step | None:
    """Who issues invoices."""
    said = _(
        "Invoices state the seller: no file is made of them without one (I6). Bills need none."
    )
    return step(request, SellerProfile, _("Say who sells"), said)
