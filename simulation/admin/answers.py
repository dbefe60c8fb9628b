"""An answer as panels: what was beside what would have been, differences first to the eye."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Column, Fact, Panel, Table, Tiles, notice

from ..models import WhatIf
from ..replay.sheets import difference

ZERO = Decimal(0)
WELCOME = ("available", "headroom")  # the more the better; all other figures cost


def panels(row: WhatIf) -> list[Panel]:
    """All that the answer says."""
    answer = row.answer
    if answer["refusal"]:
        said = " ".join(f"{one['message']} ({one['rule']})" for one in answer["refusal"]["reasons"])
        return [
            notice(_("The rules would have refused the change."), said, tone="bad", icon="block")
        ]
    found = [_totals(answer), _bills(answer), _accounts(answer), _lines(answer)]
    if answer["refused"]:
        found.append(_refused(answer))
    return [*found, _proof(answer)]


def _side(row: dict[str, Any], side: str, name: str) -> Decimal | None:
    return None if row[side] is None else Decimal(row[side][name])


def _totals(answer: dict[str, Any]) -> Panel:
    facts = []
    for currency in sorted({line["currency"] for line in answer["lines"]}):
        lines = [line for line in answer["lines"] if line["currency"] == currency]
        before, after = (
            sum((_side(line, side, "payable") or ZERO for line in lines), ZERO)
            for side in ("actual", "what_if")
        )
        facts += [
            Fact(_("payable, actual"), display.amount(before, currency)),
            Fact(_("payable, what if"), display.amount(after, currency)),
            Fact(
                _("difference"),
                display.amount(after - before, currency),
                tone="bad" if after > before else "good" if after < before else "",
            ),
        ]
    moved = [
        line for line in answer["lines"] if _payers(line, "actual") != _payers(line, "what_if")
    ]
    text = _("of %(all)s lines, by account and product") % {"all": len(answer["lines"])}
    facts.append(Fact(_("other payers"), display.count(len(moved)), text))
    return Tiles(facts=facts)


def _payers(line: dict[str, Any], side: str) -> list[str]:
    return sorted(line[side]["payers"]) if line[side] else []


def pair(row: dict[str, Any], name: str, currency: str) -> Any:
    """Both figures of a row, one above the other where they differ."""
    sides = [_side(row, side, name) for side in ("actual", "what_if")]
    shown = [display.amount(one, currency, shows_currency=False) for one in sides]
    if sides[0] == sides[1]:
        return shown[0]
    by = difference(row, name) if name not in WELCOME else -difference(row, name)
    tone = "is-more" if by > 0 else "is-less" if by < 0 else ""
    return format_html(
        '<span class="bo-pair"><s>{}</s><strong class="{}">{}</strong></span>',
        shown[0],
        tone,
        shown[1],
    )


def _who(line: dict[str, Any]) -> Any:
    sides = [_payers(line, side) for side in ("actual", "what_if")]
    shown = [
        format_html_join(", ", "{}", ((one,) for one in side)) or display.NOTHING for side in sides
    ]
    if sides[0] == sides[1]:
        return shown[0]
    return format_html(
        '<span class="bo-pair is-words"><s>{}</s><strong class="is-other">{}</strong></span>',
        *shown,
    )


def _worth_seeing(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What differs; all where nothing does."""
    return [row for row in rows if row["differs"]] or list(rows)


def _alike(rows: Sequence[dict[str, Any]], note: Any = "") -> str:
    """How many rows don't differ and are left out."""
    count = sum(not row["differs"] for row in rows)
    if count == len(rows):
        left_out = _("Nothing differs.")
    else:
        left_out = _("%(count)s others do not differ.") % {"count": count} if count else ""
    return f"{note} {left_out}".strip()


def _weight(line: dict[str, Any]) -> Decimal:
    return -max(_side(line, side, "payable") or ZERO for side in ("actual", "what_if"))


MOST_ROWS = 200


