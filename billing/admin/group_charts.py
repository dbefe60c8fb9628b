"""What a group costs and saves, as tiles, charts and a table."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance_mgmt import queries as ground
from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Chart, Column, Fact, Link, Panel, Table, Tiles
from finance_mgmt.enums import Mode
from finance_mgmt.models import Account
from finance_mgmt.money import ZERO, cut, plain

from ..models import Charge
from ..queries import group, sums
from ..queries.runway import outlook_of
from .pace_words import lasts, pace_tone

if TYPE_CHECKING:
    from .group_page import Group

MEMBERS = "members"  # where their table stands
NAMED, PRODUCTS, LIMITS, SAVINGS = 8, 8, 8, 10


def tiles(request: HttpRequest, found: "Group") -> Panel:
    """The group in four figures."""
    currency, master = found.master.currency, found.master.pk
    look = outlook_of(master, found.at)  # nobody's member: its own funds decide
    pace = look.runway
    in_trust = sum(seat.mode == Mode.TRUSTEESHIP for seat in found.seats)
    modes = _("%(trusteeship)s in trusteeship, %(management)s in management")
    counts = {"trusteeship": in_trust, "management": len(found.seats) - in_trust}
    funds = f"{display.page_of(Account, master)}#funds"
    return Tiles(
        facts=[
            Fact(_("members"), display.count(len(found.seats)), modes % counts, url=f"#{MEMBERS}"),
            Fact(
                _("group, month to date"),
                display.amount(found.spend.total(found.month), currency),
                _("its own part: %(amount)s")
                % {"amount": plain(found.spend.of(master, found.month), 2)},
                url=_charges(found, payer=master),
            ),
            Fact(
                _("master's available"),
                display.amount(pace.available, currency),
                rule="F3",
                tone="bad" if pace.available < 0 else "",
                url=funds,
            ),
            Fact(
                _("master's funds last"),
                lasts(pace.days_left),
                _("%(amount)s per day") % {"amount": plain(cut(pace.per_day, currency), 2)},
                "W1",
                tone=pace_tone(pace.days_left),
            ),
        ]
    )


def over_time(request: HttpRequest, found: "Group") -> Panel:
    """Who cost how much in the last months: the largest by name, the rest together."""
    months = [month for month in found.months if found.spend.total(month)]
    largest = found.spend.largest
    names = _numbers(found)
    series = {names[one]: [found.spend.of(one, month) for month in months] for one in largest}
    rest = [
        found.spend.total(month) - sum((amounts[index] for amounts in series.values()), ZERO)
        for index, month in enumerate(months)
    ]
    if any(rest):
        series[_("the rest")] = rest
    return Chart(
        title=_("Spend by member over time"),
        note=_in(found, _("Payable by billing month, in %(currency)s.")),
        width="half",
        labels=[f"{month:%Y-%m}" for month in months],
        series={name: [plain(amount) for amount in series[name]] for name in series},
        empty=_("Nothing was charged in the last 12 months."),
        is_upright=True,
    )


def by_product(request: HttpRequest, found: "Group") -> Panel:
    """What the month is made of."""
    rows = sums.products(found.accounts, found.month)
    shown = [(code or _("adjustments"), amount) for code, amount in rows[:PRODUCTS]]
    if rest := rows[PRODUCTS:]:
        shown.append((_("the rest"), sum((amount for _code, amount in rest), ZERO)))
    return Chart(
        title=_("By product this month"),
        note=_in(found, _("Payable of the month, in %(currency)s.")),
        width="half",
        labels=[name for name, _amount in shown],
        series={_("payable"): [plain(amount) for _name, amount in shown]},
        empty=_("Nothing was charged this month."),
    )


def credit(request: HttpRequest, found: "Group") -> Panel:
    """How much of their limits the master and the members that use most have used."""
    by_used = sorted(found.seats, key=lambda seat: (-seat.used, -seat.allocated, seat.number))
    ids = [found.master.pk, *(seat.account for seat in by_used[:LIMITS])]
    figures = ground.figures_of(ids, found.at)
    names = _numbers(found)
    shown = [(names[one], figures[one]) for one in ids if _has_credit(figures[one])]
    return Chart(
        title=_("Use of credit"),
        note=_in(found, _("Used and free of each effective limit (F2), in %(currency)s.")),
        width="half",
        labels=[name for name, _figures in shown],
        series={
            _("used"): [plain(one.used) for _name, one in shown],
            _("free"): [plain(max(one.effective_limit - one.used, ZERO)) for _name, one in shown],
        },
        empty=_("Nobody in the group has a credit limit."),
    )


def _has_credit(figures: Any) -> bool:
    return bool(figures.effective_limit or figures.used)


def saved(request: HttpRequest, found: "Group") -> Panel:
    """Who gained this month from whose discounts and commitments."""
    rows = sums.savings(found.accounts, found.month)
    shown = rows[:SAVINGS]
    ids = {one for row in shown for one in (row.giver, row.owner)}
    people = group.named(ids)
    kinds = {"discount": _("discount"), "commitment": _("commitment")}
    currency = found.master.currency
    return Table(
        title=_("Savings this month"),
        note=_savings_note(rows, currency),
        width="half",
        columns=[
            Column(_("who gained")),
            Column(_("saved by")),
            Column(_("of")),
            Column(_("saved"), True),
        ],
        rows=[
            [
                display.account(people[row.owner]),
                kinds[row.kind],
                display.badge(_("its own"), "quiet")
                if row.giver == row.owner
                else display.account(people[row.giver]),
                format_html(
                    '<a class="bo-link" href="{}">{}</a>',
                    _charges(found, owner=row.owner),
                    display.amount(row.amount, currency, shows_currency=False),
                ),
            ]
            for row in shown
        ],
        empty=_("No discount and no commitment has saved anything this month."),
        more=Link(
            _("All charges of the month"),
            _charges(found, payer=found.master.pk),
        ),
    )


def _charges(found: "Group", **whose: int) -> str:
    """The address of the charges of this month: of a payer or of an owner."""
    who = {f"{end}__id__exact": account for end, account in whose.items()}
    return display.list_of(Charge, **who, month=f"{found.month:%Y-%m}")


def _savings_note(rows: Sequence[sums.Saving], currency: str) -> str:
    total: dict[str, Decimal] = {"discount": ZERO, "commitment": ZERO}
    for row in rows:
        total[row.kind] += row.amount
    said = ngettext(
        "%(count)s line: %(discount)s by discounts, %(commitment)s by commitments, in %(currency)s",
        "%(count)s lines: %(discount)s by discounts, %(commitment)s by commitments,"
        " in %(currency)s",
        len(rows),
    )
    amounts = {kind: plain(cut(amount, currency), 2) for kind, amount in total.items()}
    return said % {"count": len(rows), "currency": currency, **amounts}


def _numbers(found: "Group") -> dict[int, str]:
    numbers = {seat.account: seat.number for seat in found.seats}
    return {found.master.pk: found.master.number, **numbers}


def _in(found: "Group", said: str) -> str:
    return said % {"currency": found.master.currency}
