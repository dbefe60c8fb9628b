"""How values look in the admin: amounts, instants, states, links. Every text is escaped."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..money import minor_places, plain
from . import rule_words, trail_words

BEGINNING = datetime(1970, 1, 2, tzinfo=UTC)  # what is dated before was always so
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
NOTHING = format_html('<span class="bo-nothing">{}</span>', "–")


def grouped(number: Decimal, places: int = 0) -> tuple[str, str]:
    """The number with thousands apart, and the digits beyond `places`: ("1,234.50", "07")."""
    whole, _point, fraction = plain(number, places).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    head = f"{sign}{int(digits):,}"
    return (f"{head}.{fraction[:places]}" if places else head), fraction[places:]


def amount(value: Decimal | None, currency: str = "", *, shows_currency: bool = True) -> SafeString:
    """An exact amount: the minor unit in full, what is finer dimmed, never rounded."""
    if value is None:
        return NOTHING
    places = minor_places(currency) if currency else 2
    head, tail = grouped(value, places)
    exact = f"{head}{'' if places else '.'}{tail}" if tail else ""
    return format_html(
        '<span class="bo-amount{}"{}>{}{}{}</span>',
        " is-negative" if value < 0 else "",
        format_html(' title="{} {}"', exact, currency) if exact else "",
        exact[: len(exact) - len(tail)] if exact else head,
        format_html('<span class="bo-tail">{}</span>', tail) if tail else "",
        format_html(' <span class="bo-unit">{}</span>', currency)
        if currency and shows_currency
        else "",
    )


def quantity(value: Decimal | None, unit: str = "") -> SafeString:
    """A quantity or another plain number, with its unit."""
    if value is None:
        return NOTHING
    whole, fraction = grouped(value)
    shown = f"{whole}.{fraction[:2]}" if fraction else whole
    return format_html(
        '<span class="bo-amount"{}>{}{}{}</span>',
        format_html(' title="{}.{}"', whole, fraction) if fraction else "",
        shown,
        format_html('<span class="bo-tail">{}</span>', fraction[2:]) if fraction[2:] else "",
        format_html(' <span class="bo-unit">{}</span>', unit) if unit else "",
    )


def count(value: int | None) -> SafeString:
    """A whole number with thousands apart."""
    return (
        NOTHING if value is None else format_html('<span class="bo-amount">{}</span>', f"{value:,}")
    )


def percent(rate: Decimal) -> str:
    """A fraction as people say it: 0.8 is "80 %"."""
    return f"{plain(rate * 100)} %"


def instant(value: datetime | None) -> SafeString:
    """An instant in the billing time zone; seconds only where there are any."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value)
    if value <= BEGINNING:
        said = '<time class="bo-time" datetime="{}" title="{}">{}</time>'
        return format_html(said, value.isoformat(), f"{local:%Y-%m-%d %H:%M}", _("the beginning"))
    text = f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"
    zone = timezone.get_current_timezone_name()
    return format_html(
        '<time class="bo-time" datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        f"{local:%Y-%m-%d %H:%M:%S} {zone}",
        text,
    )


def span(start: datetime, end: datetime) -> SafeString:
    """A half-open period, said as short as possible: the month, the days, or the hours."""
    first, last = timezone.localtime(start), timezone.localtime(end)
    exact = f"{first:%Y-%m-%d %H:%M:%S} – {last:%Y-%m-%d %H:%M:%S}"
    return format_html('<span class="bo-time" title="{}">{}</span>', exact, _span(first, last))


def _span(first: datetime, last: datetime) -> str:
    if first == last:
        return f"{first:%Y-%m-%d} {_time(first)}"
    final = (last - timedelta(microseconds=1)).date()
    if _is_midnight(first) and _is_midnight(last):
        return _days(first.date(), final)
    if first.date() == final:
        end = "24:00" if last.date() != final else _time(last)
        hours = f"{_time(first)} – {end}"
        return format_html('{} <span class="bo-hours">{}</span>', f"{first:%Y-%m-%d}", hours)
    return f"{first:%Y-%m-%d} {_time(first)} – {last:%Y-%m-%d} {_time(last)}"


def _days(first: date, final: date) -> str:
    if first == final:
        return f"{first:%Y-%m-%d}"
    is_whole_month = first.day == 1 and (final + timedelta(days=1)).day == 1
    if is_whole_month and (first.year, first.month) == (final.year, final.month):
        return f"{first:%Y-%m}"
    return f"{first:%Y-%m-%d} – {final:%Y-%m-%d}"


