"""Linking members to masters: invitation, consent, and what becomes of them (L1-L6, L9)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from .. import queries
from ..enums import End, Mode, NoticeKind, Permission, RelationshipState
from ..errors import FinanceError, Reason
from ..models import Account, Decision, Grant, Relationship
from ..rules import linking
from ..rules.grants import judge_grants
from . import consents, decisions, notices
from .grants import facts_against
from .parties import lock_parties


class LinkRefused(FinanceError):
    """The accounts can't be linked. Every failing condition is named (L12)."""

    code = "link_refused"
    example = Reason(
        "L1",
        "member_has_a_master",
        "LABS already has a master. End that relationship first, or move it.",
        {"member": "LABS"},
        "the provider's finance staff",
    )


class NotOpen(FinanceError):
    """There is no open invitation or future-dated change to answer or cancel (L5, L9)."""

    code = "not_open"
    example = Reason(
        "L5", "not_invited", "This is no open invitation.", {"state": "active"}, "the master"
    )


@transaction.atomic
def link(
    *,
    master: Account,
    member: Account,
    mode: Mode,
    grants: Collection[Permission] = (),
    has_acknowledged: bool = False,
    effective_at: datetime | None = None,
    is_told: bool = True,
    key: str,
    by: str,
    at: datetime,
) -> Relationship:
    """Propose a relationship from `effective_at` on, now if none is given (L1-L5, L9).

    With the same verified identity on both ends, and where the policy says so, the member's
    consent is automatic: active at once, or scheduled. Otherwise it is an invitation, which binds
    nobody until it is confirmed; the member is told of it, unless `is_told` is False: the caller
    confirms it at once. Raises LinkRefused with every failing condition, KeyReused.
    """
    facts = {
        "master": master.number,
        "member": member.number,
        "mode": mode,
        "grants": sorted(grants),
        "has_acknowledged": has_acknowledged,
        "effective_at": effective_at,
    }
    decision, is_new = decisions.record(
        verb="relationships.link", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return Relationship.objects.get(decision=decision)
    relationship = Relationship(
        master=master,
        member=member,
        mode=mode,
        state=RelationshipState.INVITED,
        effective_from=effective_at,
        has_acknowledged=has_acknowledged,
        proposed_grants=sorted(grants),
        expires_at=at + timedelta(days=queries.policy().invitation_days),
        decision=decision,
    )
    judge_link(relationship, at)
    relationship.save()
    if not consents.is_needed(master, member):
        _begin(relationship, decision, at)
    elif is_told:
        notices.tell(
            [member.pk],
            kind=NoticeKind.INVITATION,
            about=member.pk,
            at=at,
            facts={
                "master": master.number,
                "mode": str(mode),
                "grants": sorted(grants),
                "expires_at": relationship.expires_at.isoformat(),
            },
        )
    return relationship


@transaction.atomic
def confirm(
    *,
    relationship: Relationship,
    grants: Collection[Permission] | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Relationship:
    """The member consents to exactly the proposed set of grants; the rules are asked again (L5).

    Raises LinkRefused, NotOpen, KeyReused.
    """
    facts = {"relationship": relationship.pk, "grants": None if grants is None else sorted(grants)}
    decision, is_new = decisions.record(
        verb="relationships.confirm", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return Relationship.objects.get(pk=relationship.pk)
    invited = _invitation(relationship, at)
    if grants is not None and sorted(grants) != invited.proposed_grants:
        text = "Consent is to exactly the proposed powers. Ask for a new invitation to change them."
        facts = {"proposed": invited.proposed_grants, "consented": sorted(grants)}
        raise LinkRefused(Reason("L5", "grants_differ", text, facts, "the master"))
    judge_link(invited, at)
    _begin(invited, decision, at)
    return invited


@transaction.atomic
def decline(*, relationship: Relationship, key: str, by: str, at: datetime) -> Relationship:
    """The member says no to an invitation (L5). Raises NotOpen, KeyReused."""
    return _answer(relationship, RelationshipState.DECLINED, "decline", key, by, at)


@transaction.atomic
def cancel_invitation(
    *, relationship: Relationship, key: str, by: str, at: datetime
) -> Relationship:
    """The master takes an invitation back (L5). Raises NotOpen, KeyReused."""
    return _answer(relationship, RelationshipState.CANCELLED, "cancel_invitation", key, by, at)


@transaction.atomic
def expire(*, by: str, at: datetime) -> int:
    """Close invitations that nobody answered in time (L5). Returns how many. Safe to repeat."""
    due = Relationship.objects.filter(state=RelationshipState.INVITED, expires_at__lte=at)
    return due.update(state=RelationshipState.EXPIRED)


def judge_link(relationship: Relationship, at: datetime) -> None:
    """Raise LinkRefused with every reason against the relationship as it stands (L1-L4, Z2, Z5)."""
    ends = [relationship.master_id, relationship.member_id]
    mode = Mode(relationship.mode)
    parties = lock_parties(
        ends,
        at,
        start=relationship.effective_from,
        besides=relationship if relationship.pk else None,
    )
    reasons = linking.judge(
        master=parties[relationship.master_id],
        member=parties[relationship.member_id],
        mode=mode,
        has_acknowledged=relationship.has_acknowledged,
    )
    reasons += judge_grants(relationship.proposed_grants, End.MASTER, mode=mode)
    reasons += facts_against(relationship, relationship.proposed_grants)
    if relationship.effective_from and relationship.effective_from < at and not relationship.pk:
        text = "A relationship can't begin in the past. Leave the date out to begin now."
        reasons.append(Reason("L9", "dated_in_the_past", text, {"at": at}, "the caller"))
    if reasons:
        raise LinkRefused(reasons)


def put_in_force(relationship: Relationship, decision: Decision, start: datetime) -> None:
    """Make the relationship active from `start` on, with what was consented to."""
    relationship.state = RelationshipState.ACTIVE
    relationship.effective_from = start
    if relationship.mode == Mode.TRUSTEESHIP:
        relationship.trusteeship_from = start
    relationship.save()
    Grant.objects.bulk_create(
        Grant(
            relationship=relationship,
            permission=permission,
            granted_from=start,
            decision=decision,
        )
        for permission in relationship.proposed_grants
    )


def _begin(relationship: Relationship, decision: Decision, at: datetime) -> None:
    relationship.expires_at = None
    start = relationship.effective_from
    if start is not None and start > at:
        relationship.state = RelationshipState.SCHEDULED
        relationship.save()
    else:
        put_in_force(relationship, decision, at)


def _answer(
    relationship: Relationship, state: RelationshipState, verb: str, key: str, by: str, at: datetime
) -> Relationship:
    facts = {"relationship": relationship.pk}
    _, is_new = decisions.record(verb=f"relationships.{verb}", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Relationship.objects.get(pk=relationship.pk)
    invited = _invitation(relationship, at)
    invited.state = state
    invited.save(update_fields=["state"])
    return invited


def _invitation(relationship: Relationship, at: datetime) -> Relationship:
    locked = Relationship.objects.select_for_update(no_key=True).get(pk=relationship.pk)
    if locked.state == RelationshipState.INVITED and (
        locked.expires_at is None or locked.expires_at > at
    ):
        return locked
    is_expired = locked.state == RelationshipState.INVITED
    text = f"This invitation is {RelationshipState.EXPIRED if is_expired else locked.state}."
    raise NotOpen(Reason("L5", "not_invited", text, {"state": locked.state}, "the master"))
