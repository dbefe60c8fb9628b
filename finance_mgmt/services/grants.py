"""Single powers between two linked accounts: given with consent, given up at will (Z1-Z4)."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from ..enums import End, Mode, Permission, RelationshipState
from ..errors import FinanceError, Reason
from ..models import Grant, Relationship
from ..money import plain
from ..rules.grants import judge_grants, with_dependants
from . import decisions, locks


class GrantRefused(FinanceError):
    """The power can't be given or given up now (Z2-Z5)."""

    code = "grant_refused"
    example = Reason(
        "Z1", "already_granted", "This power is given already.", {"permission": "view_bills"}
    )


@transaction.atomic
def grant(
    *,
    relationship: Relationship,
    permission: Permission,
    held_by: End = End.MASTER,
    key: str,
    by: str,
    at: datetime,
) -> Grant:
    """Give a power to one end; the other end has consented (Z4). Raises GrantRefused, KeyReused."""
    facts = {"relationship": relationship.pk, "permission": permission, "held_by": held_by}
    decision, is_new = decisions.record(verb="grants.grant", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Grant.objects.get(decision=decision)
    link = _in_force(relationship)
    held = _held(link, held_by).values_list("permission", flat=True)
    reasons = judge_grants([permission], held_by, list(held), Mode(link.mode))
    reasons += facts_against(link, [permission])
    if reasons:
        raise GrantRefused(reasons)
    return Grant.objects.create(
        relationship=link,
        permission=permission,
        held_by=held_by,
        granted_from=at,
        decision=decision,
    )


@transaction.atomic
def revoke(
    *,
    relationship: Relationship,
    permission: Permission,
    held_by: End = End.MASTER,
    key: str,
    by: str,
    at: datetime,
) -> list[Grant]:
    """End a power, and those that need it, at once (Z4). Returns what ended.

    share_credit ends only when all allocated credit is reclaimed. Raises GrantRefused, KeyReused.
    """
    facts = {"relationship": relationship.pk, "permission": permission, "held_by": held_by}
    decision, is_new = decisions.record(verb="grants.revoke", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return list(relationship.grants.filter(end_decision=decision))
    link = _in_force(relationship)
    held = {row.permission: row for row in _held(link, held_by)}
    if permission not in held:
        text = f"{permission} is not granted."
        raise GrantRefused(Reason("Z4", "not_granted", text, {"permission": permission}))
    ending = with_dependants(permission, held)
    allocated = locks.lock_funds([link.member_id])[link.member_id].allocated_in
    if Permission.SHARE_CREDIT in ending and allocated:
        text = f"{plain(allocated, 2)} of credit is still allocated. Reclaim it first."
        facts = {"allocated_in": allocated}
        raise GrantRefused(Reason("Z4", "credit_not_reclaimed", text, facts, "the master"))
    for one in ending:
        held[one].granted_until, held[one].end_decision = at, decision
        held[one].save(update_fields=["granted_until", "end_decision"])
    return [held[one] for one in ending]


def facts_against(link: Relationship, permissions: Collection[str]) -> list[Reason]:
    """What upper floors have against these powers, by settings.GRANT_FACTS (I3)."""
    return [
        reason
        for permission in permissions
        if permission in settings.GRANT_FACTS
        for reason in import_string(settings.GRANT_FACTS[permission])(link)
    ]


def _held(link: Relationship, held_by: End) -> QuerySet[Grant]:
    return Grant.objects.filter(relationship=link, held_by=held_by, granted_until__isnull=True)


def _in_force(relationship: Relationship) -> Relationship:
    link = Relationship.objects.select_for_update(no_key=True).get(pk=relationship.pk)
    if link.state in (RelationshipState.ACTIVE, RelationshipState.CHANGE_PENDING):
        return link
    text = f"This relationship is {link.state}; powers need one in force."
    raise GrantRefused(Reason("Z1", "not_in_force", text, {"state": link.state}))