def _is_midnight(local: datetime) -> bool:
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def _time(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def day(value: date | None) -> SafeString:
    """A date without a time."""
    return (
        NOTHING
        if value is None
        else format_html('<span class="bo-time">{}</span>', f"{value:%Y-%m-%d}")
    )


def month(value: date | None) -> SafeString:
    """A billing month."""
    return (
        NOTHING
        if value is None
        else format_html('<span class="bo-time">{}</span>', f"{value:%Y-%m}")
    )


def took(start: datetime | None, end: datetime | None) -> str:
    """How long something took, in its two largest units."""
    if start is None or end is None:
        return str(NOTHING)
    seconds = int((end - start).total_seconds())
    minutes, seconds = divmod(max(seconds, 0), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": seconds}
    return _("%(seconds)s s") % {"seconds": seconds}


def badge(text: Any, tone: str = "quiet") -> SafeString:
    """A short state: tone is good, busy, warn, bad or quiet."""
    return format_html('<span class="bo-badge is-{}">{}</span>', tone, text)


def state_badge(row: Model, field: str, tones: Mapping[str, str]) -> SafeString:
    """The badge of a column with choices."""
    value = getattr(row, field)
    return badge(getattr(row, f"get_{field}_display")(), tones.get(value, "quiet"))


def link(row: Model | None, text: Any = None) -> SafeString:
    """A link to the page of a row."""
    if row is None:
        return NOTHING
    url = page_of(type(row), row.pk)
    return format_html('<a class="bo-link" href="{}">{}</a>', url, row if text is None else text)


def page_of(model: type[Model], pk: Any) -> str:
    """The address of a row's page."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])


def list_of(model: type[Model], **filters: Any) -> str:
    """The address of a list, filtered."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{url}?{urlencode(filters)}" if filters else url


def list_link(model: type[Model], text: Any, **filters: Any) -> SafeString:
    """A link to the rows that a number stands for."""
    return format_html('<a class="bo-link" href="{}">{}</a>', list_of(model, **filters), text)


def account(row: Any) -> SafeString:
    """An account by its number, with its name beside it."""
    if row is None:
        return NOTHING
    return format_html(
        '<a class="bo-link bo-account" href="{}">{} <span class="bo-name">{}</span></a>',
        page_of(type(row), row.pk),
        row.number,
        row.name,
    )


def name(row: Any) -> SafeString:
    """An account by its number and name where a link can't stand, as in what opens a section."""
    said = '<span class="bo-account"><strong>{}</strong> <span class="bo-name">{}</span></span>'
    return format_html(said, row.number, row.name)


def number(row: Any) -> SafeString:
    """An account by its number alone, where its name would be too much."""
    if row is None:
        return NOTHING
    url = page_of(type(row), row.pk)
    said = '<a class="bo-link bo-account" href="{}" title="{}">{}</a>'
    return format_html(said, url, row.name, row.number)


def facts(found: Mapping[str, Any]) -> SafeString:
    """A small JSON object as "name: value" pairs, one per line."""
    if not found:
        return NOTHING
    lines = format_html("".join("{}" for _key in found), *(_pair(*pair) for pair in found.items()))
    return format_html('<span class="bo-pairs">{}</span>', lines)


def _pair(key: str, value: Any) -> SafeString:
    return format_html("<span><b>{}</b> {}</span>", trail_words.named(key), fact(key, value))


def fact(key: str, value: Any) -> Any:
    """What a fact of a JSON object says: instants as people read them, objects as pairs."""
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, Mapping):
        return facts(value)
    if isinstance(value, list):
        return ", ".join(str(trail_words.value_of(key, one)) for one in value)
    if isinstance(value, str) and INSTANT.fullmatch(value):
        return instant(datetime.fromisoformat(value))
    return trail_words.value_of(key, value)


def decision(row: Any) -> SafeString:
    """What was decided, in words, with the key that it is found by."""
    if row is None:
        return NOTHING
    said = '{} <span class="bo-name">{}</span>'
    return link(row, format_html(said, trail_words.said(row.verb), row.key))


def progress(done: int, total: int, *, tone: str = "busy") -> SafeString:
    """A bar with its figures."""
    percentage = progress_percent(done, total)
    return format_html(
        '<span class="bo-progress is-{}"><span class="bo-bar"><i style="width:{}%"></i></span>'
        '<span class="bo-progress-text">{} / {}</span></span>',
        tone,
        percentage,
        f"{done:,}",
        f"{total:,}" if total else "?",
    )


def progress_percent(done: int, total: int) -> int:
    """Whole percents, 0 where the total is not known yet."""
    return min(100, done * 100 // total) if total else 0


def rule(rule_id: str) -> SafeString:
    """A rule id of the domain, as it is cited everywhere."""
    return rule_words.chip(rule_id)
