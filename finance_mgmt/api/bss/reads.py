"""What their three reading actions tell."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

from ...enums import ApprovalState, End, RelationshipState
from ...models import Account, Grant, Relationship
from ...queries import access
from ...queries.access import Actor
from . import words
from .asked import Asked

# Commands that leave a relationship as it is until somebody else agreed.
CHANGES = ("changes.end", "changes.upgrade", "changes.move")
MOST_ON_A_PAGE, MOST_PAGES = 300, 10_000


def links_of(actor: Actor) -> QuerySet[Relationship]:
    """The relationships that the actor sees, with what the answers name of them."""
    return access.relationships(actor).select_related(
        "decision", "end_decision", "upgrade_decision"
    )


def get_account_relation(asked: Asked, actor: Actor, at: datetime) -> dict[str, Any]:
    """One relation."""
    link = _link(asked, actor)
    return {
        "Id": link.pk,
        "ParentUserId": words.user_id(link.master),
        "ChildUserId": words.user_id(link.member),
        "StartTime": words.milliseconds(link.effective_from),
        "EndTime": words.milliseconds(link.effective_to),
        "Type": words.RELATION_TYPE,
        "Status": _state(link, actor, at),
        "GmtModified": words.milliseconds(_modified_at(link, at)),
    }


def query_relation_list(asked: Asked, actor: Actor, at: datetime) -> dict[str, Any]:
    """The relations of one account, a page of them; those in force if no status is named."""
    known = {state: state for state in words.STATES.values()}
    wanted = asked.many("StatusList", known) or words.IN_FORCE
    account = _account(asked.needed("UserId"), actor)
    number = asked.number("PageNum", 1, MOST_PAGES)
    size = asked.number("PageSize", 20, MOST_ON_A_PAGE)
    waiting = _waiting(actor, at)
    rows = links_of(actor).filter(Q(master=account) | Q(member=account), _in(wanted, waiting, at))
    page = rows.order_by("-pk")[(number - 1) * size : number * size]
    return {
        "PageNum": number,
        "PageSize": size,
        "TotalCount": rows.count(),
        "FinancialRelationInfoList": [
            _listed(row, account, _told(row, waiting, at)) for row in page
        ],
    }


def query_permission_list(asked: Asked, actor: Actor, at: datetime) -> dict[str, Any]:
    """The master's powers in one relation, past ones too; of an invitation those proposed."""
    link = _link(asked, actor)
    rows = link.grants.filter(held_by=End.MASTER).order_by("granted_from", "pk")
    powers = [_power(row) for row in rows]
    if link.state in (RelationshipState.INVITED, RelationshipState.SCHEDULED):
        powers = [_power(Grant(relationship=link, permission=one)) for one in link.proposed_grants]
    return {
        "MasterId": words.user_id(link.master),
        "MemberId": words.user_id(link.member),
        "RelationType": words.MODES[link.mode],
        "State": _state(link, actor, at),
        **_dates(link),
        "PermissionList": powers,
    }


def _link(asked: Asked, actor: Actor) -> Relationship:
    asked.needed("RelationId")
    if not (link := links_of(actor).filter(pk=asked.relation_id()).first()):
        raise Http404
    return link


def _account(number: str, actor: Actor) -> Account:
    rows = access.accounts(actor)
    found = None if "\0" in number else rows.filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _in(wanted: Iterable[str], waiting: set[int], at: datetime) -> Q:
    """Filter for relationships that are told in one of these states: as `_told` tells them."""
    expired = Q(state=RelationshipState.INVITED, expires_at__lte=at)
    kept = {state for state, told in words.STATES.items() if told in wanted}
    found = Q(state__in=kept) & ~expired
    if words.STATES[RelationshipState.EXPIRED] in wanted:
        found |= expired
    changing = Q(state=RelationshipState.ACTIVE, pk__in=waiting)
    return found | changing if words.CHANGING in wanted else found & ~changing


def _state(link: Relationship, actor: Actor, at: datetime) -> str:
    return _told(link, _waiting(actor, at), at)


def _told(link: Relationship, waiting: set[int], at: datetime) -> str:
    state = words.state_of(link, at)
    return words.CHANGING if state == "RELATED" and link.pk in waiting else state


def _waiting(actor: Actor, at: datetime) -> set[int]:
    """Relationships for which the actor sees a change that waits for somebody (Z7, L5)."""
    rows = access.approvals(actor).filter(
        state=ApprovalState.WAITING, expires_at__gt=at, verb__in=CHANGES
    )
    return set(rows.values_list("arguments__relationship", flat=True))


def _modified_at(link: Relationship, at: datetime) -> datetime:
    """When the relation last became what it is, as far as its dates and decisions tell."""
    decided = (link.decision, link.end_decision, link.upgrade_decision)
    instants = [one.at for one in decided if one is not None]
    instants += [one for one in (link.effective_from, link.effective_to) if one is not None]
    return max(one for one in instants if one <= at)


def _dates(link: Relationship) -> dict[str, str | None]:
    return {
        "SetupTime": words.iso(link.decision.at),
        "StartTime": words.iso(link.effective_from),
        "EndTime": words.iso(link.effective_to),
    }


def _listed(link: Relationship, account: Account, state: str) -> dict[str, Any]:
    """The relation as the account sees it: the other end is told."""
    is_master = link.master_id == account.pk
    other = link.member if is_master else link.master
    return {
        "RelationId": link.pk,
        "AccountId": words.user_id(other),
        "AccountName": other.name,
        "AccountNickName": other.name,
        "AccountType": "MEMBER" if is_master else "MASTER",
        "RelationType": words.MODES[link.mode],
        "State": state,
        **_dates(link),
    }


def _power(row: Grant) -> dict[str, Any]:
    return {
        "PermissionCode": words.PERMISSION_CODES[row.permission],
        "PermissionName": str(row.get_permission_display()),
        "StartTime": words.iso(row.granted_from),
        "EndTime": words.iso(row.granted_until),
    }
