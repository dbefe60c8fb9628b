"""The funds of an account: every figure, and the published formula of those that follow (F2-F4)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..models import Account
from ..money import minor_places, plain
from ..rules.credit import Figures
from . import display
from .panels import Column, Panel, Table


@dataclass(frozen=True)
class Figure:
    """One line: what it is, how it comes about, by which rule."""

    label: str
    how: str
    amount: Decimal
    rule: str
    is_derived: bool = False


def panel(account: Account, figures: Figures) -> Panel:
    """What is stored, and below what follows from it."""
    currency = account.currency
    transferred = plain(figures.transferred_in, minor_places(currency))
    lines = [*_limits(figures, transferred), *_use(figures), *_results(figures)]
    return Table(
        title=_("Funds"),
        note=_("All amounts in %s.") % currency,
        anchor="funds",
        is_exact=True,
        columns=[
            Column(_("figure")),
            Column(_("how")),
            Column(_("amount"), True),
            Column(_("rule")),
        ],
        rows=[_cells(line, currency) for line in lines],
    )


def _cells(line: Figure, currency: str) -> list[Any]:
    amount = display.amount(line.amount, currency, shows_currency=False)
    return [
        capfirst(line.label),
        format_html('<span class="bo-how">{}</span>', line.how),
        format_html("<strong>{}</strong>", amount) if line.is_derived else amount,
        display.rule(line.rule),
    ]


def _limits(figures: Figures, transferred: str) -> list[Figure]:
    if figures.is_own_line_frozen:
        limit = _("min(limit, credit used + unsettled, own)")
    else:
        limit = _("limit")
    effective = _("%s + received − given away") % limit
    return [
        Figure(_("cash"), _("of it transferred in: %s") % transferred, figures.cash, "F1"),
        Figure(_("credit limit"), _("given by the provider"), figures.credit_limit, "F1"),
        Figure(_("credit received"), _("allocated by the master"), figures.allocated_in, "F6"),
        Figure(_("credit given away"), _("allocated to members"), figures.allocated_out, "F6"),
        Figure(_("effective limit"), effective, figures.effective_limit, "F2", is_derived=True),
    ]


def _use(figures: Figures) -> list[Figure]:
    members = _("of members in trusteeship")
    return [
        Figure(_("credit used"), _("drawn by orders and bills, not settled"), figures.used, "F1"),
        Figure(_("unsettled, own"), _("closed, on no bill yet"), figures.unsettled_own, "F1"),
        Figure(_("unsettled, members"), members, figures.unsettled_members, "F1"),
    ]


def _results(figures: Figures) -> list[Figure]:
    available = _("cash + effective limit − credit used − unsettled")
    headroom = _("min(effective limit − credit used − members' unsettled, available)")
    overshoot = _("metered usage above the limit")
    found = [
        Figure(_("available"), available, figures.available, "F3", is_derived=True),
        Figure(_("credit headroom"), headroom, figures.headroom, "F4", is_derived=True),
    ]
    if figures.overshoot:
        found.append(Figure(_("overshoot"), overshoot, figures.overshoot, "F5", is_derived=True))
    return found