def _lines(answer: dict[str, Any]) -> Panel:
    names = ("list", "covered", "discount", "vouchers", "payable")
    labels = (_("list"), _("covered"), _("discount"), _("vouchers"), _("payable"))
    rows = sorted(_worth_seeing(answer["lines"]), key=_weight)
    return Table(
        title=_("Who pays"),
        note=_alike(answer["lines"], _("Crossed out what was, bold what if.")) + _more(len(rows)),
        anchor="lines",
        columns=[
            Column(_("account")),
            Column(_("product")),
            Column(_("payer")),
            *(Column(label, True) for label in labels),
        ],
        rows=[
            [
                line["owner"],
                (line["actual"] or line["what_if"])["name"] or display.NOTHING,
                _who(line),
                *(pair(line, name, line["currency"]) for name in names),
            ]
            for line in rows[:MOST_ROWS]
        ],
        empty=_("Nothing was charged in these months."),
    )


def _more(count: int) -> str:
    if count <= MOST_ROWS:
        return ""
    return " " + _("The first %(most)s of %(all)s; the files have all.") % {
        "most": MOST_ROWS,
        "all": count,
    }


def _bills(answer: dict[str, Any]) -> Panel:
    names = ("total", "from_cash", "on_credit", "outstanding")
    rows = [
        row | {"currency": (row["actual"] or row["what_if"])["currency"]} for row in answer["bills"]
    ]
    return Table(
        title=_("Bills"),
        note=_alike(rows),
        anchor="bills",
        columns=[
            Column(_("account")),
            Column(_("month")),
            Column(_("total"), True),
            Column(_("from cash"), True),
            Column(_("on credit"), True),
            Column(_("outstanding"), True),
        ],
        rows=[
            [row["account"], row["month"], *(pair(row, name, row["currency"]) for name in names)]
            for row in _worth_seeing(rows)[:MOST_ROWS]
        ],
        empty=_("No bill is issued for these months."),
    )


def _accounts(answer: dict[str, Any]) -> Panel:
    names = ("pays", "available", "headroom", "overshoot")
    rows = [
        row | {"currency": (row["actual"] or row["what_if"])["currency"]}
        for row in answer["accounts"]
    ]
    return Table(
        title=_("Accounts today"),
        note=_alike(rows, _("What each would have and owe now, and was told since.")),
        anchor="accounts",
        columns=[
            Column(_("account")),
            Column(_("pays in these months"), True),
            Column(_("available"), True),
            Column(_("headroom"), True),
            Column(_("overshoot"), True),
            Column(_("warnings"), True),
            Column(_("suspensions"), True),
        ],
        rows=[
            [
                row["account"],
                *(pair(row, name, row["currency"]) for name in names),
                _told(row, ("low_funds", "spending")),
                _told(row, ("suspended",)),
            ]
            for row in _worth_seeing(rows)[:MOST_ROWS]
        ],
    )


def _told(row: dict[str, Any], kinds: Sequence[str]) -> Any:
    counts = [
        sum(row[side]["notices"][kind] for kind in kinds) if row[side] else 0
        for side in ("actual", "what_if")
    ]
    if counts[0] == counts[1]:
        return display.count(counts[0])
    return format_html(
        '<span class="bo-pair"><s>{}</s><strong class="is-other">{}</strong></span>', *counts
    )


def _refused(answer: dict[str, Any]) -> Panel:
    return Table(
        title=_("What would have been refused"),
        note=_("Commands of these accounts that the rules would not have let through."),
        anchor="refused",
        columns=[Column(_("when")), Column(_("command")), Column(_("why")), Column(_("rule"))],
        rows=[
            [
                display.instant(datetime.fromisoformat(one["at"])),
                one["verb"],
                " ".join(reason["message"] for reason in one["reasons"]),
                format_html_join(
                    " ", "{}", ((display.rule(reason["rule"]),) for reason in one["reasons"])
                ),
            ]
            for one in answer["refused"][:MOST_ROWS]
        ],
    )


def _proof(answer: dict[str, Any]) -> Panel:
    if answer["is_exact"]:
        text = _("The history was replayed without the change, too: it gave the actual figures.")
        return notice(_("The replay is exact."), text, tone="good", icon="verified")
    text = _("Without the change, %(count)s rows differ from the actual ones; the files name them.")
    said = text % {"count": len(answer["not_exact"])}
    return notice(_("Take these figures with care."), said, tone="warn", icon="warning")
