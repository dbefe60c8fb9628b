"""Closing by hand: now, or up to an instant, after a look at what it would do (C4)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt.admin import display
from finance_mgmt.admin.command_forms import CommandForm, InstantField
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.panels import Column, Fact, Panel, Table, Tiles, notice
from finance_mgmt.clock import now
from finance_mgmt.enums import Cycle
from finance_mgmt.models import Run
from finance_mgmt.services.previews import Preview
from finance_mgmt.tasks import poke

from ..models import ClosedThrough
from ..services import cycles, rehearsed_closes
from ..services.rehearsed_closes import Rehearsal

ADDRESS = "billing_closedthrough_close"


class CloseForm(CommandForm):
    """Up to when."""

    through = InstantField(
        label=gettext_lazy("Close up to"),
        help_text=gettext_lazy("In the billing time zone. Empty: now. Never the future (C4)."),
    )

    @property
    def asked(self) -> list[tuple[Any, Any]]:
        """The instant, to the second."""
        return [(self.fields["through"].label, display.instant(self.cleaned_data["through"]))]

    def clean_through(self) -> datetime:
        """Kept for the second step, so that what is done is what was looked at."""
        given: datetime | None = self.cleaned_data["through"]
        return given or now().replace(microsecond=0)


class CloseThrough(CommandPage):
    """A close that somebody asks for."""

    name, icon, needs = "close", "lock_clock", "finance_mgmt.run_jobs"
    label = gettext_lazy("Close up to ...")
    form_class = CloseForm
    service = cycles.close_through
    done = gettext_lazy("The close is queued.")
    is_primary = True
    intro = gettext_lazy(
        "The jobs close what is due by themselves. By hand it is done at once, and no further than"
        " you say. What arrives later for a closed cycle is late."
    )

    def arguments(self, row: Any, given: dict[str, Any]) -> dict[str, Any]:
        """The instant."""
        return {"through": given["through"]}

    def parties(self, row: Any, given: dict[str, Any]) -> list[int]:
        """Nobody in particular."""
        return []

    def rehearse(self, row: Any, given: dict[str, Any], at: datetime) -> Preview:
        """Closed, looked at, and taken back."""
        found = rehearsed_closes.rehearse(through=given["through"], by="preview", at=at)
        return Preview(accounts={}, refusal=found.refusal, result=found)

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """Cycles, records, payers, amounts."""
        return _panels(found.result)

    def carry_out(self, row: Any, given: dict[str, Any], said: dict[str, Any]) -> Run:
        """Open the run, then have the workers look."""
        run: Run = super().carry_out(row, given, said)
        transaction.on_commit(lambda: poke(run))
        return run

    def after(self, row: Any, result: Run) -> str:
        """The run, which tells how far it is."""
        return display.page_of(Run, result.pk)

    def back(self, row: Any) -> str:
        """Where the books stand."""
        return display.list_of(ClosedThrough)

    def is_offered_to(self, request: HttpRequest, row: ClosedThrough) -> bool:
        """Once closing was started."""
        return row.started_at is not None and self.may(request, row)


CLOSE = CloseThrough()


def _panels(found: Rehearsal) -> list[Panel]:
    facts = [
        Fact(_("records"), display.count(found.records)),
        Fact(_("accounts"), display.count(found.accounts)),
    ]
    if found.is_counted_only:
        text = _("So many records are only counted here. The run says the rest.")
        said = notice(_("Nothing was rehearsed."), text, tone="warn", icon="speed")
        return [Tiles(facts=facts), said]
    facts.append(Fact(_("payers"), display.count(found.payer_count)))
    facts += [
        Fact(_("payable"), display.amount(amount, currency))
        for currency, amount in sorted(found.totals.items())
    ]
    problems = [
        notice(_("This part would be left out."), said, tone="bad", icon="error")
        for said in dict.fromkeys(found.problems)
    ]
    return [Tiles(facts=facts), *problems, _cycles(found), _payers(found)]


def _cycles(found: Rehearsal) -> Table:
    return Table(
        title=_("Cycles"),
        width="half",
        columns=[
            Column(_("product")),
            Column(_("cycle")),
            Column(_("time")),
            Column(_("cycles"), True),
            Column(_("charges"), True),
        ],
        rows=[
            [
                row.product,
                Cycle(row.cycle).label if row.cycle else display.NOTHING,
                display.span(row.first, row.last),
                display.count(row.periods),
                display.count(row.charges),
            ]
            for row in found.cycles
        ],
        empty=_("No cycle would be closed."),
    )


def _payers(found: Rehearsal) -> Table:
    return Table(
        title=_("Payers"),
        note=_("Largest first."),
        width="half",
        columns=[Column(_("payer")), Column(_("charges"), True), Column(_("payable"), True)],
        rows=[
            [
                display.account(row.payer),
                display.count(row.charges),
                display.amount(row.amount, row.payer.currency),
            ]
            for row in found.payers
        ],
        empty=_("Nobody would owe anything."),
    )
