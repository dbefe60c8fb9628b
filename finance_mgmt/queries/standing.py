"""Where accounts stand at an instant."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import Max, Q, QuerySet

from ..enums import End, Mode, Permission, RelationshipState
from ..models import Grant, Relationship
from ..models.relationships import IN_FORCE_STATES
from ..rules.terms import Standing, Terms, decide

_OF_A_LINK = (
    "pk",
    "member_id",
    "master_id",
    "mode",
    "trusteeship_from",
    "unified_settlement_from",
)


def in_force(at: datetime, prefix: str = "effective") -> Q:
    """Filter for relationships (or grants, prefix "granted") in force at the instant (C3)."""
    if prefix == "granted":
        return Q(granted_from__lte=at) & (Q(granted_until__isnull=True) | Q(granted_until__gt=at))
    goes_on = Q(effective_to__isnull=True) | Q(effective_to__gt=at)
    goes_on |= Q(state=RelationshipState.CHANGE_PENDING)  # until its end takes effect (L6)
    return Q(state__in=IN_FORCE_STATES) & Q(effective_from__lte=at) & goes_on


def standings(account_ids: Collection[int], at: datetime) -> dict[int, Standing]:
    """Where each of these accounts stands at the instant, in two queries."""
    found = {account: Standing(account=account) for account in account_ids}
    linked = Relationship.objects.filter(in_force(at), member_id__in=account_ids)
    links = list(linked.values_list(*_OF_A_LINK))  # plain columns: masters have many members
    granted = _granted([link[0] for link in links], at)
    for pk, member, master, mode, began, unified in links:
        found[member] = Standing(
            account=member,
            mode=_mode(mode, began, at),
            master=master,
            relationship=pk,
            has_unified_settlement=unified is not None,
            granted=frozenset(granted[pk]),
        )
    return found


def _granted(links: Collection[int], at: datetime) -> dict[int, set[tuple[Permission, End]]]:
    found: dict[int, set[tuple[Permission, End]]] = defaultdict(set)
    if links:
        held = Grant.objects.filter(in_force(at, "granted"), relationship_id__in=links)
        for link, permission, end in held.values_list("relationship_id", "permission", "held_by"):
            found[link].add((Permission(permission), End(end)))
    return found


def last_change(account_ids: Collection[int], at: datetime) -> datetime:
    """When it last changed where these members stand, as far as committed; `at` if not later.

    Later than `at` only where somebody else was faster: asked after, done before.
    """
    ended = Q(state=RelationshipState.ENDED)
    links = Relationship.objects.filter(member_id__in=account_ids, state__in=IN_FORCE_STATES)
    found = links.aggregate(
        begun=Max("effective_from"),
        upgraded=Max("trusteeship_from", filter=Q(mode=Mode.TRUSTEESHIP)),
        ended=Max("effective_to", filter=ended),
        revoked=Max("grants__granted_until"),
    )
    return max([at, *(instant for instant in found.values() if instant)])


def mode_at(link: Relationship, at: datetime) -> Mode:
    """The mode of a relationship at an instant, from its dates (L7)."""
    return _mode(link.mode, link.trusteeship_from, at)


def _mode(mode: str, began: datetime | None, at: datetime) -> Mode:
    is_trusteeship = mode == Mode.TRUSTEESHIP and began is not None and began <= at
    return Mode.TRUSTEESHIP if is_trusteeship else Mode.MANAGEMENT


def terms(account_id: int, at: datetime) -> Terms:
    """The terms of one account at one instant (DOMAIN 3)."""
    return decide(standings([account_id], at)[account_id])


def in_trusteeship_of(master_id: int, at: datetime) -> QuerySet[Relationship]:
    """The relationships whose members a master pays for at the instant."""
    links = Relationship.objects.filter(in_force(at), master_id=master_id)
    return links.filter(mode=Mode.TRUSTEESHIP, trusteeship_from__lte=at)


def members_of(master_id: int, at: datetime) -> dict[Mode, list[int]]:
    """The members of a master at an instant, by mode."""
    found: dict[Mode, list[int]] = defaultdict(list)
    for link in Relationship.objects.filter(in_force(at), master_id=master_id).order_by(
        "member_id"
    ):
        found[mode_at(link, at)].append(link.member_id)
    return found
