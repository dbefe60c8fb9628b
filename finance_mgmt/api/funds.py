"""Funds with their published formulas, and the movements that made them (F1-F4, F10)."""

from datetime import datetime

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from .. import queries
from ..models import Account, Movement
from ..money import minor_places, plain
from ..queries import access, past
from ..rules.terms import decide
from .fields import Amount, Instant, number_of
from .filtering import Filters, account_number, asked_instant, before, refuse_unknown, since
from .nouns import Listed, Noun, Shown

# Every figure, and how it follows from others. Stored ones are sums of movements (F10).
FORMULAS = {
    "cash": ("F1", "sum of movements"),
    "transferred_in": ("F1", "sum of movements; part of cash, can only be spent"),
    "credit_limit": ("F1", "sum of movements; given by the provider"),
    "allocated_in": ("F1", "sum of movements; credit received from the master"),
    "allocated_out": ("F1", "sum of movements; credit given to members"),
    "used": ("F1", "sum of movements; credit drawn, not yet settled"),
    "unsettled_own": ("F1", "closed charges of its own, on no bill yet"),
    "unsettled_members": ("F1", "closed charges of its members, on no bill yet"),
    "unsettled": ("F1", "unsettled_own + unsettled_members"),
    "counted_limit": (
        "F2",
        "credit_limit; while the own line is frozen: min(credit_limit, used + unsettled_own)",
    ),
    "effective_limit": ("F2", "counted_limit + allocated_in - allocated_out"),
    "available": ("F3", "cash + effective_limit - used - unsettled"),
    "headroom": ("F4", "min(effective_limit - used - max(unsettled_members, 0), available)"),
    "spendable": ("F5", "min(available, cash + max(effective_limit - used, 0))"),
    "overshoot": ("F5", "max(used - effective_limit, 0)"),
}


class FigureShown(serializers.Serializer):
    """One figure, the rule it follows, and its formula."""

    name = serializers.CharField()
    amount = Amount()
    rule = serializers.CharField()
    formula = serializers.CharField()


class FundsShown(serializers.Serializer):
    """What an account has and owes at an instant."""

    account = serializers.CharField()
    currency = serializers.CharField()
    at = Instant()
    is_own_line_frozen = serializers.BooleanField(help_text="Dormant or replaced (L13, F2).")
    figures = FigureShown(many=True)


class FundsPage(Noun):
    """The funds of one account."""

    model = Account
    rows = access.funded_accounts
    shown = FundsShown
    staff_view = "finance_mgmt.view_funds"
    lookup_field = "number"
    lookup_value_converter = "str"

    @extend_schema(
        parameters=[OpenApiParameter("at", str, description="A past instant; now if left out.")],
        responses={200: FundsShown},
        operation_id="accounts_funds_retrieve",
    )
    def retrieve(self, request: Request, number: str) -> Response:
        """Every figure with its formula, of now or as of a past instant, from its movements."""
        refuse_unknown(request, {"at"})
        account = self.get_object()
        at = asked_instant(request)
        if at is None:
            at = self.at
            standing = queries.standings([account.pk], at)[account.pk]
            figures = queries.figures(account.funds, decide(standing))
        else:
            self._require_seen_then(account, at)
            figures = past.figures_at([account.pk], at)[account.pk]
        places = minor_places(account.currency)
        return Response(
            {
                "account": account.number,
                "currency": account.currency,
                "at": Instant().to_representation(at),
                "is_own_line_frozen": figures.is_own_line_frozen,
                "figures": [
                    {
                        "name": name,
                        "amount": plain(getattr(figures, name), places),
                        "rule": rule,
                        "formula": formula,
                    }
                    for name, (rule, formula) in FORMULAS.items()
                ],
            }
        )

    def _require_seen_then(self, account: Account, at: datetime) -> None:
        """What it had while others saw it, or nobody, is not for those who see it today."""
        own = self.actor.account
        if own and own != account and account.pk not in access.sight(own.pk, at).finances:
            raise Http404


class MovementShown(serializers.ModelSerializer):
    """One amount that moved from one pocket to another. A null account is the provider."""

    from_account = number_of(allow_null=True)
    to_account = number_of(allow_null=True)
    owner = number_of(allow_null=True)
    amount = Amount(currency_of="currency", read_only=True)
    at = Instant(read_only=True)
    by = serializers.SerializerMethodField(help_text="Who decided it; of others only that.")

    class Meta:
        model = Movement
        fields = (
            "id",
            "kind",
            "from_account",
            "from_pocket",
            "to_account",
            "to_pocket",
            "owner",
            "amount",
            "currency",
            "reason",
            "at",
            "by",
            "corrects",
        )
        read_only_fields = fields

    def get_by(self, row: Movement) -> str:
        """Staff see who; customers see people of the provider and of others as such."""
        actor = self.context["request"].actor
        by: str = row.decision.by
        return by if actor.is_staff or by == actor.name else ""


class MovesFilters(Filters):
    """For movements of one kind."""

    from_account = account_number("from_account")
    to_account = account_number("to_account")
    since = since("at")
    before = before("at")

    class Meta:
        model = Movement
        fields = ("currency",)


class MovementFilters(MovesFilters):
    owner = account_number("owner")

    class Meta:
        model = Movement
        fields = ("kind", "currency")


class Movements(Listed, Shown, Noun):
    """Movements out of and into the funds that the actor sees (F10)."""

    model = Movement
    rows = access.movements
    shown = MovementShown
    staff_view = "finance_mgmt.view_movement"
    ordering_fields = ("id", "at")
    filterset_class = MovementFilters
