"""Paying what bills have on credit (S1, S2)."""

from datetime import date
from typing import Any

from rest_framework import serializers

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command, preview_of
from finance_mgmt.api.consenting import Consenting, consented
from finance_mgmt.api.fields import AccountNumber, Acting, Amount, Instant, money, number_of
from finance_mgmt.api.filtering import Filters, account_number, before, filters, since
from finance_mgmt.api.nouns import Listed, Noun, Shown
from finance_mgmt.api.previews import Asked
from finance_mgmt.api.relationships import RelationshipShown
from finance_mgmt.enums import End
from finance_mgmt.models import Relationship
from finance_mgmt.queries import access as ground_access

from ..models import Settlement
from ..queries import access
from ..services import settlement


class SettlementShown(serializers.ModelSerializer):
    """One amount that lowered what is outstanding of one bill."""

    payer = number_of(source="bill.payer")
    month = serializers.DateField(source="bill.month", read_only=True)
    currency = serializers.CharField(source="bill.currency", read_only=True)
    paid_by = number_of()
    amount = money("bill.currency")
    at = Instant(read_only=True)

    class Meta:
        model = Settlement
        fields = ("id", "bill", "payer", "month", "kind", "paid_by", "amount", "currency", "at")
        read_only_fields = fields


def month() -> serializers.RegexField:
    """A billing month such as 2024-05."""
    text = "Only the bill of this month."
    return serializers.RegexField(r"^20[0-9]{2}-(0[1-9]|1[0-2])$", required=False, help_text=text)


class SettleBody(Body):
    """How much, and of which month; left out: all, oldest due first, as far as cash goes."""

    account = Acting(help_text="Left out: the account you act for.")
    amount = Amount(required=False)
    month = month()


class SettleForBody(Body):
    """The same for a member under unified settlement."""

    master = Acting(help_text="Left out: the account you act for.")
    member = AccountNumber()
    amount = Amount(required=False)
    month = month()


class SwitchBody(Body):
    """On or off."""

    is_on = serializers.BooleanField()
    has_consented = consented()


class SettlementFilters(Filters):
    payer = account_number("bill__payer")
    paid_by = account_number("paid_by")
    month = filters.DateFilter(field_name="bill__month", help_text="Its first day.")
    since = since("at")
    before = before("at")

    class Meta:
        model = Settlement
        fields = ("bill", "kind", "paid_by")


class Settlements(Listed, Shown, Noun):
    """What lowered the bills that the actor sees."""

    model = Settlement
    rows = access.settlements
    shown = SettlementShown
    staff_view = "billing.view_settlement"
    ordering_fields = ("id", "at")
    filterset_class = SettlementFilters

    @command(
        asks=SettleBody,
        answers=SettlementShown,
        is_many=True,
        staff="settle",
        roles=actors.MONEY,
        status=201,
        example={"amount": "100.00"},
        refuses=(settlement.SettlementRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> list[Settlement]:
        """Pay outstanding credit from the account's cash (S1)."""
        return settlement.settle(**_dated(body), **said)

    create_preview = preview_of(create)

    @command(
        asks=SettleForBody,
        answers=SettlementShown,
        is_many=True,
        staff="settle",
        roles=actors.MONEY,
        status=201,
        is_detail=False,
        example={"member": "ACME-2"},
        refuses=(settlement.SettlementRefused,),
    )
    def for_member(self, body: dict[str, Any], said: dict[str, Any]) -> list[Settlement]:
        """The master's cash pays the member's bills, where unified settlement is on (S2)."""
        return settlement.settle_for(**_dated(body), **said)

    for_member_preview = preview_of(for_member)


class UnifiedSettlement(Consenting, Noun):
    """A switch of management relationships."""

    model = Relationship
    rows = ground_access.relationships
    shown = RelationshipShown

    @command(
        asks=SwitchBody,
        answers=RelationshipShown,
        staff="settle",
        roles=actors.OWNERS,
        example={"is_on": True},
        may_wait=True,
        refuses=(settlement.SettlementRefused,),
    )
    def switch(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Relationship | Asked:
        """Off by either end; on by the master, whose cash it is; 202: the member is asked (S2)."""
        ends = (End.MASTER,) if body["is_on"] else (End.MASTER, End.MEMBER)
        link = self.end_of(self.get_object(), *ends)
        asks = self.asks_consent(body, link.master, link.member)
        if body["is_on"] and asks:
            arguments = {"relationship": link, **body}
            return Asked("settlement.switch_unified", arguments, consent_of=link)
        return settlement.switch_unified(relationship=link, **body, **said)


def _dated(body: dict[str, Any]) -> dict[str, Any]:
    if named := body.get("month"):
        return {**body, "month": date.fromisoformat(f"{named}-01")}
    return body
