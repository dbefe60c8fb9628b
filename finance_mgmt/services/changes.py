"""Changing relationships in force: upgrade, move, end, each now or later (L7-L10)."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Greatest

from ..enums import End, Mode, RelationshipState
from ..errors import FinanceError, Reason
from ..models import Account, Decision, Grant, Relationship
from ..queries import policy
from ..rules import four_eyes, linking
from . import consents, decisions
from .grants import facts_against
from .parties import lock_parties
from .relationships import put_in_force


class ChangeRefused(FinanceError):
    """The relationship can't be changed. Every failing condition is named (L12)."""

    code = "change_refused"
    example = Reason(
        "L7", "already_trusteeship", "The relationship is a trusteeship already.", {}, "the master"
    )


@transaction.atomic
def upgrade(
    *,
    relationship: Relationship,
    has_acknowledged: bool = False,
    has_consented: bool = False,
    effective_at: datetime | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Relationship:
    """Turn management into trusteeship in place, with the same master (L7).

    `has_consented`: the member agreed, where its consent is not automatic (L5).
    Raises ChangeRefused, KeyReused.
    """
    facts = {
        "relationship": relationship.pk,
        "has_acknowledged": has_acknowledged,
        "has_consented": has_consented,
        "effective_at": effective_at,
    }
    decision, is_new = decisions.record(verb="changes.upgrade", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Relationship.objects.get(pk=relationship.pk)
    link = _in_force(relationship, "L7")
    if link.mode == Mode.TRUSTEESHIP:
        text = "It is trusteeship already. To go back to management, end it, then link anew."
        raise ChangeRefused(Reason("L7", "already_trusteeship", text, {}, "the master"))
    link.has_acknowledged = has_acknowledged
    consent = consents.judge(link.master, link.member, has_consented=has_consented)
    judge_upgrade(link, at, has_acknowledged, consent)
    _refuse_past("L9", effective_at, at)
    link.trusteeship_from, link.upgrade_decision = effective_at or at, decision
    if _is_later(effective_at, at):
        link.state = RelationshipState.CHANGE_PENDING
        link.save()
    else:
        upgrade_now(link)
    return link


@transaction.atomic
def move(
    *,
    relationship: Relationship,
    master: Account,
    has_acknowledged: bool = False,
    has_consented: bool = False,
    effective_at: datetime | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Relationship:
    """Move a member to another master at one instant, without a gap, in the same mode (L8).

    `has_consented`: the member agreed, where its consent is not automatic (L5). Returns the
    relationship to the new master. Raises ChangeRefused, KeyReused.
    """
    facts = {
        "relationship": relationship.pk,
        "master": master.number,
        "has_acknowledged": has_acknowledged,
        "has_consented": has_consented,
        "effective_at": effective_at,
    }
    decision, is_new = decisions.record(verb="changes.move", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Relationship.objects.get(decision=decision)
    former = _in_force(relationship, "L8")
    consent = consents.judge(master, former.member, has_consented=has_consented)
    held = former.grants.filter(granted_until__isnull=True, held_by=End.MASTER)
    powers = sorted(held.values_list("permission", flat=True))
    judge_move(former, master, powers, has_acknowledged, at, consent)
    _refuse_past("L9", effective_at, at)
    instant = effective_at or at
    new = Relationship(
        master=master,
        member=former.member,
        mode=former.mode,
        state=RelationshipState.SCHEDULED,
        effective_from=instant,
        has_acknowledged=has_acknowledged,
        proposed_grants=powers,
        moved_from=former,
        decision=decision,
    )
    former.effective_to, former.end_decision = instant, decision
    if _is_later(effective_at, at):
        former.state = RelationshipState.CHANGE_PENDING
        former.save()
        new.save()
    else:
        end_now(former)
        put_in_force(new, decision, instant)
    return new


@transaction.atomic
def end(
    *,
    relationship: Relationship,
    effective_at: datetime | None = None,
    approved_by: str = "",
    key: str,
    by: str,
    at: datetime,
) -> Relationship:
    """End a relationship of either mode, now or later (L10). Raises ChangeRefused, KeyReused."""
    facts = {"relationship": relationship.pk, "effective_at": effective_at}
    decision, is_new = decisions.record(verb="changes.end", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Relationship.objects.get(pk=relationship.pk)
    link = _in_force(relationship, "L10")
    if reasons := four_eyes.judge(None, policy().four_eyes_above, by, approved_by):
        raise ChangeRefused(reasons)
    judge_end(link, at)
    _refuse_past("L9", effective_at, at)
    link.effective_to, link.end_decision = effective_at or at, decision
    if _is_later(effective_at, at):
        link.state = RelationshipState.CHANGE_PENDING
        link.save()
    else:
        end_now(link)
    return link


def judge_upgrade(
    link: Relationship, at: datetime, has_acknowledged: bool, consent: Sequence[Reason] = ()
) -> None:
    """Raise ChangeRefused with every reason against the upgrade (L7), and those given."""
    parties = lock_parties([link.master_id, link.member_id], at, besides=link)
    reasons = linking.judge_upgrade(
        master=parties[link.master_id],
        member=parties[link.member_id],
        has_acknowledged=has_acknowledged,
    )
    if reasons := [*consent, *reasons]:
        raise ChangeRefused(reasons)


def judge_move(
    former: Relationship,
    master: Account,
    powers: Collection[str],
    has_acknowledged: bool,
    at: datetime,
    consent: Sequence[Reason] = (),
) -> None:
    """Raise ChangeRefused with every reason against the move (L8), and those given.

    The powers go along, so what upper floors have against giving them is asked again (I3).
    """
    ends = {former.master_id, former.member_id, master.pk}
    parties = lock_parties(ends, at, besides=former)
    reasons = linking.judge_move(
        former=parties[former.master_id],
        master=parties[master.pk],
        member=parties[former.member_id],
        mode=Mode(former.mode),
        has_acknowledged=has_acknowledged,
    )
    reasons += facts_against(Relationship(master=master, member=former.member), powers)
    if reasons := [*consent, *reasons]:
        raise ChangeRefused(reasons)


def judge_end(link: Relationship, at: datetime) -> None:
    """Raise ChangeRefused with every reason against the end (L10)."""
    parties = lock_parties([link.master_id, link.member_id], at, besides=link)
    if reasons := linking.judge_end(member=parties[link.member_id]):
        raise ChangeRefused(reasons)


def upgrade_now(link: Relationship) -> None:
    """Let trusteeship be in force from its date on; the single powers end there (Z5)."""
    link.mode = Mode.TRUSTEESHIP
    link.state = RelationshipState.ACTIVE
    link.save()
    _close_grants(link, link.trusteeship_from, link.upgrade_decision)


def end_now(link: Relationship) -> None:
    """Let the relationship and its powers end at its date."""
    link.state = RelationshipState.ENDED
    link.save()
    _close_grants(link, link.effective_to, link.end_decision)


def _close_grants(link: Relationship, instant: datetime | None, decision: Decision | None) -> None:
    # A power given after that instant, before the change was made, was in force at no time.
    Grant.objects.filter(relationship=link, granted_until__isnull=True).update(
        granted_until=Greatest("granted_from", Value(instant)), end_decision=decision
    )


def _in_force(relationship: Relationship, rule: str) -> Relationship:
    link = Relationship.objects.select_for_update(no_key=True).get(pk=relationship.pk)
    if link.state == RelationshipState.ACTIVE:
        return link
    if link.state == RelationshipState.CHANGE_PENDING:
        text = "Another change of this relationship is pending. Cancel it first."
        raise ChangeRefused(Reason(rule, "change_pending", text, {"state": link.state}))
    text = f"This relationship is {link.get_state_display()}; only one in force can change."
    raise ChangeRefused(Reason(rule, "not_in_force", text, {"state": link.state}))


def _refuse_past(rule: str, effective_at: datetime | None, at: datetime) -> None:
    if effective_at is not None and effective_at < at:
        text = "A change can't be dated in the past. Leave the date out to make it now."
        raise ChangeRefused(Reason(rule, "dated_in_the_past", text, {"at": at}, "the caller"))


def _is_later(effective_at: datetime | None, at: datetime) -> bool:
    return effective_at is not None and effective_at > at
