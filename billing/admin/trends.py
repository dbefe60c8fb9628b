"""Figures of the first page over time and over all masters; each leads to its rows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum
from django.utils.html import format_html_join
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Chart, Fact, Panel
from finance_mgmt.models import Account, Relationship
from finance_mgmt.models.relationships import DATED_STATES
from finance_mgmt.money import ZERO, plain

from ..models import Bill, Charge
from ..queries.masters import MasterMonth, charged_in

MONTHS_SHOWN = 12
MOST_CURRENCIES = 2


def month_to_date(month: date, masters: Sequence[MasterMonth]) -> Iterator[Fact]:
    """What masters pay in the month so far, beside the whole month before."""
    now, then = _payable(masters), charged_in(_before(month))
    if not now and not then:
        return
    note = [_("%(month)s: ") % {"month": f"{_before(month):%Y-%m}"}, amounts(then.items())]
    yield Fact(
        _("masters pay in %(month)s") % {"month": f"{month:%Y-%m}"},
        amounts(now.items()),
        format_html_join("", "{}", ((part,) for part in note)),
        url=display.list_of(Charge, month=f"{month:%Y-%m}"),
    )


def funds_of_masters() -> Iterator[Fact]:
    """Cash and credit left of all masters, by currency (F2)."""
    links = Relationship.objects.filter(state__in=DATED_STATES)
    masters = Account.objects.filter(pk__in=links.order_by().values("master")).order_by("currency")
    limit = F("funds__credit_limit") + F("funds__allocated_in") - F("funds__allocated_out")
    sums = masters.values_list("currency").annotate(
        cash=Sum("funds__cash"), left=Sum(limit - F("funds__used"))
    )
    rows = list(sums)
    yield Fact(
        _("masters' cash"),
        amounts((currency, cash) for currency, cash, _left in rows),
        url=display.list_of(Account, role="master"),
    )
    yield Fact(
        _("masters' credit left"),
        amounts((currency, left) for currency, _cash, left in rows),
        rule="F2",
        url=display.list_of(Account, role="master"),
    )


def trends(month: date) -> list[Panel]:
    """What was billed month by month, a chart per currency: the one of most bills first."""
    bills = Bill.objects.filter(month__lte=month, month__gt=_years_before(month))
    sums = bills.order_by("month").values_list("month", "currency").annotate(total=Sum("total"))
    rows = list(sums)
    found = [currency for _month, currency, _total in rows]
    currencies = sorted(set(found), key=lambda one: (-found.count(one), one))[:MOST_CURRENCIES]
    return [
        _trend(currency, {billed: total for billed, one, total in rows if one == currency}, width)
        for width in ["half" if len(currencies) > 1 else "full"]
        for currency in currencies or [""]
    ]


def _trend(currency: str, shown: dict[date, Decimal], width: str) -> Panel:
    return Chart(
        title=_("Billed by month"),
        note=_("Totals of all bills, in %(currency)s.") % {"currency": currency} if shown else "",
        width=width,
        labels=[f"{one:%Y-%m}" for one in shown],
        series={_("billed"): [plain(total) for total in shown.values()]},
        empty=_("No bill was issued yet: the first comes when a month is closed."),
        is_upright=True,
    )


def by_currency(rows: Any, column: str) -> Any:
    """Sums of a column, one line per currency."""
    return amounts(rows.order_by("currency").values_list("currency").annotate(amount=Sum(column)))


def unsettled() -> Any:
    """What all customers owe that is on no bill yet (F1)."""
    open_amount = Sum("funds__unsettled_own") + Sum("funds__unsettled_members")
    sums = Account.objects.order_by("currency").values_list("currency").annotate(amount=open_amount)
    return amounts(sums.filter(amount__gt=0))


def amounts(sums: Iterable[tuple[str, Decimal]]) -> Any:
    """Amounts with their currencies, one line each."""
    shown = [(display.amount(amount, currency),) for currency, amount in sums]
    return format_html_join("", '<span class="bo-line">{}</span>', shown) or display.NOTHING


def _payable(masters: Sequence[MasterMonth]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in masters:
        currency = row.account.currency
        found[currency] = found.get(currency, ZERO) + row.charged
    return dict(sorted(found.items()))


def _before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def _years_before(month: date) -> date:
    return month.replace(year=month.year - 1)
