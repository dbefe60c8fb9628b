"""The page where a master's credit is allocated to many members at once, and reclaimed (F6)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from ..clock import now
from ..enums import Mode
from ..models import Account, Relationship
from ..money import minor_places, plain
from ..queries import allocations as reads
from ..services import allocations, approvals
from ..services.previews import Preview
from . import display
from .command_forms import AmountField, CommandForm
from .command_pages import CommandPage
from .panels import Column, Fact, Panel, Table, Tiles
from .relationship_commands import IN_FORCE


class AllocationForm(CommandForm):
    """An amount beside each member: above 0 is allocated, below 0 reclaimed."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        required=False,
        widget=UnfoldAdminTextInputWidget(),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.credit = reads.of_master(self.row, now())
        self.wrong: dict[int, str] = {}

    @property
    def lines(self) -> list[dict[str, Any]]:
        """A row per member: its figures, and what was typed."""
        currency = self.row.currency

        def show(value: Decimal) -> Any:
            return display.amount(value, currency, shows_currency=False)

        return [
            {
                "name": self.name_of(one.member),
                "number": one.member.number,
                "member": display.account(one.member),
                "own": show(one.figures.credit_limit),
                "limit": show(one.figures.effective_limit),
                "used": show(one.figures.used),
                "allocated": show(one.figures.allocated_in),
                "reclaimable": show(one.reclaimable),
                "allocatable": show(self.credit.allocatable) if one.shares_credit else "",
                "shares_credit": one.shares_credit,
                "typed": self.data.get(self.name_of(one.member), ""),
                "wrong": self.wrong.get(one.member.pk, ""),
            }
            for one in self.credit.members
        ]

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The names and texts that were filled in, for the step that confirms."""
        names = [self.name_of(one.member) for one in self.credit.members]
        return [(name, self.data[name]) for name in names if self.data.get(name)]

    @property
    def top(self) -> Panel:
        """The master's figures above the table."""
        figures, currency = self.credit.figures, self.row.currency

        def fact(label: Any, value: Decimal, rule: str) -> Fact:
            return Fact(label, display.amount(value, currency), rule=rule)

        return Tiles(
            facts=[
                fact(_("allocatable"), self.credit.allocatable, "F6"),
                fact(_("effective limit"), figures.effective_limit, "F2"),
                fact(_("allocated"), figures.allocated_out, "F6"),
                fact(_("credit used"), figures.used, "F1"),
            ]
        )

    @property
    def places(self) -> int:
        """Decimals of the currency, for the running sum."""
        return minor_places(self.row.currency)

    def name_of(self, member: Account) -> str:
        """The name of a member's input."""
        return f"move-{member.pk}"

    def clean(self) -> dict[str, Any]:
        """Every amount that was typed, by member number."""
        reader, moves = AmountField(required=False), {}
        for one in self.credit.members:
            try:
                amount = reader.clean(self.data.get(self.name_of(one.member), "").lstrip("+ "))
            except ValidationError as wrong:
                self.wrong[one.member.pk] = " ".join(wrong.messages)
                continue
            if amount:
                moves[one.member.number] = amount
        if self.wrong:
            raise ValidationError(_("Some amounts can't be read: they are marked."))
        if not moves:
            raise ValidationError(_("Give at least one member an amount."))
        return {**self.cleaned_data, "moves": moves}


