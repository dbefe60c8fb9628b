"""Explain this charge: from usage to invoice, step by step, with amounts that add up (B1, K4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Panel, Part
from finance_mgmt.admin.relationships import mode_badge
from finance_mgmt.rules.terms import Money

from ..models import Charge
from ..queries.explained import WORDS, Explanation, Tried
from ..queries.explanations import explain
from .discounts import price_of, scope_of

MONEY = {
    Money.CASH: gettext_lazy("cash"),
    Money.CREDIT: pgettext_lazy("money", "credit"),
    Money.ALLOCATED_CREDIT: gettext_lazy("allocated credit"),
}


@dataclass(frozen=True)
class Step:
    """One step: what was asked, what the answer was and why, and what it did to the amount."""

    title: Any
    answer: Any
    why: Any = ""
    rules: tuple[str, ...] = ()
    details: tuple[Any, ...] = ()
    amount: Any = ""
    left: Any = ""
    kind: str = ""

    @property
    def rule_links(self) -> list[Any]:
        """Each leads to what it says."""
        return [display.rule(rule) for rule in self.rules]


def panel(charge: Charge) -> Panel:
    """The whole story, from top to bottom."""
    return Part(
        title=_("Explain this charge"),
        note=_("list − covered − discount − voucher = payable (K4)"),
        anchor="why",
        name="admin/parts/explanation.html",
        context={"steps": list(_steps(explain(charge)))},
    )


def _steps(told: Explanation) -> Iterator[Step]:
    charge = told.charge
    left = charge.list_amount
    yield _used(told)
    yield _listed(told)
    left -= charge.covered_amount
    yield _covered(told, left)
    left -= charge.discount_amount
    yield _discounted(told, left)
    left -= charge.voucher_amount
    yield _vouchers(told, left)
    yield _payer(told)
    yield _money(told)
    yield _bill(told)
    yield _invoice(told)


def _money_of(told: Explanation, amount: Decimal) -> Any:
    return display.amount(amount, told.charge.currency)


def _used(told: Explanation) -> Step:
    charge, used = told.charge, told.usage
    late = (display.badge(_("late"), "warn"),) if used.is_late else ()
    quantity = display.quantity(used.quantity, used.unit)
    what = display.link(charge.product) if charge.product else charge.get_kind_display()
    period = display.span(charge.period_start, charge.period_end)
    records = ngettext("%(count)s usage record", "%(count)s usage records", used.records)
    said = records % {"count": used.records} if used.records else charge.reason
    why = format_html("{} · {}", period, said) if said else period
    rules = ("B1", "C4") if late else ("B1",)
    return Step(_("What was used"), format_html("{} {}", quantity, what), why, rules, late)


def _listed(told: Explanation) -> Step:
    price, charge = told.price, told.charge
    shown = tuple(
        format_html(
            "{} × {} = {}",
            display.quantity(step.quantity, told.usage.unit),
            display.quantity(step.unit_price),
            _money_of(told, step.amount),
        )
        for step in price.steps
    )
    amount = _money_of(told, charge.list_amount)
    if price.price is None or not shown:
        answer: Any = _("The amount was given: by the source, the order or by hand.")
        return Step(_("List price"), answer, "", ("P1",), (), amount, amount, "list")
    since = display.instant(price.price.effective_from)
    answer = format_html("{} {}", display.link(price.price, _("List price")), charge.product)
    why = format_html(_("In force since {instant}, at the start of the period."), instant=since)
    return Step(_("List price"), answer, why, ("P1",), shown, amount, amount, "list")


def _covered(told: Explanation, left: Decimal) -> Step:
    shown = tuple(
        format_html(
            "{} · {} · {}: {} = {}",
            display.link(one.commitment),
            one.commitment.get_kind_display(),
            _("own") if one.is_own else display.number(one.commitment.owner),
            display.quantity(one.quantity, told.usage.unit),
            _money_of(told, one.amount),
        )
        for one in told.covers
    )
    answer = _("Covered by commitments.") if shown else _("No commitment covered it.")
    why = _("Own first, then what the master shares.") if shown else ""
    less = _money_of(told, -told.charge.covered_amount)
    rest = _money_of(told, left)
    return Step(_("Covered"), answer, why, ("K1", "K2"), shown, less, rest, "less")


def _discounted(told: Explanation, left: Decimal) -> Step:
    found = told.discount
    answer = format_html("{} {}", display.account(found.of), _("No contract price was better."))
    shown: tuple[Any, ...] = ()
    if found.discount:
        answer = format_html(
            "{} {} {} · {}",
            display.account(found.of),
            display.link(found.discount, f"#{found.discount.pk}"),
            scope_of(found.discount),
            price_of(found.discount),
        )
        shown = (_("The best one for the customer at the start of the period; none stack."),)
    less, rest = _money_of(told, -told.charge.discount_amount), _money_of(told, left)
    why = WORDS[found.why]
    return Step(_("Discount"), answer, why, ("D1", "D2"), shown, less, rest, "less")


def _vouchers(told: Explanation, left: Decimal) -> Step:
    shown = tuple(_tried(told, one) for one in told.vouchers)
    answer = _("Tried in order, earliest expiry first.") if shown else _("There was none to try.")
    less, rest = _money_of(told, -told.charge.voucher_amount), _money_of(told, left)
    return Step(_("Vouchers"), answer, "", ("V2", "V3"), shown, less, rest, "less")


def _tried(told: Explanation, one: Tried) -> Any:
    name = display.link(one.voucher) if one.voucher else one.code
    if one.refused:
        return format_html("{}: {}", name, WORDS.get(one.refused, one.refused))
    return format_html("{}: {}", name, _money_of(told, one.paid))


def _payer(told: Explanation) -> Step:
    found = told.payer
    shown: tuple[Any, ...] = ()
    if found.relationship and found.mode:
        ends = f"{found.relationship.master.number} › {found.relationship.member.number}"
        since = display.instant(found.relationship.effective_from)
        link = display.link(found.relationship, ends)
        shown = (format_html("{} {} {}", link, mode_badge(found.mode), since),)
    rules = tuple(one for one in told.rules if one in ("C1", "C2", "O4", "B2"))
    answer, why = display.account(found.account), WORDS[found.why]
    payable = _money_of(told, told.charge.payable_amount)
    return Step(_("Who pays"), answer, why, rules, shown, payable, "", "payable")


def _money(told: Explanation) -> Step:
    parts = [
        format_html("{} {}", MONEY[one.money], _money_of(told, one.amount))
        if one.amount is not None
        else MONEY[one.money]
        for one in told.money
    ]
    is_moved = any(one.amount is not None for one in told.money)
    why = _("Moved at once.") if is_moved else _("The month's bill draws it, in this order.")
    answer = format_html_join(", ", "{}", ((part,) for part in parts)) or _("nothing to pay")
    return Step(_("From which money"), answer, why if parts else "", ("B5",))


def _bill(told: Explanation) -> Step:
    month = display.month(told.bill.month)
    answer = format_html("{} {}", month, display.badge(_("not issued yet"), "busy"))
    if told.bill.bill:
        text = format_html("{} {}", told.bill.bill.payer.number, month)
        answer = display.link(told.bill.bill, text)
    rule = "C4" if told.usage.is_late else "C6"
    return Step(_("On which bill"), answer, WORDS[told.bill.why], (rule,))


def _invoice(told: Explanation) -> Step:
    if not told.invoice:
        return Step(_("On which invoice"), _("On none."), "", ("I1",))
    answer = f"{told.invoice['number']} · {told.invoice['title']}"
    return Step(_("On which invoice"), answer, told.invoice["status"], ("I1",))
