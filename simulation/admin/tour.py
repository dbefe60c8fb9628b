"""This floor's stop of the tour (settings.TOUR)."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from finance_mgmt.admin.tour import Stop, shown_member


def what_if(request: HttpRequest) -> Stop | None:
    """A question about a link that there is."""
    if not request.user.has_perm("simulation.add_whatif"):
        return None
    link = shown_member()
    account = f"?account={link.member_id}" if link else ""
    said = _("What months would have cost had somebody been linked, moved or given a discount.")
    return Stop(_("What if?"), said, reverse("admin:simulation_whatif_ask") + account, "alt_route")
