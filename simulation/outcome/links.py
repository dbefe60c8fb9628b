"""Relationships and what was granted in them."""

from collections.abc import Iterator
from datetime import datetime

from finance_mgmt.enums import End
from finance_mgmt.enums import RelationshipState as State
from finance_mgmt.models import Relationship

from .view import Entry, View

NOT_BEGUN = (State.INVITED, State.SCHEDULED, State.DECLINED, State.CANCELLED, State.EXPIRED)


def relationships(view: View) -> Iterator[Entry]:
    """All of them, whatever became of them, by when they begin or were proposed."""
    links = Relationship.objects.select_related("master", "member", "decision")
    for link in links.prefetch_related("grants"):
        row = {
            "master": link.master.number,
            "member": link.member.number,
            "mode": str(link.mode),
            "state": str(link.state),
            "effective_from": view.instant(link.effective_from),
            "effective_to": view.instant(link.effective_to),
            "grants": _powers(link, view.at, (End.MASTER, End.MEMBER)),
            "trusteeship_from": view.instant(link.trusteeship_from),
            "grants_to_member": _powers(link, view.at, (End.MEMBER,)),
        }
        yield Entry(link.effective_from or link.decision.at, link.pk, row)


def _powers(link: Relationship, at: datetime, ends: tuple[End, ...]) -> list[str]:
    """Powers in force; what was proposed before the beginning, what ended with it after the end."""
    if link.state in NOT_BEGUN:
        return sorted(link.proposed_grants) if End.MASTER in ends else []
    end = (link.effective_to, link.end_decision_id) if link.state == State.ENDED else (None, None)
    return sorted(
        {
            grant.permission
            for grant in link.grants.all()
            if grant.held_by in ends and (grant.granted_until, grant.end_decision_id) == end
        }
    )
