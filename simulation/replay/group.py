"""Which accounts a question is about: all that were ever linked with those it names."""

from collections.abc import Collection

from django.db.models import Q

from billing.models import UsageRecord
from finance_mgmt.models import Account, Relationship


def closure(seeds: Collection[int]) -> set[int]:
    """The accounts, their masters and members at any time, and theirs in turn.

    Also the owners of vouchers that credits of their usage draw: without them no replay is whole.
    """
    found: set[int] = set()
    wanted = set(seeds)
    while new := wanted - found:
        found |= new
        links = Relationship.objects.filter(Q(master__in=new) | Q(member__in=new)).order_by()
        for pair in links.values_list("master_id", "member_id"):
            wanted.update(pair)
        credits = UsageRecord.objects.filter(owner__in=new, voucher__isnull=False).order_by()
        wanted.update(credits.values_list("voucher__owner", flat=True).distinct())
    return found


def numbers_of(accounts: Collection[int]) -> list[str]:
    """Their numbers, in order."""
    rows = Account.objects.filter(pk__in=accounts)
    return sorted(rows.values_list("number", flat=True))
