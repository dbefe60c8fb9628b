"""Single powers: given with consent, given up at will (Z1-Z4). And caps on members (F12)."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from ..enums import End, Permission
from ..models import Cap, Grant, Relationship
from ..queries import access
from ..rules.access import may_grant, may_revoke
from ..services import caps, grants
from . import actors
from .bodies import Body
from .commands import command, preview_of
from .fields import Amount, Instant, RowId, number_of
from .filtering import AsOf, Filters, account_number
from .nouns import Listed, Noun, Shown


class GrantShown(serializers.ModelSerializer):
    """One dated power in a relationship (Z1)."""

    master = number_of(source="relationship.master")
    member = number_of(source="relationship.member")
    granted_from = Instant(read_only=True)
    granted_until = Instant(read_only=True, allow_null=True)

    class Meta:
        model = Grant
        fields = (
            "id",
            "relationship",
            "master",
            "member",
            "permission",
            "held_by",
            "granted_from",
            "granted_until",
        )
        read_only_fields = fields


class GrantBody(Body):
    """Which power, in which relationship, for which end."""

    relationship = RowId(access.relationships)
    permission = serializers.ChoiceField(choices=Permission.choices)
    held_by = serializers.ChoiceField(choices=End.choices, required=False)


class GrantFilters(Filters):
    master = account_number("relationship__master")
    member = account_number("relationship__member")
    at = AsOf("granted")

    class Meta:
        model = Grant
        fields = ("relationship", "permission", "held_by")


class Grants(Listed, Shown, Noun):
    """Powers in relationships of the actor's account, past ones too."""

    model = Grant
    rows = access.grants
    shown = GrantShown
    staff_view = "finance_mgmt.view_grant"
    ordering_fields = ("id", "granted_from")
    filterset_class = GrantFilters

    @command(
        asks=GrantBody,
        answers=GrantShown,
        staff="grant",
        roles=actors.OWNERS,
        status=201,
        example={"relationship": 1, "permission": "view_finances"},
        refuses=(grants.GrantRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Grant:
        """One end gives the other a power: asking is its consent (Z4)."""
        held_by = End(body.get("held_by", End.MASTER))
        link = body["relationship"]
        by_end = self._end(link)
        if by_end and not may_grant(held_by, by_end):
            raise PermissionDenied("The other end gives this power.", code="other_end")
        return grants.grant(
            relationship=link, permission=Permission(body["permission"]), held_by=held_by, **said
        )

    create_preview = preview_of(create)

    @command(
        answers=GrantShown,
        staff="grant",
        roles=actors.OWNERS,
        is_many=True,
        refuses=(grants.GrantRefused,),
    )
    def destroy(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> list[Grant]:
        """End a power and those that need it: its holder at any time, the giver views (Z4)."""
        row = self.get_object()
        held_by, permission = End(row.held_by), Permission(row.permission)
        by_end = self._end(row.relationship)
        if by_end and not may_revoke(permission, held_by, by_end):
            raise PermissionDenied("Its holder gives this power up.", code="other_end")
        return grants.revoke(
            relationship=row.relationship, permission=permission, held_by=held_by, **said
        )

    def _end(self, link: Relationship) -> End | None:
        """The end at which the actor stands; None: staff."""
        if (account := self.actor.account) is None:
            return None
        return End.MASTER if link.master_id == account.pk else End.MEMBER


class CapShown(serializers.ModelSerializer):
    """How much a member may cost its master per month, from an instant on (F12)."""

    master = number_of(source="relationship.master")
    member = number_of(source="relationship.member")
    amount = Amount(currency_of="relationship.member.currency", read_only=True, allow_null=True)
    since = Instant(read_only=True)

    class Meta:
        model = Cap
        fields = ("id", "relationship", "master", "member", "amount", "is_hard", "since")
        read_only_fields = fields


class CapBody(Body):
    """The cap; null takes it away."""

    relationship = RowId(access.relationships)
    amount = Amount(allow_null=True)
    is_hard = serializers.BooleanField(help_text="Refuses orders above it; else it only warns.")


class CapFilters(Filters):
    master = account_number("relationship__master")
    member = account_number("relationship__member")

    class Meta:
        model = Cap
        fields = ("relationship", "is_hard")


class Caps(Listed, Shown, Noun):
    """Caps that the actor's account put on its members; the latest of each counts."""

    model = Cap
    rows = access.caps
    shown = CapShown
    staff_view = "finance_mgmt.view_cap"
    ordering_fields = ("id", "since")
    filterset_class = CapFilters

    @command(
        asks=CapBody,
        answers=CapShown,
        staff="set_cap",
        roles=actors.MONEY,
        status=201,
        replaces=lambda view, body: (body["relationship"], {"relationship": body["relationship"]}),
        example={"relationship": 1, "amount": "500.00", "is_hard": True},
        refuses=(caps.CapRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Cap:
        """The master caps what a trusteeship member may cost it per month (F12)."""
        self.end_of(body["relationship"], End.MASTER)
        return caps.set_cap(**body, **said)
