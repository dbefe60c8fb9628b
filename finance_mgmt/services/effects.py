"""Future-dated links and changes: taken back, or taking effect at their own instant (L9)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from ..enums import End, Mode, NoticeKind, RelationshipState
from ..errors import FinanceError, Reason
from ..models import Relationship
from . import decisions, notices
from .changes import end_now, judge_end, judge_move, judge_upgrade, upgrade_now
from .relationships import NotOpen, judge_link, put_in_force


@transaction.atomic
def cancel(*, relationship: Relationship, key: str, by: str, at: datetime) -> Relationship:
    """Take a future-dated change back before it takes effect (L9). Raises NotOpen, KeyReused."""
    facts = {"relationship": relationship.pk}
    _, is_new = decisions.record(verb="changes.cancel", facts=facts, key=key, by=by, at=at)
    link = Relationship.objects.select_for_update(no_key=True).get(pk=relationship.pk)
    if is_new:
        if link.state not in (RelationshipState.SCHEDULED, RelationshipState.CHANGE_PENDING):
            text = "No future-dated change waits here."
            raise NotOpen(Reason("L9", "nothing_scheduled", text, {"state": link.state}))
        _refuse_counted_on(link)
        _cancel(link)
        link.refresh_from_db()
    return link


def due_changes(at: datetime) -> list[Relationship]:
    """Relationships whose future-dated change is due, earliest first."""
    waiting = Q(state=RelationshipState.SCHEDULED, moved_from__isnull=True, effective_from__lte=at)
    pending = Q(state=RelationshipState.CHANGE_PENDING)
    ending = pending & Q(effective_to__lte=at)
    upgrading = pending & Q(mode=Mode.MANAGEMENT, trusteeship_from__lte=at)
    links = Relationship.objects.filter(waiting | ending | upgrading)
    return sorted(links, key=lambda link: (instant(link), link.pk))


@transaction.atomic
def apply(*, relationship: Relationship, by: str, at: datetime) -> Relationship:
    """Let a future-dated change take effect at its own instant, if the rules still allow it (L9).

    What fails is cancelled, together with what was planned for after it; the decision names the
    reasons, and both ends are told, of a move the new master, too. Safe to call again.
    """
    link = Relationship.objects.select_for_update(no_key=True).get(pk=relationship.pk)
    if link.pk not in {due.pk for due in due_changes(at)}:
        return link
    due_at = instant(link)
    key = f"apply {link.pk} {due_at.isoformat()} {link.decision_id}"
    try:
        with transaction.atomic():
            _judge_effect(link, at)
    except FinanceError as refusal:
        reasons = [{"rule": one.rule, "code": one.code} for one in refusal.reasons]
        facts = {"relationship": link.pk, "reasons": reasons}
        decisions.record(verb="changes.fail", facts=facts, key=key, by=by, at=at)
        impossible = _counting_on(link)
        new = _moved_to(link)
        for later in impossible:
            _cancel(later)
        _cancel(link)
        link.refresh_from_db()
        for failed in [link, *impossible]:
            waits_in_vain = [new.master_id] if new and failed.pk == link.pk else []
            notices.tell(
                [failed.master_id, *waits_in_vain, failed.member_id],
                kind=NoticeKind.CHANGE_FAILED,
                about=failed.member_id,
                at=at,
                facts={"reasons": reasons, "said": str(refusal)},
            )
        return link
    facts = {"relationship": link.pk, "instant": due_at}
    decisions.record(verb="changes.apply", facts=facts, key=key, by=by, at=at)
    _take_effect(link)
    return link


def _judge_effect(link: Relationship, at: datetime) -> None:
    if link.state == RelationshipState.SCHEDULED:
        judge_link(link, at)
    elif new := _moved_to(link):
        judge_move(link, new.master, _kept(link, new), new.has_acknowledged, at)
    elif link.effective_to is not None:
        judge_end(link, at)
    else:
        judge_upgrade(link, at, link.has_acknowledged)


def _take_effect(link: Relationship) -> None:
    # What begins and ends here names who asked for it, not the job that does it (Z8).
    if link.state == RelationshipState.SCHEDULED:
        put_in_force(link, link.decision, instant(link))
    elif new := _moved_to(link):
        new.proposed_grants = _kept(link, new)
        end_now(link)
        put_in_force(new, new.decision, instant(new))
    elif link.effective_to is not None:
        end_now(link)
    else:
        upgrade_now(link)


def _kept(link: Relationship, new: Relationship) -> list[str]:
    """The powers that go along with a planned move: those not given up meanwhile (Z4)."""
    held = link.grants.filter(granted_until__isnull=True, held_by=End.MASTER)
    still = set(held.values_list("permission", flat=True))
    return [power for power in new.proposed_grants if power in still]


def _cancel(link: Relationship) -> None:
    if link.state == RelationshipState.SCHEDULED:
        former = link.moved_from
        link.state = RelationshipState.CANCELLED
        link.save(update_fields=["state"])
        if former is None:
            return
        link = former
    elif new := _moved_to(link):
        new.state = RelationshipState.CANCELLED
        new.save(update_fields=["state"])
    if link.mode == Mode.MANAGEMENT:
        link.trusteeship_from = link.upgrade_decision = None
    link.effective_to = link.end_decision = None
    link.state = RelationshipState.ACTIVE
    link.save()


def _refuse_counted_on(link: Relationship) -> None:
    former = link.moved_from if link.state == RelationshipState.SCHEDULED else link
    if former is not None and (later := _counting_on(former)):
        named = ", ".join(str(one) for one in later)
        text = f"{named} is planned for when this one ends. Cancel that first."
        raise NotOpen(Reason("L1", "counted_on", text, {"relationships": [x.pk for x in later]}))


def _counting_on(link: Relationship) -> list[Relationship]:
    """Relationships scheduled for after the end of this one, impossible if it goes on (L1)."""
    if link.state != RelationshipState.CHANGE_PENDING or link.effective_to is None:
        return []
    member, master = link.member_id, link.master_id
    after = Relationship.objects.filter(
        Q(member=member) | Q(master=member) | Q(member=master), state=RelationshipState.SCHEDULED
    )
    return list(after.exclude(moved_from=link).select_for_update(no_key=True).order_by("pk"))


def _moved_to(link: Relationship) -> Relationship | None:
    return Relationship.objects.filter(moved_from=link, state=RelationshipState.SCHEDULED).first()


def instant(link: Relationship) -> datetime:
    """When the future-dated change of this relationship is to take effect."""
    if link.state == RelationshipState.SCHEDULED:
        planned = link.effective_from
    elif link.effective_to is not None:
        planned = link.effective_to
    else:
        planned = link.trusteeship_from
    if planned is None:
        raise AssertionError(f"{link} waits without a date")
    return planned
