"""A manual line on the open bill (B2)."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from finance_mgmt import queries as ground
from finance_mgmt.admin import display, preview_panels
from finance_mgmt.admin.command_forms import AmountField, CommandForm
from finance_mgmt.admin.command_pages import CommandPage
from finance_mgmt.admin.panels import Fact, Facts, Panel, Tiles
from finance_mgmt.clock import now
from finance_mgmt.models import Account
from finance_mgmt.services.previews import Preview

from ..models import Charge
from ..services import adjustments


class AdjustForm(CommandForm):
    """How much, and why."""

    amount = AmountField(
        label=gettext_lazy("Amount"),
        help_text=gettext_lazy(
            "In the account's currency, up to 18 decimals. Above 0 it is owed, below 0 (such as "
            "-12.50) it is given back."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("Stands on the bill for good, where the customer reads it."),
        widget=UnfoldAdminTextInputWidget(),
    )


class Adjust(CommandPage):
    """On the account's page, for settings.ACCOUNT_COMMANDS."""

    name, icon, needs = "adjust", "exposure", "finance_mgmt.adjust"
    label = gettext_lazy("Adjust the bill")
    form_class = AdjustForm
    service = adjustments.adjust
    done = gettext_lazy("The line stands on the open bill.")
    intro = gettext_lazy(
        "A manual line on the payer's open bill. A bill that is issued never changes: what was "
        "wrong on it is corrected on the next (B2). In trusteeship the master pays (B4)."
    )

    def arguments(self, row: Account, given: dict[str, Any]) -> dict[str, Any]:
        """The account, the amount and the reason."""
        return {"account": row, "amount": given["amount"], "reason": given["reason"]}

    def parties(self, row: Account, given: dict[str, Any]) -> set[int]:
        """Whose line it is, and who pays."""
        return {row.pk, ground.terms(row.pk, now()).payer}

    def panels(self, row: Account, at: datetime) -> list[Panel]:
        """Who pays, in which currency, and what they have now."""
        payer = Account.objects.get(pk=ground.terms(row.pk, at).payer)
        figures = ground.figures_of([payer.pk], at)[payer.pk]
        currency = payer.currency
        facts = [
            Fact(_("payer"), payer.number, payer.name, rule="B4"),
            Fact(_("currency"), currency),
            Fact(_("available"), display.amount(figures.available, currency), rule="F3"),
            Fact(_("cash"), display.amount(figures.cash, currency), rule="F1"),
            Fact(_("unsettled"), display.amount(figures.unsettled, currency), rule="F1"),
        ]
        return [Tiles(facts=facts)]

    def kept(self, result: Charge) -> Charge:
        """The line, which the preview shows."""
        return result

    def shown(self, found: Preview, given: dict[str, Any], at: datetime) -> list[Panel]:
        """On whose bill of which month it would stand, and the figures."""
        line = found.result
        facts = [
            Fact(_("payer"), display.account(line.payer), rule="B4"),
            Fact(_("month"), display.month(line.billing_month), rule="B2"),
            Fact(_("amount"), display.amount(line.payable_amount, line.currency), rule="B3"),
        ]
        return [Facts(title=_("The line"), facts=facts), *preview_panels.panels(found, at)]
