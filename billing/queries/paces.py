"""What a day of usage costs for each of many accounts, in one query (W1; see `runway`)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import Cycle
from finance_mgmt.money import ZERO
from finance_mgmt.policy import Policy

from ..enums import ChargeKind
from .runway import DAYS, SHORT, days_before, last_closed_day, local_days

_SUMS = """
SELECT charge.owner_id, min(charge.period_start),
    sum(charge.payable_amount) FILTER (WHERE product.cycle = ANY(%(short)s)
        AND charge.period_start >= %(since)s AND charge.period_end <= %(end)s),
    sum(charge.payable_amount) FILTER (WHERE product.cycle = 'week'
        AND charge.period_end = %(week)s),
    sum(charge.payable_amount) FILTER (WHERE product.cycle = 'month'
        AND charge.period_end = %(month)s)
FROM unnest(%(owners)s::bigint[], %(payers)s::bigint[]) AS pair (owner, payer)
JOIN billing_charge charge ON charge.owner_id = pair.owner AND charge.payer_id = pair.payer
JOIN billing_product product ON product.id = charge.product_id
WHERE charge.kind = %(usage)s AND charge.billing_month BETWEEN %(first)s AND %(last)s
GROUP BY charge.owner_id
"""


@dataclass(frozen=True)
class _Window:
    """The days that count, and how long the last whole week and month were."""

    end: datetime
    since: datetime
    ends: dict[Cycle, datetime]
    lengths: dict[Cycle, int]


def paces(pairs: Collection[tuple[int, int]], at: datetime) -> dict[int, Decimal]:
    """What one day of usage costs, by owner, of (owner, payer): as `runway.outlook` counts it.

    Cycles up to a day are taken from the last closed days, those of a younger account from the
    days it has; weeks and months from the last one that is closed. Owners without usage: absent.
    """
    policy = ground.policy()
    end = last_closed_day(at, policy)
    if end is None or not pairs:
        return {}
    window = _window(end, policy)
    long_before = days_before(end, DAYS + 31, policy)
    values: dict[str, Any] = {
        "owners": [owner for owner, _payer in pairs],
        "payers": [payer for _owner, payer in pairs],
        "short": [str(cycle) for cycle in SHORT],
        "usage": ChargeKind.USAGE,
        "since": window.since,
        "end": end,
        "week": window.ends[Cycle.WEEK],
        "month": window.ends[Cycle.MONTH],
        "first": periods.month_of(long_before, policy.zone),
        "last": periods.month_of(end, policy.zone),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, values)
        rows = cursor.fetchall()
    return {
        owner: _per_day(earliest, window, sums, policy)
        for owner, earliest, *sums in rows
        if earliest < end
    }


def _window(end: datetime, policy: Policy) -> _Window:
    ends, lengths = {}, {}
    for cycle in (Cycle.WEEK, Cycle.MONTH):
        last = ends[cycle] = periods.containing(end, cycle, policy.zone).start
        before = periods.containing(last - timedelta(seconds=1), cycle, policy.zone)
        lengths[cycle] = local_days(before.start, last, policy)
    return _Window(end, days_before(end, DAYS, policy), ends, lengths)


def _per_day(
    earliest: datetime, window: _Window, sums: list[Decimal | None], policy: Policy
) -> Decimal:
    first = periods.containing(earliest, Cycle.DAY, policy.zone).start
    days = min(DAYS, local_days(first, window.end, policy))
    short, week, month = (found or ZERO for found in sums)
    long = week / window.lengths[Cycle.WEEK] + month / window.lengths[Cycle.MONTH]
    return short / days + long
