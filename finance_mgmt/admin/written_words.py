"""What was written down as plain text by our own code, said again in the reader's language.

Reasons of movements and what jobs did are kept as text, in English. A person's own words that are
none of these stay as they are.
"""

from django.utils.translation import gettext_noop as _

from .wording import said_in

REASONS: tuple[str, ...] = (
    _("cycles closed"),
    _("bill issued"),
    _("bill %(month)s"),
    _("bill %(month)s settled"),
    _("order %(number)s"),
    _("refund of order %(number)s"),
)
DEEDS: tuple[str, ...] = (
    _("close %(run)s"),
    _("bill %(run)s"),
    _("verify %(run)s"),
    _("1 unfinished run"),
    _("%(count)s unfinished runs"),
    _("1 change"),
    _("%(count)s changes"),
    _("1 invitation"),
    _("%(count)s invitations"),
    _("1 request"),
    _("%(count)s requests"),
    _("1 decision"),
    _("%(count)s decisions"),
    _("1 answer"),
    _("%(count)s answers"),
    _("1 letter"),
    _("%(count)s letters"),
    _("1 event"),
    _("%(count)s events"),
    _("1 charge summed"),
    _("%(count)s charges summed"),
    _("%(count)s due"),
    _("%(count)s suspended or resumed"),
    _("%(count)s told"),
)


def reason(text: str) -> str:
    """Why money moved."""
    return said_in(REASONS, text)


def deed(text: str) -> str:
    """What a job did last."""
    return said_in(DEEDS, text)
