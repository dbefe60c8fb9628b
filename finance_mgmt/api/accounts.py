"""Accounts, and the terms they stand under."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from .. import queries
from ..enums import Channel, Mode, Permission
from ..models import Account, Relationship
from ..queries import access
from ..services import accounts, members, relationships
from . import actors
from .bodies import Body
from .commands import command, preview_of
from .fields import NUMBER, Instant, RowId
from .filtering import Filters, asked_instant, filters, refuse_unknown
from .nouns import Listed, Noun, Shown
from .relationships import RelationshipShown
from .terms_shown import TermsShown, in_words


class AccountShown(serializers.ModelSerializer):
    """One customer account."""

    opened_at = Instant(read_only=True)
    is_verified = serializers.SerializerMethodField(help_text="Has a verified identity (L2).")

    class Meta:
        model = Account
        fields = ("number", "name", "currency", "channel", "is_verified", "opened_at")
        read_only_fields = fields

    def get_is_verified(self, row: Account) -> bool:
        """Whether the provider has proven who it is."""
        return row.identity_id is not None


class OpenBody(Body):
    """A new account."""

    number = serializers.RegexField(NUMBER)
    name = serializers.CharField(max_length=200)
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    identity = RowId(access.identities, required=False, help_text="A verified identity.")
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)


class ChangeBody(Body):
    """What to change of an account; the rest stays."""

    identity = RowId(access.identities, required=False)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)


class MemberBody(Body):
    """A new member: identity, channel and currency are its master's."""

    number = serializers.RegexField(NUMBER)
    name = serializers.CharField(max_length=200)
    mode = serializers.ChoiceField(choices=Mode.choices)
    grants = serializers.ListField(
        child=serializers.ChoiceField(choices=Permission.choices), required=False, max_length=20
    )


class AccountFilters(Filters):
    is_verified = filters.BooleanFilter(
        field_name="identity", lookup_expr="isnull", exclude=True, label="verified identity"
    )

    class Meta:
        model = Account
        fields = ("number", "name", "currency", "channel", "identity")


class Accounts(Listed, Shown, Noun):
    """Customer accounts: the actor's own, its members, and others it sees something of."""

    model = Account
    rows = access.accounts
    shown = AccountShown
    staff_view = "finance_mgmt.view_account"
    filterset_class = AccountFilters
    lookup_field = "number"
    lookup_value_converter = "str"
    ordering = "number"
    ordering_fields = ("number", "id", "name", "opened_at")

    @command(
        asks=OpenBody,
        answers=AccountShown,
        staff="open_account",
        status=201,
        example={"number": "ACME-1", "name": "Acme Ltd", "currency": "CNY"},
        refuses=(accounts.AccountRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Account:
        """Open an account, all figures 0 (F1)."""
        if "channel" in body:
            body["channel"] = Channel(body["channel"])
        return accounts.open(**body, **said)

    @command(
        asks=ChangeBody,
        answers=AccountShown,
        staff="open_account",
        needs_match=True,
        example={"identity": 1},
        refuses=(accounts.AccountRefused,),
    )
    def change(self, body: dict[str, Any], said: dict[str, Any], number: str) -> Account:
        """Change identity, channel or currency: not while linked (L11)."""
        if "channel" in body:
            body["channel"] = Channel(body["channel"])
        return accounts.change(account=self.get_object(), **body, **said)

    @command(
        asks=MemberBody,
        answers=RelationshipShown,
        staff="open_account",
        roles=actors.OWNERS,
        status=201,
        example={"number": "ACME-3", "name": "Acme Labs", "mode": "trusteeship"},
        refuses=(
            relationships.LinkRefused,
            accounts.AccountRefused,
        ),
    )
    def members(self, body: dict[str, Any], said: dict[str, Any], number: str) -> Relationship:
        """Open a member account, linked at once (L14)."""
        master = self.own(self.get_object(), "pk")
        grants = {Permission(one) for one in body.pop("grants", ())}
        body["mode"] = Mode(body["mode"])
        return members.create(master=master, **body, grants=grants, **said)

    members_preview = preview_of(members)

    @extend_schema(
        parameters=[OpenApiParameter("at", str, description="An instant; now if left out.")],
        responses={200: TermsShown},
    )
    @action(detail=True)
    def terms(self, request: Request, number: str) -> Response:
        """Who pays, is billed, is warned for this account at an instant (DOMAIN 3)."""
        refuse_unknown(request, {"at"})
        account, at = self.get_object(), asked_instant(request) or self.at
        terms = queries.terms(account.pk, at)
        own = self.actor.account
        if own is not None and own != account and own.pk != _master_of(terms.relationship):
            raise Http404  # what it was with others before is theirs
        return Response(TermsShown(in_words(terms, at)).data)


def _master_of(relationship: int | None) -> int | None:
    link = Relationship.objects.filter(pk=relationship).first()
    return link and link.master_id
