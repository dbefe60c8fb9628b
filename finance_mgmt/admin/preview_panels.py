"""What a command would change, or every reason why it can't be done, as parts of a page (L12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..enums import Cycle
from ..errors import FinanceError
from ..models import Account
from ..money import parse, plain
from ..rules.terms import Terms
from ..services.previews import Picture, Preview
from . import display, trail_words
from .panels import Column, Panel, Part, Table, notice
from .terms import Explained, explain
from .wording import sentence

FIGURES = {
    "available": (gettext_lazy("available"), "F3"),
    "cash": (gettext_lazy("cash"), "F1"),
    "transferred_in": (gettext_lazy("of it transferred in"), "F7"),
    "credit_limit": (gettext_lazy("credit limit"), "F1"),
    "allocated_in": (gettext_lazy("credit received"), "F6"),
    "allocated_out": (gettext_lazy("credit given away"), "F6"),
    "effective_limit": (gettext_lazy("effective limit"), "F2"),
    "used": (gettext_lazy("credit used"), "F1"),
    "headroom": (gettext_lazy("credit headroom"), "F4"),
    "unsettled": (gettext_lazy("unsettled"), "F1"),
}


@dataclass(frozen=True)
class ReasonShown:
    """One failing condition as people read it."""

    rule: str
    code: str
    message: str
    facts: Any
    mend: str

    @property
    def rule_link(self) -> Any:
        """The rule, leading to what it says."""
        return display.rule(self.rule)


def refused(refusal: FinanceError) -> list[ReasonShown]:
    """Every reason: its rule, a sentence, what was found, who can mend it."""
    return [
        ReasonShown(
            reason.rule,
            reason.code,
            sentence(reason.message),
            _found(reason.facts),
            sentence(reason.mend) if reason.mend else "",
        )
        for reason in refusal.reasons
    ]


def _found(facts: Mapping[str, Any]) -> Any:
    """What was found; the formula stands in the sentence already."""
    shown = {capfirst(_name(k)): _value(k, v) for k, v in facts.items() if k != "formula"}
    return display.facts(shown) if shown else ""


def panels(found: Preview, at: datetime) -> list[Panel]:
    """What would change: when, the terms, the figures, and what upper floors know."""
    names = found.accounts
    parts = [
        *_announced(found, at),
        _terms(found, names),
        *_of_upper_floors(found.facts),
        figures_panel(figures_changed(found), currencies(names)),
    ]
    shown = [part for part in parts if part]
    return shown or [
        notice(_("Neither terms nor figures change."), "", tone="good", icon="check_circle")
    ]


def stored(found: Preview) -> dict[str, Any]:
    """The preview as an approval keeps it, in the shape of the API's. Raises the refusal."""
    if found.refusal:
        raise found.refusal
    return {
        "allowed": True,
        "reasons": [],
        "would": {"result": None, "changes": figures_changed(found)},
    }


def figures_changed(found: Preview) -> dict[str, dict[str, dict[str, str]]]:
    """Figures that would differ, as text: {account: {figure: {before, after}}}."""
    changes = {}
    for pk, account in sorted(found.accounts.items(), key=lambda pair: pair[1].number):
        before, after = _figures(found.before, pk), _figures(found.after, pk)
        differing = {
            name: {"before": before[name], "after": after[name]}
            for name in before
            if before[name] != after.get(name)
        }
        if differing:
            changes[account.number] = differing
    return changes


def currencies(accounts: Mapping[int, Account]) -> dict[str, str]:
    """The currency of each account, by number."""
    return {account.number: account.currency for account in accounts.values()}


def figures_panel(changes: Mapping[str, Any], currency_of: Mapping[str, str]) -> Panel | None:
    """The figures before and after; also those that an approval stored."""
    rows = [
        [
            number if not position else "",
            capfirst(FIGURES[name][0]),
            _amount(pair["before"], currency_of.get(number, "")),
            format_html("<strong>{}</strong>", _amount(pair["after"], currency_of.get(number, ""))),
            display.rule(FIGURES[name][1]),
        ]
        for number, figures in changes.items()
        for position, (name, pair) in enumerate(
            (name, figures[name]) for name in FIGURES if name in figures
        )
    ]
    if not rows:
        return None
    return Table(
        title=_("Figures"),
        anchor="figures",
        columns=[
            Column(_("account")),
            Column(_("figure")),
            Column(_("before"), True),
            Column(_("after"), True),
            Column(_("rule")),
        ],
        rows=rows,
    )


def _amount(text: str, currency: str) -> Any:
    return display.amount(parse(text), currency)


