"""The first page: panels of all floors (settings.DASHBOARD_PANELS)."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from . import panels


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What templates/admin/index.html shows."""
    found = list(panels.provided("DASHBOARD_PANELS", request))
    return context | {"title": _("Dashboard"), "panels": found}
