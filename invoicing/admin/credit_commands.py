"""Correcting an invoice: all that is left, some lines, or an amount (I6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from finance_mgmt.admin import display
from finance_mgmt.admin.command_forms import AmountField, CommandForm
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.panels import Column, Fact, Panel, Table, Tiles
from finance_mgmt.services.previews import Preview, run

from ..models import CreditNote, Invoice
from ..queries import candidates, statements
from ..services import credit_notes

MOST_LINES = 200  # of an invoice with more, members are chosen instead
ALL, LINES, AMOUNT = "all", "lines", "amount"
OF_MEMBER = "member "


@dataclass(frozen=True)
class Rehearsed:
    """What is kept of a credit note that was issued and taken back."""

    total: Any
    tax: Any
    left: Any
    lines: list[tuple[str, str, Any]]
    line_count: int


class CreditForm(CommandForm):
    """How much of the invoice, and why."""

    how = forms.ChoiceField(
        label=gettext_lazy("What is credited"),
        choices=[
            (ALL, gettext_lazy("All that is left: its charges can be invoiced anew")),
            (LINES, gettext_lazy("The lines chosen below: they alone can be invoiced anew")),
            (AMOUNT, gettext_lazy("An amount: taken from refunded orders first")),
        ],
        initial=ALL,
        widget=UnfoldAdminRadioSelectWidget(),
    )
    amount = AmountField(label=gettext_lazy("Amount"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Stands on the credit note for good."),
        widget=UnfoldAdminTextInputWidget(),
    )
    lines = forms.MultipleChoiceField(required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.rows = _choices(self.row)
        self.fields["lines"].choices = [(one["value"], one["label"]) for one in self.rows]  # type: ignore[attr-defined]
        chosen = self.data.getlist("lines") if self.is_bound else ()
        for one in self.rows:
            one["is_chosen"] = one["value"] in chosen

    @property
    def above(self) -> list[forms.BoundField]:
        """The fields that stand above the lines."""
        return [self[name] for name in ("how", "amount", "reason")]

    @property
    def asked(self) -> list[tuple[Any, Any]]:
        """In few words."""
        given = self.cleaned_data
        how = dict(self.fields["how"].choices)[given["how"]]  # type: ignore[attr-defined]
        found = [(_("What is credited"), how), (_("Reason"), given["reason"])]
        if given["how"] == LINES:
            found.append((_("Chosen"), display.count(len(given["lines"]))))
        return found

    def clean(self) -> dict[str, Any]:
        """Exactly what the choice needs."""
        given = super().clean() or {}
        if given.get("how") == LINES and not given.get("lines"):
            raise forms.ValidationError(_("Choose the lines."))
        if given.get("how") == AMOUNT and not given.get("amount") and "amount" in given:
            raise forms.ValidationError({"amount": _("Give the amount.")})
        return given


class Credit(CommandPage):
    """One credit note."""

    name, icon, needs = "credit", "assignment_return", "invoicing.issue_credit_note"
    label = gettext_lazy("Issue a credit note")
    form_class = CreditForm
    service = credit_notes.issue
    done = gettext_lazy("The credit note is issued.")
    template = "admin/invoicing/credit.html"
    is_primary = True
    intro = gettext_lazy("An invoice is never edited: a credit note corrects it (I6).")

    def is_offered(self, row: Invoice) -> bool:
        """While something is left."""
        return row.total > candidates.credited(row)

    def initial(self, request: Any, row: Invoice) -> dict[str, Any]:
        """What is owed after refunds."""
        if owed := candidates.owed(row):
            return {"how": AMOUNT, "amount": display.grouped(owed, 2)[0]}
        return {"how": ALL}

    def arguments(self, row: Invoice, given: dict[str, Any]) -> dict[str, Any]:
        """The invoice, and how much of it."""
        lines = _lines(row, given["lines"]) if given["how"] == LINES else ()
        amount = given["amount"] if given["how"] == AMOUNT else None
        return {"invoice": row, "lines": lines, "amount": amount, "reason": given["reason"]}

    def parties(self, row: Invoice, given: dict[str, Any]) -> set[int]:
        """Issuer and payer."""
        return {row.issuer_id, row.title_of_id}

    def rehearse(self, row: Invoice, given: dict[str, Any], at: datetime) -> Preview:
        """The note as it would be."""
        arguments = self.arguments(row, given)
        said = {"key": f"preview {given['key']}", "by": "preview", "at": at}
        return run(
            lambda: credit_notes.issue(**arguments, **said),
            look=_look,
            accounts=self.parties(row, given),
            at=at,
        )

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """Total, tax, what is left, and what it takes from which line."""
        kept: Rehearsed = found.result
        return [_figures(kept), _taken(kept)]

    def told(self, result: CreditNote) -> Any:
        """Its number."""
        return _("Credit note %(number)s is issued.") % {"number": result.number}


def _choices(row: Invoice) -> list[dict[str, Any]]:
    lines = row.lines.filter(is_void=False)
    if row.line_count > MOST_LINES:
        return [
            {
                "name": "lines",
                "value": f"{OF_MEMBER}{one.name}",
                "label": one.name,
                "lines": display.count(one.lines),
                "amount": display.amount(one.amount, row.currency),
            }
            for one in statements.by_member(row)
        ]
    return [
        {
            "name": "lines",
            "value": str(one.pk),
            "label": f"{one.owner_number} · {one.product_code or one.description}",
            "lines": display.span(one.charge.period_start, one.charge.period_end),
            "amount": display.amount(one.amount, row.currency),
        }
        for one in lines.select_related("charge").order_by("owner_number", "pk")
    ]


def _lines(row: Invoice, chosen: Sequence[str]) -> list[int]:
    members = [one.removeprefix(OF_MEMBER) for one in chosen if one.startswith(OF_MEMBER)]
    if not members:
        return [int(one) for one in chosen]
    lines = row.lines.filter(is_void=False, owner_number__in=members)
    return list(lines.values_list("pk", flat=True))


def _look(note: CreditNote) -> Rehearsed:
    currency = note.invoice.currency
    left = note.invoice.total - candidates.credited(note.invoice)
    rows = note.lines.select_related("line").order_by("line")
    return Rehearsed(
        total=display.amount(note.total, currency),
        tax=display.amount(note.tax_amount, currency),
        left=display.amount(left, currency),
        lines=[
            (
                one.line.owner_number,
                one.line.product_code or one.line.description,
                display.amount(one.amount, currency),
            )
            for one in rows[:100]
        ],
        line_count=rows.count(),
    )


def _figures(kept: Rehearsed) -> Panel:
    return Tiles(
        facts=[
            Fact(_("credited"), kept.total, rule="I6"),
            Fact(_("of it tax"), kept.tax, rule="I7"),
            Fact(_("left of the invoice"), kept.left, rule="I6"),
            Fact(_("lines"), display.count(kept.line_count)),
        ]
    )


def _taken(kept: Rehearsed) -> Panel:
    more = kept.line_count - len(kept.lines)
    return Table(
        title=_("What it takes from which line"),
        note=_("%(count)s more lines are on it.") % {"count": more} if more else "",
        columns=[Column(_("member")), Column(_("product")), Column(_("amount"), True)],
        rows=[list(one) for one in kept.lines],
    )


PAGES: list[CommandPage] = [Credit()]