def _figures(picture: Picture | None, pk: int) -> dict[str, str]:
    figures = picture.figures.get(pk) if picture else None
    return {name: plain(getattr(figures, name), 2) for name in FIGURES} if figures else {}


def _announced(found: Preview, at: datetime) -> list[Panel]:
    said: list[Panel] = []
    if found.needs_consent:
        text = _("It is asked first; until it agrees, nobody is bound (L5).")
        said.append(notice(_("The member must consent."), text, tone="warn", icon="how_to_reg"))
    if found.takes_effect_at and found.takes_effect_at > at:
        text = _("Until then it can be cancelled; the rules are asked again when it comes (L9).")
        when = display.instant(found.takes_effect_at)
        title = format_html("{} {}.", _("It takes effect at"), when)
        said.append(notice(title, text, tone="busy", icon="event"))
    return said


def _terms(found: Preview, names: Mapping[int, Account]) -> Panel | None:
    rows = []
    for pk in sorted(found.before.terms, key=lambda one: names[one].number):
        pairs = _differing(found.before.terms[pk], found.after.terms[pk])
        rows += [
            [
                "" if position else display.account(names[pk]),
                capfirst(after.label),
                _who(before, pk, names),
                format_html("<strong>{}</strong>", _who(after, pk, names)),
                after.reason,
                display.rule(after.rule),
            ]
            for position, (before, after) in enumerate(pairs)
        ]
    if not rows:
        return None
    return Table(
        title=_("Terms"),
        note=_("What holds for charge periods that start when it takes effect, or later (C1)."),
        anchor="terms",
        columns=[
            Column(_("account")),
            Column(_("term")),
            Column(_("before")),
            Column(_("after")),
            Column(_("why")),
            Column(_("rule")),
        ],
        rows=rows,
    )


def _differing(before: Terms, after: Terms) -> list[tuple[Explained, Explained]]:
    both = zip(explain(before), explain(after), strict=True)
    return [(b, a) for b, a in both if (list(b.accounts), b.text) != (list(a.accounts), a.text)]


def _who(term: Explained, me: int, names: Mapping[int, Account]) -> Any:
    people = [
        (_("itself") if pk == me else names[pk].number if pk in names else _("its master"),)
        for pk in term.accounts
    ]
    return " ".join(part for part in (format_html_join(" › ", "{}", people), term.text) if part)


def _of_upper_floors(facts: Mapping[str, Any]) -> list[Panel]:
    makers = {"cut_over": _cut_over, "resources_changing": _resources, "vouchers_frozen": _vouchers}
    return [makers[name](facts[name]) for name in makers if facts.get(name)]


def _cut_over(cycles: Mapping[str, str]) -> Panel:
    return Table(
        title=_("Cut-over"),
        note=_("The cycle in progress stays with the former payer (C1)."),
        width="half",
        anchor="cut-over",
        columns=[Column(_("products charged per")), Column(_("first period of the new payer"))],
        rows=[
            [Cycle(cycle).label, display.instant(datetime.fromisoformat(start))]
            for cycle, start in cycles.items()
        ],
    )


def _resources(rows: Sequence[Mapping[str, Any]]) -> Panel:
    return Table(
        title=_("Resources that change subject"),
        note=_("Usable to the end of what is paid; no refund and no downgrade for it (R2)."),
        width="half",
        anchor="resources",
        columns=[Column(_("account")), Column(_("resource")), Column(_("paid until"))],
        rows=[
            [row["account"], row["resource"], display.instant(row["paid_until"])] for row in rows
        ],
    )


def _vouchers(rows: Sequence[Mapping[str, Any]]) -> Panel:
    return Table(
        title=_("Vouchers frozen"),
        note=_("Not lost: they thaw at the end of the relationship (V4)."),
        width="half",
        anchor="vouchers",
        columns=[Column(_("owner")), Column(_("voucher")), Column(_("remaining"), True)],
        rows=[[row["owner"], row["voucher"], display.amount(row["remaining"])] for row in rows],
    )


def reasons_part(refusal: FinanceError) -> Panel:
    """All reasons as one part of a page."""
    return Part(name="admin/finance_mgmt/reasons.html", context={"reasons": refused(refusal)})


def _name(key: str) -> str:
    return str(FIGURES[key][0] if key in FIGURES else trail_words.named(key))


def _value(name: str, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return ", ".join(str(trail_words.value_of(name, one)) for one in value)
    if isinstance(value, datetime):
        return display.instant(value)
    if isinstance(value, Decimal):
        return display.amount(value)
    return trail_words.value_of(name, value)
