"""What the linking rules look at, gathered for locked accounts (L12)."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from .. import queries
from ..enums import Channel, RelationshipState
from ..models import Funds, Relationship
from ..models.relationships import DATED_STATES
from ..rules.linking import Party
from ..rules.terms import Standing, decide
from . import locks


def lock_parties(
    account_ids: Collection[int],
    at: datetime,
    *,
    start: datetime | None = None,
    besides: Relationship | None = None,
) -> dict[int, Party]:
    """Lock the accounts and their funds, and say what the rules may ask of each.

    `start` is when the relationship would begin (default: `at`), `besides` the one being decided:
    it doesn't count as another link or invitation.
    """
    accounts = locks.lock_accounts(account_ids)
    found: dict[int, dict[str, Any]] = {pk: {} for pk in account_ids}
    _gather(found, settings.LINK_HOLDS, at)
    funds = locks.lock_funds(account_ids)
    figures = queries.figures_of(account_ids, at)
    links = Relationship.objects.exclude(pk=besides.pk if besides else None)
    masters, members = _linked(links, account_ids, start or at)
    invitations = _invitations(links, account_ids, at)
    _gather(found, settings.LINK_FACTS, at)
    return {
        pk: Party(
            number=account.number,
            identity=account.identity_id,
            channel=Channel(account.channel),
            currency=account.currency,
            credit_limit=figures[pk].credit_limit,
            available=figures[pk].available,
            is_master_now=pk in masters,
            is_member_now=pk in members,
            open_invitations=tuple(invitations[pk]),
            allocated_in=figures[pk].allocated_in,
            restored_available=_restored(funds[pk]),
            facts=found[pk],
        )
        for pk, account in accounts.items()
    }


def _gather(found: dict[int, dict[str, Any]], paths: Collection[str], at: datetime) -> None:
    for path in paths:
        for pk, facts in import_string(path)(list(found), at).items():
            found[pk].update(facts)


def _linked(links: Any, account_ids: Collection[int], start: datetime) -> tuple[set[int], set[int]]:
    goes_on = Q(effective_to__isnull=True) | Q(effective_to__gt=start)
    binding = links.filter(goes_on, state__in=DATED_STATES)
    masters = binding.filter(master_id__in=account_ids).values_list("master_id", flat=True)
    members = binding.filter(member_id__in=account_ids).values_list("member_id", flat=True)
    return set(masters), set(members)


def _invitations(links: Any, account_ids: Collection[int], at: datetime) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    invited = links.filter(
        member_id__in=account_ids, state=RelationshipState.INVITED, expires_at__gt=at
    )
    for member, master in invited.order_by("pk").values_list("member_id", "master__number"):
        found[member].append(master)
    return found


def _restored(funds: Funds) -> Any:
    return queries.figures(funds, decide(Standing(account=funds.pk))).available
