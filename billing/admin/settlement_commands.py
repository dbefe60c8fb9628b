"""Paying what a bill has on credit, and the switch of unified settlement (S1, S2)."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance_mgmt import queries as ground
from finance_mgmt.admin import display
from finance_mgmt.admin.command_forms import AmountField, CommandForm
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.consenting import Consented, ConsentField
from finance_mgmt.admin.panels import Fact, Panel, Tiles
from finance_mgmt.admin.relationship_commands import IN_FORCE
from finance_mgmt.clock import now
from finance_mgmt.enums import Mode
from finance_mgmt.models import Account, Relationship

from ..models import Bill
from ..services import settlement


class SettleForm(CommandForm):
    """How much."""

    amount = AmountField(
        label=gettext_lazy("Amount"),
        required=False,
        help_text=gettext_lazy("Empty: all that is outstanding, as far as cash goes."),
    )


class Settle(CommandPage):
    """From the payer's own cash (S1)."""

    name, icon, needs = "settle", "price_check", "finance_mgmt.settle"
    label = gettext_lazy("Settle")
    form_class = SettleForm
    service = settlement.settle
    done = gettext_lazy("The bill is settled as far as cash goes.")
    is_primary = True
    intro = gettext_lazy(
        "Pays what was drawn on credit from the payer's cash, as far as it goes (S1)."
    )

    def is_offered(self, row: Bill) -> bool:
        """Where something is outstanding."""
        return row.outstanding > 0

    def arguments(self, row: Bill, given: dict[str, Any]) -> dict[str, Any]:
        """This bill of its payer."""
        return {"account": row.payer, "month": row.month, "amount": given["amount"]}

    def parties(self, row: Bill, given: dict[str, Any]) -> set[int]:
        """The payer."""
        return {row.payer_id}

    def panels(self, row: Bill, at: datetime) -> list[Panel]:
        """What is outstanding, and the cash that may pay it."""
        return _before(row, row.payer, at)


def _before(row: Bill, cash_of: Account, at: datetime) -> list[Panel]:
    figures = ground.figures_of([cash_of.pk], at)[cash_of.pk]
    outstanding = display.amount(row.outstanding, row.currency)
    cash = display.amount(figures.cash, cash_of.currency)
    return [
        Tiles(
            facts=[
                Fact(_("outstanding"), outstanding, rule="S1"),
                Fact(_("due on"), display.day(row.due_on), rule="B5"),
                Fact(_("cash"), cash, cash_of.number, rule="F1"),
            ]
        )
    ]


class SettleFor(Settle):
    """From the cash of the payer's master (S2)."""

    name, icon = "settle-for", "group_add"
    label = gettext_lazy("Settle from the master's cash")
    service = settlement.settle_for
    is_primary = False
    intro = gettext_lazy("Where unified settlement is on: the master's cash closes the bill (S2).")

    def panels(self, row: Bill, at: datetime) -> list[Panel]:
        """What is outstanding, and the master's cash."""
        found = _managed(row.payer_id)
        return _before(row, found.master if found else row.payer, at)

    def is_offered(self, row: Bill) -> bool:
        """Where something is outstanding and the payer is managed."""
        links = Relationship.objects.filter(member=row.payer_id, state__in=IN_FORCE)
        return links.filter(mode=Mode.MANAGEMENT).exists() and super().is_offered(row)

    def arguments(self, row: Bill, given: dict[str, Any]) -> dict[str, Any]:
        """This bill, by the master; by the payer itself where there is none: refused."""
        found = _managed(row.payer_id)
        master = found.master if found else row.payer
        return {
            "master": master,
            "member": row.payer,
            "month": row.month,
            "amount": given["amount"],
        }

    def parties(self, row: Bill, given: dict[str, Any]) -> set[int]:
        """Both ends."""
        return {row.payer_id, self.arguments(row, {"amount": None})["master"].pk}


class SwitchForm(CommandForm):
    """On or off."""

    is_on = forms.BooleanField(
        label=gettext_lazy("Unified settlement is on"),
        required=False,
        help_text=gettext_lazy("On needs the member's consent (S2, L5), off does not."),
    )
    has_consented = ConsentField()


class SwitchUnified(Consented):
    """Whether the master's cash settles the member's bills (S2)."""

    name, icon, needs = "unified-settlement", "join", "finance_mgmt.settle"
    label = gettext_lazy("Unified settlement")
    form_class = SwitchForm
    service = settlement.switch_unified
    asked_as = "settlement.switch_unified"
    done = gettext_lazy("Unified settlement is switched.")
    intro = gettext_lazy(
        "While it is on, the master's cash pays the member's bills. Switching on needs the "
        "member's consent (S2)."
    )

    def is_offered(self, row: Relationship) -> bool:
        """In management in force."""
        return row.state in IN_FORCE and row.mode == Mode.MANAGEMENT

    def initial(self, request: Any, row: Relationship) -> dict[str, Any]:
        """As it is."""
        return {"is_on": row.unified_settlement_from is not None}

    def arguments(self, row: Relationship, given: dict[str, Any]) -> dict[str, Any]:
        """The relationship, the switch and the consent."""
        return {"relationship": row, **{n: given[n] for n in ("is_on", "has_consented")}}

    def asks_member(self, row: Relationship, given: dict[str, Any]) -> bool:
        """Only about switching it on."""
        return given["is_on"] and super().asks_member(row, given)

    def parties(self, row: Relationship, given: dict[str, Any]) -> set[int]:
        """Both ends."""
        return {row.master_id, row.member_id}


def _managed(account: int) -> Relationship | None:
    """The relationship in which this account is managed now."""
    links = Relationship.objects.filter(ground.in_force(now()), member=account)
    link = links.select_related("master").first()
    if link is None or ground.mode_at(link, now()) != Mode.MANAGEMENT:
        return None
    return link


PAGES: list[CommandPage] = [Settle(), SettleFor()]
