"""Their four changing actions: each one or more of our commands, through the same door.

What was done already is not done again: a call that is repeated finds the relation as it left it.
"""

from collections.abc import Iterable
from typing import Any

from django.http import Http404

from ...enums import ApprovalState, End, Mode, Permission, RelationshipState
from ...models import Approval, Relationship
from ...queries import access
from ...rules.grants import NEEDS
from ...services.relationships import LinkRefused
from .. import commands
from ..grants import Grants
from ..relationships import Relationships
from . import words
from .asked import Asked, Wrong
from .reads import links_of

OPEN = (
    RelationshipState.INVITED,
    RelationshipState.SCHEDULED,
    RelationshipState.ACTIVE,
    RelationshipState.CHANGE_PENDING,
)
IN_FORCE = (RelationshipState.ACTIVE, RelationshipState.CHANGE_PENDING)
CONFIRMED = (RelationshipState.SCHEDULED, *IN_FORCE)
HELD = {"held_by": End.MASTER, "granted_until__isnull": True}


class Call:
    """One call of one of them: what was asked, and the view whose actor asks."""

    def __init__(self, view: Any, asked: Asked, said: dict[str, Any]) -> None:
        self.view, self.asked, self.said = view, asked, said

    def add_account_relation(self) -> Relationship:
        """Propose a relation (L1-L5)."""
        asked = self.asked
        asked.needed("RelationType")
        asked.relation_type()
        roles = asked.many("RoleCodes", {words.TRUSTEESHIP: Mode.TRUSTEESHIP})
        body = {
            "master": asked.needed("ParentUserId"),
            "member": asked.needed("ChildUserId"),
            "mode": roles[0] if roles else Mode.MANAGEMENT,
            "grants": sorted(asked.permissions()),
            "has_acknowledged": asked.flag("HasAcknowledged"),
        }
        if found := self._proposed(body):
            return found
        try:
            return self._do(Relationships, "create", body)
        except LinkRefused:  # perhaps because the same call came twice at one moment
            if found := self._proposed(body):
                return found
            raise

    def confirm_relation(self) -> Relationship:
        """Answer an invitation, or take it back (L5)."""
        verb = self.asked.one_of("ConfirmCode", words.CONFIRM_CODES)
        link = self._link((RelationshipState.INVITED,))
        if verb == words.AGREE:
            powers = sorted(self.asked.permissions())
            if link.state in CONFIRMED and link.proposed_grants == powers:
                return self._at(End.MEMBER, link)
            return self._do(Relationships, "confirm", {"grants": powers}, link.pk)
        if verb == words.DISAGREE:
            if link.state == RelationshipState.DECLINED:
                return self._at(End.MEMBER, link)
            return self._do(Relationships, "decline", {}, link.pk)
        if link.state == RelationshipState.CANCELLED:
            return self._at(End.MASTER, link)
        return self._do(Relationships, "cancel", {}, link.pk)

    def modify_account_relation(self) -> Relationship:
        """Give or end single powers of the master (Z1-Z4); all of them or none."""
        asked = self.asked
        is_adding = asked.one_of("RelationOperation", {"ADD": True, "DELETE": False})
        if asked.many("RoleCodes", {words.TRUSTEESHIP: True}):
            raise Wrong("RoleCodes can't be modified: leave it out.")
        powers = asked.permissions()
        if not powers:
            asked.needed("PermissionCodes")
        link = self._link(IN_FORCE)
        if is_adding:
            self._give(link, powers)
        else:
            self._end(link, powers)
        return link

    def relieve_account_relation(self) -> Relationship | Approval:
        """End the relation (L10), or ask a second person to (Z7)."""
        link = self._link(IN_FORCE)
        if link.state == RelationshipState.ENDED:
            return self._at(End.MASTER, link)
        waiting = access.approvals(self.view.actor).filter(
            state=ApprovalState.WAITING,
            expires_at__gt=self.view.at,
            verb="changes.end",
            arguments__relationship=link.pk,
        )
        return waiting.first() or self._do(Relationships, "end", {}, link.pk)

    def _proposed(self, body: dict[str, Any]) -> Relationship | None:
        """The open relation that the same call has made before; only its master is told."""
        own = self.view.actor.account
        if own is not None and own.number != body["master"]:
            return None
        return (
            links_of(self.view.actor)
            .filter(
                master__number=body["master"],
                member__number=body["member"],
                mode=body["mode"],
                proposed_grants=body["grants"],
                state__in=OPEN,
            )
            .order_by("-pk")
            .first()
        )

    def _link(self, states: Iterable[str]) -> Relationship:
        """The relation by its id or by its ends: of several one in these states, the latest."""
        asked = self.asked
        asked.relation_type()
        rows = links_of(self.view.actor)
        ends = {"master": asked.text("ParentUserId"), "member": asked.text("ChildUserId")}
        if not asked.relation_id() and not all(ends.values()):
            text = "Name the relation: RelationId, or ParentUserId, ChildUserId and RelationType."
            raise Wrong(text, code="MissingParameter")
        if asked.relation_id():
            rows = rows.filter(pk=asked.relation_id())
        for end, number in ends.items():
            if number:
                rows = rows.filter(**{f"{end}__number": number})
        latest = list(rows.order_by("-pk"))
        found = next((one for one in latest if one.state in states), None)
        if not latest:
            raise Http404
        return found or latest[0]

    def _give(self, link: Relationship, powers: list[Permission]) -> None:
        held = set(link.grants.filter(**HELD).values_list("permission", flat=True))
        # Powers that others need come first, so that none is refused for its order (Z2).
        for power in sorted(powers, key=lambda one: (one in NEEDS, one)):
            if power not in held:
                self._do(Grants, "create", {"relationship": link.pk, "permission": power})

    def _end(self, link: Relationship, powers: list[Permission]) -> None:
        for power in sorted(powers, key=lambda one: (one not in NEEDS, one)):
            if row := link.grants.filter(**HELD, permission=power).first():
                self._do(Grants, "destroy", {}, row.pk)

    def _at(self, end: End, link: Relationship) -> Relationship:
        """The relation as it is, if the actor stands at the end that may do this."""
        return self._behind(Relationships, "retrieve").end_of(link, end)

    def _do(self, views: Any, name: str, body: dict[str, Any], pk: int | None = None) -> Any:
        """One of our commands, as if its own address had been asked, under a key of its own."""
        kwargs = {} if pk is None else {"pk": pk}
        view = self._behind(views, name, **kwargs)
        parts = (self.said["key"], body.get("permission", ""), str(pk or ""))
        said = {**self.said, "key": " ".join(part for part in parts if part)}
        spec = getattr(views, name).spec
        return commands.perform(view, spec, commands.read(view, spec, body), said, kwargs)

    def _behind(self, views: Any, action: str, **kwargs: Any) -> Any:
        return views(
            request=self.view.request,
            kwargs=kwargs,
            action=action,
            at=self.view.at,
            format_kwarg=None,
        )
