"""How long available funds last at the present pace, and what stops then (W1, R3)."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance_mgmt.api.fields import Amount, Instant
from finance_mgmt.api.filtering import refuse_unknown
from finance_mgmt.api.nouns import Noun
from finance_mgmt.models import Account
from finance_mgmt.money import cut, minor_places, plain
from finance_mgmt.queries import access

from ..queries import access as own_access
from ..queries.runway import decider, outlook_of


class StoppingShown(serializers.Serializer):
    """The postpaid resources of one account that would stop."""

    account = serializers.CharField()
    resources = serializers.ListField(child=serializers.CharField())


class RunwayShown(serializers.Serializer):
    """At this pace. Null figures: a master's funds decide; ask for the master's."""

    account = serializers.CharField()
    currency = serializers.CharField()
    at = Instant()
    is_decided_by_master = serializers.BooleanField(help_text="In trusteeship (R3).")
    available = Amount(allow_null=True)
    per_day = Amount(allow_null=True, help_text="What a closed day cost, on average.")
    days = serializers.IntegerField(allow_null=True, help_text="How many closed days were taken.")
    days_left = serializers.IntegerField(allow_null=True, help_text="Null: nothing runs out.")
    runs_out_at = Instant(allow_null=True)
    stop_count = serializers.IntegerField(allow_null=True)
    stops = StoppingShown(many=True, help_text="The first twenty resources.")


class RunwayPage(Noun):
    """How long the funds of one account last."""

    model = Account
    rows = access.funded_accounts
    shown = RunwayShown
    staff_view = "finance_mgmt.view_funds"
    lookup_field = "number"
    lookup_value_converter = "str"

    @extend_schema(responses={200: RunwayShown}, operation_id="accounts_runway_retrieve")
    def retrieve(self, request: Request, number: str) -> Response:
        """Available funds, what a day costs, how long that lasts, and what stops then."""
        refuse_unknown(request, set())
        account = self.get_object()
        places = minor_places(account.currency)
        is_own = decider(account.pk, self.at) == account.pk
        shown = {
            "account": account.number,
            "currency": account.currency,
            "at": Instant().to_representation(self.at),
            "is_decided_by_master": not is_own,
        }
        hidden = ("available", "per_day", "days", "days_left", "runs_out_at", "stop_count")
        if not is_own:
            return Response({**shown, **dict.fromkeys(hidden), "stops": []})
        found = outlook_of(account.pk, self.at, own_access.resources(self.actor))
        out = found.runway.runs_out_at
        return Response(
            {
                **shown,
                "available": plain(found.runway.available, places),
                "per_day": plain(cut(found.runway.per_day, account.currency), places),
                "days": found.days,
                "days_left": found.runway.days_left,
                "runs_out_at": out and Instant().to_representation(out),
                "stop_count": found.stop_count,
                "stops": [
                    {"account": owner, "resources": codes} for owner, codes in found.stops.items()
                ],
            }
        )
