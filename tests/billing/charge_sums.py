"""What stored sums are to say, added up in plain Python from the charges themselves."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing.models import Charge, ClosedThrough, Coverage
from billing.queries import masters, paces, sums
from finance_mgmt.enums import Cycle
from finance_mgmt.models import Account, Relationship
from finance_mgmt.models.relationships import DATED_STATES
from finance_mgmt.periods import containing, month_of
from finance_mgmt.queries import policy

ZERO = Decimal(0)


def differences(months: Collection[date], at: datetime) -> dict[str, tuple]:
    """What the queries say beside what the charges say, where it is not the same."""
    if not months:
        return {}
    accounts = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    groups = [accounts, accounts[:2], accounts[1:]]
    pairs = [(owner, payer) for owner in accounts for payer in accounts]
    pairs_now = {owner: payer for owner, payer in pairs if payer >= owner}
    both = {
        "spend": [(spent(group, months), spent_of_charges(group, months)) for group in groups],
        "products": [
            (dict(sums.products(group, month)), products_of_charges(group, month))
            for group in groups
            for month in months
        ],
        "savings": [
            (saved(group, month), saved_of_charges(group, month))
            for group in groups
            for month in months
        ],
        "payers": [(sums.of_payers(accounts, months), payers_of_charges(months))],
        "pace": [(paces.pace(one, at), pace_of_charges(at, payer=one)) for one in accounts],
        "paces": [
            (
                paces.paces(list(pairs_now.items()), at),
                {
                    owner: pace
                    for owner, payer in pairs_now.items()
                    for pace, days in [pace_of_charges(at, owner=owner, payer=payer)]
                    if days
                },
            )
        ],
        "masters": [
            (
                {row.account.pk: (row.charged, row.member_count) for row in found if row.charged},
                masters_of_charges(month),
            )
            for month in months
            for found in [masters.masters_of(month)]
        ],
    }
    return {
        name: pair for name, compared in both.items() for pair in compared if pair[0] != pair[1]
    }


def spent(group: Collection[int], months: Collection[date]) -> tuple:
    found = sums.spend(group, since=min(months), until=max(months), count=2, whole=months)
    return found.totals, found.by_owner, found.largest


def spent_of_charges(group: Collection[int], months: Collection[date]) -> tuple:
    totals: dict[date, Decimal] = defaultdict(lambda: ZERO)
    by_owner: dict[int, dict[date, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    rows = _within(group).filter(billing_month__range=(min(months), max(months)))
    for charge in rows:
        totals[charge.billing_month] += charge.payable_amount
        by_owner[charge.owner_id][charge.billing_month] += charge.payable_amount
    cost = {owner: sum(found.values(), ZERO) for owner, found in by_owner.items()}
    largest = sorted(cost, key=lambda owner: (-cost[owner], owner))[:2]
    return dict(totals), {owner: dict(found) for owner, found in by_owner.items()}, largest


def products_of_charges(group: Collection[int], month: date) -> dict[str | None, Decimal]:
    found: dict[str | None, Decimal] = defaultdict(lambda: ZERO)
    for charge in _within(group).filter(billing_month=month).select_related("product"):
        found[charge.product.code if charge.product else None] += charge.payable_amount
    return dict(found)


def saved(group: Collection[int], month: date) -> dict[tuple[str, int, int], Decimal]:
    return {(one.kind, one.giver, one.owner): one.amount for one in sums.savings(group, month)}


def saved_of_charges(group: Collection[int], month: date) -> dict[tuple[str, int, int], Decimal]:
    found: dict[tuple[str, int, int], Decimal] = defaultdict(lambda: ZERO)
    charges = _within(group).filter(billing_month=month)
    for charge in charges.filter(discount__isnull=False).select_related("discount"):
        found["discount", charge.discount.owner_id, charge.owner_id] += charge.discount_amount
    for one in Coverage.objects.filter(charge__in=charges).select_related("charge", "commitment"):
        found["commitment", one.commitment.owner_id, one.charge.owner_id] += one.amount
    return {key: amount for key, amount in found.items() if amount}


def payers_of_charges(months: Collection[date]) -> dict[tuple[int, date], Decimal]:
    found: dict[tuple[int, date], Decimal] = defaultdict(lambda: ZERO)
    for charge in Charge.objects.filter(billing_month__in=months):
        found[charge.payer_id, charge.billing_month] += charge.payable_amount
    return dict(found)


def masters_of_charges(month: date) -> dict[int, tuple[Decimal, int]]:
    links = Relationship.objects.filter(state__in=DATED_STATES)
    found = {}
    for master in set(links.values_list("master", flat=True)):
        charges = list(Charge.objects.filter(payer=master, billing_month=month))
        if amount := sum((charge.payable_amount for charge in charges), ZERO):
            owners = {charge.owner_id for charge in charges} - {master}
            found[master] = (amount, len(owners))
    return found


def pace_of_charges(at: datetime, **whose: int) -> tuple[Decimal, int]:
    """What a day of usage costs, and of how many closed days, by the instants of the charges."""
    switches, closed = policy(), ClosedThrough.objects.values_list("instant", flat=True).first()
    if closed is None:
        return ZERO, 0
    zone = switches.zone
    end = containing(min(closed, at) - switches.close_after, Cycle.DAY, zone).start
    long_before = containing(end - timedelta(days=38), Cycle.DAY, zone).start
    months = (month_of(long_before, zone), month_of(end, zone))
    named = {f"{role}_id": account for role, account in whose.items()}
    rows = Charge.objects.filter(kind="usage", billing_month__range=months, **named)
    charges = list(rows.select_related("product"))
    earliest = min((charge.period_start for charge in charges), default=end)
    if earliest >= end:
        return ZERO, 0
    days = min(7, (end.astimezone(zone).date() - earliest.astimezone(zone).date()).days)
    since = containing(end - timedelta(days=days), Cycle.DAY, zone).start
    short = sum(
        (
            charge.payable_amount
            for charge in charges
            if charge.product.cycle in ("minute", "hour", "day")
            and charge.period_start >= since
            and charge.period_end <= end
        ),
        ZERO,
    )
    pace = short / days
    for cycle in (Cycle.WEEK, Cycle.MONTH):
        last = containing(end, cycle, zone).start
        before = containing(last - timedelta(seconds=1), cycle, zone).start
        amount = sum(
            (
                charge.payable_amount
                for charge in charges
                if charge.product.cycle == cycle and charge.period_end == last
            ),
            ZERO,
        )
        pace += amount / (last.astimezone(zone).date() - before.astimezone(zone).date()).days
    return pace, days


def _within(group: Collection[int]):
    return Charge.objects.filter(payer__in=group, owner__in=group)
