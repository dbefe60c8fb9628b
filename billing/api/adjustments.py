"""Adjustments: manual lines on open bills (B2)."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from finance_mgmt import queries as ground
from finance_mgmt.api.bodies import MoneyBody
from finance_mgmt.api.commands import command, preview_of
from finance_mgmt.api.fields import AccountNumber, Amount
from finance_mgmt.api.filtering import Filters, account_number, before, since
from finance_mgmt.api.nouns import Listed, Noun, Shown
from finance_mgmt.queries.access import Actor

from ..enums import ChargeKind
from ..models import Charge
from ..queries import access
from ..services import adjustments
from .charges import ChargeShown


class AdjustmentBody(MoneyBody):
    """For whom, how much, and why; the payer is the one of this instant."""

    account = AccountNumber(help_text="Whom the line is for; in trusteeship the master pays (B4).")
    amount = Amount(help_text="Above 0: owed; below 0: given back. Every digit counts (B3).")
    reason = serializers.CharField(max_length=200, help_text="Stands on the bill.")


class AdjustmentFilters(Filters):
    owner = account_number("owner")
    payer = account_number("payer")
    since = since("period_start")
    before = before("period_start")

    class Meta:
        model = Charge
        fields = ("owner", "payer", "billing_month")


def _rows(actor: Actor) -> QuerySet[Charge]:
    """The charges of this kind that an actor sees."""
    return access.charges(actor).filter(kind=ChargeKind.ADJUSTMENT)


class Adjustments(Listed, Shown, Noun):
    """Manual lines of the bills that the actor sees: charges of the kind `adjustment`."""

    model = Charge
    rows = _rows
    shown = ChargeShown
    staff_view = "billing.view_charge"
    ordering_fields = ("id", "period_start", "billing_month")
    filterset_class = AdjustmentFilters

    @command(
        asks=AdjustmentBody,
        answers=ChargeShown,
        staff="adjust",
        status=201,
        example={
            "account": "ACME-1",
            "amount": "-12.50",
            "currency": "CNY",
            "reason": "Goodwill for the outage of 7 May",
        },
        refuses=(adjustments.AdjustmentRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Charge:
        """Put a manual line on the payer's open bill: an issued one never changes (B2)."""
        return adjustments.adjust(**body, **said)

    create_preview = preview_of(create)

    def concern(self, parties: Any) -> None:
        """With the account goes whoever pays for it, whose figures change (B4)."""
        account = parties.get("account")
        if account is not None:
            parties = {**parties, "payer": ground.terms(account, self.at).payer}
        super().concern(parties)
