"""Linking members to masters."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from .. import queries
from ..enums import Mode, Permission, RelationshipState
from ..errors import FinanceError
from ..models import Account, Grant, Relationship
from ..models.relationships import DATED_STATES
from ..rules import linking
from . import decisions, locks


class LinkRefused(FinanceError):
    """The accounts can't be linked. Every failing condition is named (L12)."""

    code = "link_refused"


@transaction.atomic
def link(
    *,
    master: Account,
    member: Account,
    mode: Mode,
    grants: Collection[Permission] = (),
    has_acknowledged: bool = False,
    key: str,
    by: str,
    at: datetime,
) -> Relationship:
    """Link a member to a master from `at` on (L1-L5).

    With the same verified identity on both ends, and where the policy says so, the relationship is
    active at once; otherwise it is an invitation that binds nobody yet (L5).
    Raises LinkRefused with every failing condition, KeyReused.
    """
    facts = {
        "master": master.number,
        "member": member.number,
        "mode": mode,
        "grants": sorted(grants),
        "has_acknowledged": has_acknowledged,
    }
    decision, is_new = decisions.record(
        verb="relationships.link", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return Relationship.objects.get(decision=decision)
    locked = locks.lock_accounts([master.pk, member.pk])
    locks.lock_funds([master.pk, member.pk])
    parties = _parties(list(locked.values()), at)
    reasons = linking.judge(
        master=parties[master.pk],
        member=parties[member.pk],
        mode=mode,
        has_acknowledged=has_acknowledged,
    )
    if reasons:
        raise LinkRefused(reasons)
    confirms_itself = _confirms_itself(locked[master.pk], locked[member.pk])
    relationship = Relationship.objects.create(
        master=master,
        member=member,
        mode=mode,
        state=RelationshipState.ACTIVE if confirms_itself else RelationshipState.INVITED,
        effective_from=at if confirms_itself else None,
        trusteeship_from=at if confirms_itself and mode == Mode.TRUSTEESHIP else None,
        decision=decision,
    )
    Grant.objects.bulk_create(
        Grant(relationship=relationship, permission=permission, granted_from=at, decision=decision)
        for permission in grants
    )
    return relationship


def _confirms_itself(master: Account, member: Account) -> bool:
    is_same = master.identity_id is not None and master.identity_id == member.identity_id
    return is_same and queries.policy().auto_confirm_same_identity


def _parties(accounts: list[Account], at: datetime) -> dict[int, linking.Party]:
    ids = [account.pk for account in accounts]
    figures = queries.figures_of(ids, at)
    links = Relationship.objects.filter(
        Q(effective_to__isnull=True) | Q(effective_to__gt=at), state__in=DATED_STATES
    )
    masters = set(links.filter(master_id__in=ids).values_list("master_id", flat=True))
    members = set(links.filter(member_id__in=ids).values_list("member_id", flat=True))
    found: dict[int, dict[str, object]] = {pk: {} for pk in ids}
    for path in settings.LINK_FACTS:
        for pk, facts in import_string(path)(ids, at).items():
            found[pk].update(facts)
    return {
        account.pk: linking.Party(
            number=account.number,
            identity=account.identity_id,
            channel=account.channel,
            currency=account.currency,
            credit_limit=figures[account.pk].credit_limit,
            available=figures[account.pk].available,
            is_master_now=account.pk in masters,
            is_member_now=account.pk in members,
            facts=found[account.pk],
        )
        for account in accounts
    }
