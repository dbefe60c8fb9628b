"""Relationships: proposed, consented to, changed, ended; each with its preview (L1-L12)."""

from typing import Any

from rest_framework import serializers

from ..enums import End, Mode, Permission, RelationshipState
from ..models import Relationship
from ..queries import access
from ..services import changes, effects, relationships
from . import actors
from .bodies import Body
from .commands import command, preview_of
from .consenting import Consenting, consented
from .fields import AccountNumber, Acting, Instant, number_of
from .filtering import AsOf, Filters, account_number
from .nouns import Listed, Noun, Shown
from .previews import Asked


class RelationshipShown(serializers.ModelSerializer):
    """One dated link of a member to a master (L1)."""

    master = number_of()
    member = number_of()
    effective_from = Instant(read_only=True, allow_null=True)
    trusteeship_from = Instant(read_only=True, allow_null=True)
    effective_to = Instant(read_only=True, allow_null=True)
    expires_at = Instant(read_only=True, allow_null=True)
    unified_settlement_from = Instant(read_only=True, allow_null=True)
    proposed_grants = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Relationship
        fields = (
            "id",
            "master",
            "member",
            "mode",
            "state",
            "effective_from",
            "trusteeship_from",
            "effective_to",
            "expires_at",
            "has_acknowledged",
            "proposed_grants",
            "moved_from",
            "unified_settlement_from",
        )
        read_only_fields = fields


class EffectBody(Body):
    """When it takes effect."""

    effective_at = Instant(required=False, help_text="Left out: now (L9).")


class AcknowledgedBody(EffectBody):
    """When, and that the notice about the cycle in progress was read (L3)."""

    has_acknowledged = serializers.BooleanField(required=False)


class ConsentedBody(AcknowledgedBody):
    """The same, and that the member has agreed already."""

    has_consented = consented()


class LinkBody(AcknowledgedBody):
    """Who manages or pays for whom, how, and with which powers."""

    master = Acting(help_text="Left out: the account you act for.")
    member = AccountNumber(may_be_any=True)
    mode = serializers.ChoiceField(choices=Mode.choices)
    grants = serializers.ListField(
        child=serializers.ChoiceField(choices=Permission.choices), required=False, max_length=20
    )


class ConfirmBody(Body):
    """The powers consented to: exactly those proposed (L5)."""

    grants = serializers.ListField(
        child=serializers.ChoiceField(choices=Permission.choices), required=False, max_length=20
    )


class MoveBody(ConsentedBody):
    """To which master."""

    master = AccountNumber(may_be_any=True)


class RelationshipFilters(Filters):
    master = account_number("master")
    member = account_number("member")
    at = AsOf()

    class Meta:
        model = Relationship
        fields = ("mode", "state")


class Relationships(Consenting, Listed, Shown, Noun):
    """Relationships of the account that the actor acts for, at either end, in any state."""

    model = Relationship
    rows = access.relationships
    shown = RelationshipShown
    staff_view = "finance_mgmt.view_relationship"
    filterset_class = RelationshipFilters

    @command(
        asks=LinkBody,
        answers=RelationshipShown,
        staff="link",
        roles=actors.OWNERS,
        status=201,
        example={"member": "ACME-2", "mode": "management", "grants": ["view_bills"]},
        refuses=(relationships.LinkRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Relationship:
        """The master proposes a relationship; it may confirm itself (L1-L5)."""
        grants = {Permission(one) for one in body.pop("grants", ())}
        body["mode"] = Mode(body["mode"])
        return relationships.link(**body, grants=grants, **said)

    create_preview = preview_of(create)

    @command(
        asks=ConfirmBody,
        answers=RelationshipShown,
        staff="link",
        roles=actors.OWNERS,
        example={},
        refuses=(
            relationships.LinkRefused,
            relationships.NotOpen,
        ),
    )
    def confirm(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Relationship:
        """The member consents to exactly what was proposed (L5)."""
        link = self.end_of(self.get_object(), End.MEMBER)
        grants = body.get("grants")
        consented = None if grants is None else {Permission(one) for one in grants}
        return relationships.confirm(relationship=link, grants=consented, **said)

    confirm_preview = preview_of(confirm)

    @command(
        answers=RelationshipShown,
        staff="link",
        roles=actors.OWNERS,
        refuses=(relationships.NotOpen,),
    )
    def decline(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Relationship:
        """The member says no (L5)."""
        link = self.end_of(self.get_object(), End.MEMBER)
        return relationships.decline(relationship=link, **said)

    @command(
        answers=RelationshipShown,
        staff="link",
        roles=actors.OWNERS,
        refuses=(relationships.NotOpen,),
    )
    def cancel(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Relationship:
        """The master takes back an invitation or a change that lies ahead (L5, L9)."""
        link = self.end_of(self.get_object(), End.MASTER)
        if link.state == RelationshipState.INVITED:
            return relationships.cancel_invitation(relationship=link, **said)
        return effects.cancel(relationship=link, **said)

    @command(
        asks=ConsentedBody,
        answers=RelationshipShown,
        staff="upgrade",
        roles=actors.OWNERS,
        example={"has_acknowledged": True},
        may_wait=True,
        refuses=(changes.ChangeRefused,),
    )
    def upgrade(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Relationship | Asked:
        """Management becomes trusteeship in place (L7); 202: the member is asked first (L5)."""
        link = self.end_of(self.get_object(), End.MASTER)
        if self.asks_consent(body, link.master, link.member):
            return Asked("changes.upgrade", {"relationship": link, **body}, consent_of=link)
        return changes.upgrade(relationship=link, **body, **said)

    upgrade_preview = preview_of(upgrade)

    @command(
        asks=MoveBody,
        answers=RelationshipShown,
        staff="move",
        example={"master": "ACME-9"},
        may_wait=True,
        refuses=(changes.ChangeRefused,),
    )
    def move(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Relationship | Asked:
        """Staff move a member to another master at one instant, without a gap (L8).

        202: the member is asked first (L5).
        """
        link = self.get_object()
        if self.asks_consent(body, body["master"], link.member):
            return Asked("changes.move", {"relationship": link, **body}, consent_of=link)
        return changes.move(relationship=link, **body, **said)

    move_preview = preview_of(move)

    @command(
        asks=EffectBody,
        answers=RelationshipShown,
        staff="end",
        roles=actors.OWNERS,
        example={},
        may_wait=True,
        refuses=(changes.ChangeRefused,),
    )
    def end(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> Asked:
        """The master, or staff, end it (L10)."""
        link = self.end_of(self.get_object(), End.MASTER)
        return Asked("changes.end", {"relationship": link, **body}, None)

    end_preview = preview_of(end)
