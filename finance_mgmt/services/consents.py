"""When a member must agree to a change of its relationship, and asking it (L5, S2)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from .. import queries
from ..enums import NoticeKind
from ..errors import Reason
from ..models import Account, Approval, Relationship
from . import approvals, notices


def is_needed(master: Account, member: Account) -> bool:
    """Whether the member is asked; not where it is the same verified identity (L5, by policy)."""
    is_same = master.identity_id is not None and master.identity_id == member.identity_id
    return not (is_same and queries.policy().auto_confirm_same_identity)


def judge(master: Account, member: Account, *, has_consented: bool) -> list[Reason]:
    """Why the change can't be made yet; empty: the member agreed, or need not be asked (L5)."""
    if has_consented or not is_needed(master, member):
        return []
    text = f"{member.number} has to agree to this first. Ask it, or note that it has agreed."
    return [Reason("L5", "consent_needed", text, {"member": member.number}, "the member")]


@transaction.atomic
def ask(
    *,
    relationship: Relationship,
    verb: str,
    arguments: Mapping[str, Any],
    preview: Mapping[str, Any] | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Approval:
    """Ask the member to agree to exactly this change, and tell it (L5).

    It waits as long as an invitation does. `arguments` are those of the command, without consent.
    The same key returns the first request. Raises KeyReused.
    """
    is_known = Approval.objects.filter(key=key).exists()
    member = relationship.member
    asked = approvals.ask(
        verb=verb,
        arguments=approvals.primitives(**arguments),
        preview=preview,
        consent_of=member,
        key=key,
        by=by,
        at=at,
    )
    if not is_known:
        master = arguments.get("master", relationship.master)
        facts = {"master": master.number, "asks": verb, "expires_at": asked.expires_at.isoformat()}
        notices.tell([member.pk], kind=NoticeKind.CONSENT, about=member.pk, at=at, facts=facts)
    return asked
