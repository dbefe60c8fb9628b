"""When an account wants to be warned (W1); a master may set it for members (W5)."""

from typing import Any

from rest_framework import serializers

from finance_mgmt.api import actors
from finance_mgmt.api.bodies import Body
from finance_mgmt.api.commands import command
from finance_mgmt.api.fields import AccountNumber, Amount, number_of
from finance_mgmt.api.filtering import Filters, account_number
from finance_mgmt.api.nouns import Listed, Noun, Shown

from ..models import Threshold
from ..queries import access
from ..services import warnings

MOST = 20


class ThresholdShown(serializers.ModelSerializer):
    """One bound whose crossing is told."""

    account = number_of()
    amount = Amount(currency_of="account.currency", read_only=True)

    class Meta:
        model = Threshold
        fields = ("id", "account", "kind", "amount", "crossed_month")
        read_only_fields = fields


class ThresholdsBody(Body):
    """All bounds of a kind; a kind that is left out stays as it is, an empty list has none."""

    account = AccountNumber()
    warn_below = serializers.ListField(child=Amount(), required=False, max_length=MOST)
    warn_spend = serializers.ListField(child=Amount(), required=False, max_length=MOST)


class ThresholdFilters(Filters):
    account = account_number("account")

    class Meta:
        model = Threshold
        fields = ("account", "kind")


class Thresholds(Listed, Shown, Noun):
    """Bounds of the account, and of members whose finances it may see."""

    model = Threshold
    rows = access.thresholds
    shown = ThresholdShown
    staff_view = "billing.view_threshold"
    ordering_fields = ("id", "amount")
    filterset_class = ThresholdFilters

    @command(
        asks=ThresholdsBody,
        answers=ThresholdShown,
        staff="set_thresholds",
        roles=actors.MONEY,
        is_many=True,
        replaces=lambda view, body: (body["account"], {"account": body["account"]}),
        example={"account": "ACME-1", "warn_below": ["100.00"], "warn_spend": ["1000.00"]},
        refuses=(warnings.ThresholdRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> list[Threshold]:
        """Replace the bounds of the kinds given (W1, W5)."""
        return warnings.set_thresholds(**body, set_by=self.actor.account, **said)
