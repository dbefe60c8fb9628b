"""The parts of a page: facts, tables, charts. A page is a list of them (base.ReadOnlyAdmin.panels).

A panel says what is shown; its template says how. Upper floors add panels to pages of this one by
dotted paths in settings (DASHBOARD_PANELS, ACCOUNT_PANELS).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.module_loading import import_string

from . import rule_words

PAGE_SIZE = 25
TWO_COLORS = ("var(--color-primary-600)", "var(--color-primary-300)")
# Told apart on light and dark ground; the last, grey, is for the rest.
MANY_COLORS = (
    "#2563eb",
    "#0d9488",
    "#d97706",
    "#9333ea",
    "#dc2626",
    "#0891b2",
    "#65a30d",
    "#db2777",
    "#94a3b8",
)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One part of a page. `width` is full, half, third or two-thirds of it on a wide screen."""

    template: ClassVar[str] = ""
    title: Any = ""
    note: Any = ""
    width: str = "full"
    anchor: str = ""


@dataclass(frozen=True)
class Fact:
    """One label with its value. `note` explains it, `rule` is the rule id it follows."""

    label: Any
    value: Any
    note: Any = ""
    rule: str = ""
    tone: str = ""
    url: str = ""

    @property
    def rule_link(self) -> Any:
        """The rule, leading to what it says."""
        return rule_words.chip(self.rule)

    @property
    def rule_label(self) -> Any:
        """The rule, where the whole fact is a link already."""
        return rule_words.label(self.rule)


@dataclass(frozen=True, kw_only=True)
class Facts(Panel):
    """Labels and values, one under the other."""

    template: ClassVar[str] = "admin/panels/facts.html"
    facts: Sequence[Fact]


@dataclass(frozen=True, kw_only=True)
class Tiles(Panel):
    """A few large figures side by side."""

    template: ClassVar[str] = "admin/panels/tiles.html"
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Column:
    """A heading of a table; numbers stand on the right."""

    label: Any
    is_number: bool = False


@dataclass(frozen=True)
class Link:
    """Where to go on."""

    label: Any
    url: str


@dataclass(frozen=True)
class Pager:
    """Links to the neighbouring pages of a table inside a page."""

    page: Page
    earlier: str = ""
    later: str = ""


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """Rows under headings."""

    template: ClassVar[str] = "admin/panels/table.html"
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    footer: Sequence[Any] = ()
    empty: Any = ""
    more: Link | None = None
    pager: Pager | None = None
    is_exact: bool = False  # shows every digit, where figures must be seen to add up

    @property
    def lines(self) -> list[list[tuple[Column, Any]]]:
        """Each row as (column, cell) pairs."""
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]

    @property
    def last_line(self) -> list[tuple[Column, Any]]:
        """The footer as (column, cell) pairs."""
        return list(zip(self.columns, self.footer, strict=True)) if self.footer else []


@dataclass(frozen=True, kw_only=True)
class Chart(Panel):
    """A bar chart. Amounts are given as text, so that none passes through a float here."""

    template: ClassVar[str] = "admin/panels/chart.html"
    labels: Sequence[str]
    series: Mapping[str, Sequence[str]]
    empty: Any = ""
    more: Link | None = None
    is_upright: bool = False  # months stand side by side; names lie one under the other

    @property
    def values(self) -> str:
        """What Chart.js draws."""
        colors = TWO_COLORS if len(self.series) <= len(TWO_COLORS) else MANY_COLORS
        bars = [
            {"label": name, "data": list(values), "backgroundColor": color, "borderRadius": 3}
            for (name, values), color in zip(self.series.items(), colors, strict=False)
        ]
        return json.dumps({"labels": list(self.labels), "datasets": bars})

    @property
    def options(self) -> str:
        """All of Chart.js' options: Unfold's defaults are those of a sparkline."""
        ticks = {"color": "#8a94a6", "font": {"size": 12}}
        grid = {"display": True, "drawTicks": False}
        return json.dumps(
            {
                "indexAxis": "x" if self.is_upright else "y",
                "animation": False,
                "responsive": True,
                "maintainAspectRatio": False,
                "maxBarThickness": 22,
                "plugins": {
                    "legend": {
                        "display": len(self.series) > 1,
                        "align": "start",
                        "labels": {"boxWidth": 10, "boxHeight": 10, "color": "#8a94a6"},
                    },
                    "tooltip": {"enabled": True},
                },
                "scales": {
                    "y" if self.is_upright else "x": {
                        "stacked": True,
                        "beginAtZero": True,
                        "border": {"display": False},
                        "grid": grid,
                        "ticks": ticks | {"maxTicksLimit": 6},
                    },
                    "x" if self.is_upright else "y": {
                        "stacked": True,
                        "border": {"display": False},
                        "grid": grid | {"display": False},
                        "ticks": ticks,
                    },
                },
            }
        )

    @property
    def height(self) -> int:
        """Pixels: a bar each, and the axis."""
        if self.is_upright:
            return 240
        return 60 + 34 * len(self.labels) + (24 if len(self.series) > 1 else 0)


@dataclass(frozen=True, kw_only=True)
class Part(Panel):
    """Anything else: a template of its own with its context."""

    template: ClassVar[str] = "admin/panels/part.html"
    name: str
    context: Mapping[str, Any] = field(default_factory=dict)


def notice(title: Any, text: Any, *, tone: str, icon: str) -> Panel:
    """One sentence that must be seen first: tone is good, warn or bad."""
    said = {"title": title, "text": text, "tone": tone, "icon": icon}
    return Part(name="admin/parts/notice.html", context=said)


def paged(
    request: HttpRequest, rows: Any, parameter: str, *, size: int = PAGE_SIZE
) -> tuple[list[Any], Pager]:
    """One page of many rows, by a parameter of the address, and the way to its neighbours."""
    page = Paginator(rows, size).get_page(request.GET.get(parameter))

    def address(number: int) -> str:
        query = request.GET.copy()
        query[parameter] = str(number)
        return f"?{query.urlencode()}#{parameter}"

    return list(page.object_list), Pager(
        page=page,
        earlier=address(page.previous_page_number()) if page.has_previous() else "",
        later=address(page.next_page_number()) if page.has_next() else "",
    )


def provided(setting: str, *arguments: Any) -> Iterable[Any]:
    """The panels, or buttons, that other floors add: functions by dotted path in a setting."""
    for path in getattr(settings, setting, ()):
        yield from import_string(path)(*arguments)
