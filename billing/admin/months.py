"""Billing months: which there are, found without reading all charges."""

from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter

from ..models import Bill, Charge

MOST_SHOWN = 13


def months() -> list[date]:
    """Every month from the first charge or bill to the last, the latest first.

    Two looks into an index each, and no list of a million charges' months.
    """
    charged = Charge.objects.aggregate(first=Min("billing_month"), last=Max("billing_month"))
    billed = Bill.objects.aggregate(first=Min("month"), last=Max("month"))
    known = [month for found in (charged, billed) for month in found.values() if month]
    return _between(min(known), max(known)) if known else []


def _between(first: date, last: date) -> list[date]:
    found = []
    while last >= first:
        found.append(last)
        last = (last - timedelta(days=1)).replace(day=1)
    return found


def strip(request: HttpRequest) -> list[dict[str, Any]]:
    """All months as links above a list that has a MonthFilter, the chosen one marked."""
    query = request.GET.copy()
    query.pop("p", None)
    chosen = query.pop("month", [""])[-1]
    choices = [("", _("All months")), *((text, text) for text in map(_text, months()[:MOST_SHOWN]))]
    found = []
    for value, label in choices:
        link = query.copy()
        if value:
            link["month"] = value
        found.append({"label": label, "url": f"?{link.urlencode()}", "is_chosen": value == chosen})
    return found


def calendar(request: HttpRequest, column: str, label: Any) -> dict[str, Any]:
    """Months, then the days of the chosen one, as links that filter an instant by its interval."""
    since, until = f"{column}__gte", f"{column}__lt"
    query = request.GET.copy()
    query.pop("p", None)
    chosen = _day(query.pop(since, [""])[-1]), _day(query.pop(until, [""])[-1])
    zone = timezone.get_current_timezone()

    def choice(text: str, first: date | None, last: date | None) -> dict[str, Any]:
        link = query.copy()
        if first and last:
            link[since], link[until] = (_midnight(day, zone) for day in (first, last))
        is_chosen = (first, last) == chosen
        return {"label": text, "url": f"?{link.urlencode()}", "is_chosen": is_chosen}

    known = months()[:MOST_SHOWN]
    opened = chosen[0].replace(day=1) if chosen[0] else None
    return {
        "label": label,
        "months": [
            choice(_("All dates"), None, None),
            *(choice(_text(month), month, _next(month)) for month in known),
        ],
        "days": [choice(f"{day:%d}", day, day + timedelta(days=1)) for day in _days(opened)]
        if opened in known
        else [],
    }


def _days(month: date) -> list[date]:
    return [month + timedelta(days=number) for number in range((_next(month) - month).days)]


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _midnight(day: date, zone: tzinfo) -> str:
    return datetime(day.year, day.month, day.day, tzinfo=zone).isoformat()


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).astimezone(timezone.get_current_timezone()).date()
    except ValueError:
        return None


def _text(month: date) -> str:
    return f"{month:%Y-%m}"


def parse(text: str | None) -> date | None:
    """The month of "2024-05"; None for anything else."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


class MonthFilter(DropdownFilter):
    """By billing month. Subclasses name the column."""

    title = gettext_lazy("billing month")
    parameter_name = "month"
    column = "billing_month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All months there are."""
        return [(text, text) for text in map(_text, months())]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """That month only."""
        month = parse(self.value())
        return queryset.filter(**{self.column: month}) if month else queryset
