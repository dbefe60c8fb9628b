"""How long funds last, in words and in tones: the same on every page (W1)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

WARN_DAYS, BAD_DAYS = 7, 3


def lasts(days: int | None) -> Any:
    """For how many days, in words."""
    if days is None:
        return _("as far as one can see")
    if not days:
        return _("less than a day")
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def pace_tone(days: int | None) -> str:
    """How urgent so many days are."""
    if days is None or days > WARN_DAYS:
        return ""
    return "bad" if days < BAD_DAYS else "warn"