class Allocate(CommandPage):
    """Credit for several members at once: all of it, or nothing."""

    name, icon = "allocate", "share"
    label = gettext_lazy("Allocate credit")
    needs = "finance_mgmt.allocate"
    form_class = AllocationForm
    service = allocations.move_many
    verb = "allocations.move_many"
    template = "admin/finance_mgmt/allocate.html"
    done = gettext_lazy("The credit is moved.")
    intro = gettext_lazy(
        "At most what the master has free; what a member used can't be taken back (F6)."
    )

    def is_offered(self, row: Account) -> bool:
        """For masters with members in management."""
        links = Relationship.objects.filter(master=row, state__in=IN_FORCE, mode=Mode.MANAGEMENT)
        return links.exists()

    def may(self, request: HttpRequest, row: Any) -> bool:
        """Either direction has a permission of its own; the page is for who has both."""
        return all(request.user.has_perm(f"finance_mgmt.{one}") for one in ("allocate", "reclaim"))

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The master, and the amounts by number."""
        return {"master": row, "moves": given["moves"], "reason": given["reason"]}

    def stored_arguments(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Amounts as text."""
        moves = {number: plain(amount) for number, amount in arguments["moves"].items()}
        return approvals.primitives(**{**arguments, "moves": moves})

    def amount(self, arguments: dict[str, Any], at: datetime) -> Decimal | None:
        """All that moves, in either direction."""
        return allocations.moved(arguments["moves"])

    def parties(self, row: Account, given: dict[str, Any]) -> list[int]:
        """The master, and the members whose credit moves."""
        members = Account.objects.filter(number__in=list(given["moves"]))
        return [row.pk, *members.values_list("pk", flat=True)]

    def second_said(self, above: Decimal) -> Any:
        """Above a sum."""
        said = _("Above %(amount)s in all, in either direction, a second person is needed.")
        return said % {"amount": display.grouped(above, 2)[0]}

    def panels(self, row: Account, at: datetime) -> Sequence[Panel]:
        """What the master has, and the formulas."""
        return [_formulas()]

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """The master's figures before and after, then a line per member."""
        return [_master(found), _members(found, given["moves"])]


def _formulas() -> Panel:
    rows = [
        (
            _("allocatable"),
            _("headroom: min(effective limit − used − members' unsettled, available)"),
            "F4",
        ),
        (_("reclaimable"), _("min(allocated − used, available) of the member"), "F6"),
        (_("effective limit"), _("limit + received − given away"), "F2"),
        (
            _("together"),
            _("What is reclaimed can be allocated at once. All of it moves, or nothing."),
            "F6",
        ),
    ]
    return Table(
        title=_("How it is bounded"),
        columns=[Column(_("figure")), Column(_("formula")), Column(_("rule"))],
        rows=[[label, formula, display.rule(rule)] for label, formula, rule in rows],
    )


def _of(found: Preview, account: Account) -> tuple[Any, Any, str]:
    before, after = found.before.figures[account.pk], found.after.figures[account.pk]
    return before, after, account.currency


def _master(found: Preview) -> Panel:
    master = next(
        one
        for one in found.accounts.values()
        if found.after.figures[one.pk].allocated_out or found.before.figures[one.pk].allocated_out
    )
    before, after, currency = _of(found, master)

    def change(label: Any, name: str, rule: str) -> list[Any]:
        return [
            label,
            display.amount(getattr(before, name), currency),
            format_html("<strong>{}</strong>", display.amount(getattr(after, name), currency)),
            display.rule(rule),
        ]

    return Table(
        title=_("Master %(number)s") % {"number": master.number},
        columns=[
            Column(_("figure")),
            Column(_("before"), True),
            Column(_("after"), True),
            Column(_("rule")),
        ],
        rows=[
            change(_("allocatable"), "headroom", "F4"),
            change(_("credit given away"), "allocated_out", "F6"),
            change(_("available"), "available", "F3"),
        ],
    )


def _members(found: Preview, moves: dict[str, Decimal]) -> Panel:
    rows = []
    by_number = {one.number: one for one in found.accounts.values()}
    for number in sorted(moves):
        before, after, currency = _of(found, by_number[number])
        kind = (
            display.badge(_("allocate"), "good")
            if moves[number] > 0
            else display.badge(_("reclaim"), "warn")
        )
        rows.append(
            [
                number,
                kind,
                display.amount(abs(moves[number]), currency),
                display.amount(before.allocated_in, currency),
                format_html("<strong>{}</strong>", display.amount(after.allocated_in, currency)),
                display.amount(after.available, currency),
            ]
        )
    return Table(
        title=_("Members"),
        anchor="moves",
        columns=[
            Column(_("member")),
            Column(""),
            Column(_("amount"), True),
            Column(_("allocated before"), True),
            Column(_("allocated after"), True),
            Column(_("available after"), True),
        ],
        rows=rows,
    )
