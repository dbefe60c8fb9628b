"""What a day of usage costs: of one payer, or of each of many, in one query (W1).

Cycles up to a day are taken from the last closed days, those of a younger account from the days it
has; weeks and months from the last one that is closed, spread over its days.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.enums import Cycle
from finance_mgmt.money import ZERO
from finance_mgmt.policy import Policy

from ..models import ClosedThrough
from .sums import WAITING

DAYS = 7
LONGEST = DAYS + 31  # how far back the first usage of an account is looked for
SHORT = (Cycle.MINUTE, Cycle.HOUR, Cycle.DAY)

_COLUMNS = """
min(starts_on), sum(amount) FILTER (WHERE cycle = ANY(%(short)s)
    AND starts_on >= %(since)s AND starts_on < %(end)s),
sum(amount) FILTER (WHERE cycle = 'week' AND starts_on = %(week)s),
sum(amount) FILTER (WHERE cycle = 'month' AND starts_on = %(month)s)
"""

_WAITING_DAYS = f"""
SELECT found.owner_id, found.payer_id,
    (found.period_start AT TIME ZONE %(zone)s)::date AS starts_on, product.cycle,
    found.payable_amount AS amount
FROM ({WAITING} WHERE found.kind = 'usage' AND found.billing_month = ANY(%(months)s)
    ) found
JOIN billing_product product ON product.id = found.product_id
"""

# Of a payer of many: not all days since the first one, but the window, the week and the month.
_OF_A_PAYER = f"""
SELECT {_COLUMNS} FROM (
    SELECT starts_on, cycle, payable_amount AS amount FROM billing_daysum
    WHERE payer_id = %(payer)s AND billing_month = ANY(%(months)s)
        AND starts_on >= %(since)s AND starts_on < %(end)s AND cycle = ANY(%(short)s)
    UNION ALL
    SELECT starts_on, cycle, payable_amount FROM billing_daysum
    WHERE payer_id = %(payer)s AND billing_month = ANY(%(months)s)
        AND starts_on IN (%(week)s, %(month)s) AND cycle <> ALL(%(short)s)
    UNION ALL
    SELECT day.starts_on, '', 0
    FROM unnest(%(months)s) AS billed (month), LATERAL (
        SELECT starts_on FROM billing_daysum
        WHERE payer_id = %(payer)s AND billing_month = billed.month ORDER BY starts_on LIMIT 1
    ) day
    UNION ALL
    SELECT starts_on, cycle, amount FROM ({_WAITING_DAYS}) waiting WHERE payer_id = %(payer)s
) day
"""

_OF_PAYERS = f"""
WITH payer AS MATERIALIZED (SELECT unnest(%(payers)s::bigint[]) AS id)
SELECT payer_id, {_COLUMNS} FROM (
    SELECT payer.id AS payer_id, found.starts_on, found.cycle, found.payable_amount AS amount
    FROM payer, LATERAL (
        SELECT starts_on, cycle, payable_amount FROM billing_daysum
        WHERE payer_id = payer.id AND billing_month = ANY(%(months)s)
            AND starts_on >= %(since)s AND starts_on < %(end)s AND cycle = ANY(%(short)s)
        UNION ALL
        SELECT starts_on, cycle, payable_amount FROM billing_daysum
        WHERE payer_id = payer.id AND billing_month = ANY(%(months)s)
            AND starts_on IN (%(week)s, %(month)s) AND cycle <> ALL(%(short)s)
        UNION ALL
        SELECT day.starts_on, '', 0
        FROM unnest(%(months)s) AS billed (month), LATERAL (
            SELECT starts_on FROM billing_daysum
            WHERE payer_id = payer.id AND billing_month = billed.month ORDER BY starts_on LIMIT 1
        ) day
    ) found
    UNION ALL
    SELECT payer_id, starts_on, cycle, amount
    FROM ({_WAITING_DAYS}) waiting JOIN payer ON payer.id = waiting.payer_id
) day GROUP BY payer_id
"""

_OF_OWNERS = f"""
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(owners)s::bigint[], %(payers)s::bigint[]) AS pair (owner_id, payer_id)
)
SELECT owner_id, {_COLUMNS} FROM (
    SELECT owner_id, starts_on, cycle, payable_amount AS amount
    FROM pair JOIN billing_daysum USING (owner_id, payer_id)
    WHERE billing_month = ANY(%(months)s)
    UNION ALL
    SELECT owner_id, starts_on, cycle, amount
    FROM ({_WAITING_DAYS}) waiting JOIN pair USING (owner_id, payer_id)
) day GROUP BY owner_id
"""


@dataclass(frozen=True)
class Window:
    """The days that count: `end` is after the last one, which is closed. Local days."""

    end: date
    since: date
    starts: dict[Cycle, date]  # of the last whole week and month
    lengths: dict[Cycle, int]
    values: dict[str, Any]  # for the statements


def window(at: datetime) -> Window | None:
    """The days that count at an instant; None: nothing was closed."""
    policy = ground.policy()
    end = last_closed_day(at, policy)
    if end is None:
        return None
    last_day, starts, lengths = _day(end, policy), {}, {}
    for cycle in (Cycle.WEEK, Cycle.MONTH):
        now = periods.containing(end, cycle, policy.zone).start
        before = periods.containing(now - timedelta(seconds=1), cycle, policy.zone)
        starts[cycle] = _day(before.start, policy)
        lengths[cycle] = (_day(now, policy) - starts[cycle]).days
    since = last_day - timedelta(days=DAYS)
    values = {
        "zone": policy.billing_time_zone,
        "short": [str(cycle) for cycle in SHORT],
        "since": since,
        "end": last_day,
        "week": starts[Cycle.WEEK],
        "month": starts[Cycle.MONTH],
        "months": _months(last_day - timedelta(days=LONGEST), last_day),
    }
    return Window(last_day, since, starts, lengths, values)


def last_closed_day(at: datetime, policy: Policy) -> datetime | None:
    """The end of the last day whose cycles are all closed; None: nothing was closed."""
    closed = ClosedThrough.objects.values_list("instant", flat=True).first()
    if closed is None:
        return None
    return periods.containing(min(closed, at) - policy.close_after, Cycle.DAY, policy.zone).start


def pace(payer: int, at: datetime) -> tuple[Decimal, int]:
    """What one day of usage costs the payer, and from how many closed days that is taken."""
    days = window(at)
    if days is None:
        return ZERO, 0
    earliest, *sums = _read(_OF_A_PAYER, payer=payer, **days.values)[0]
    if earliest is None or earliest >= days.end:
        return ZERO, 0
    return _per_day(earliest, days, sums), _length(earliest, days)


def paces(pairs: Collection[tuple[int, int]], at: datetime) -> dict[int, Decimal]:
    """What one day of usage costs, by owner, of (owner, payer). Owners without usage: absent."""
    days = window(at)
    if days is None or not pairs:
        return {}
    owners, payers = [owner for owner, _payer in pairs], [payer for _owner, payer in pairs]
    return _by_account(_read(_OF_OWNERS, owners=owners, payers=payers, **days.values), days)


def paces_of_payers(payers: Collection[int], at: datetime) -> dict[int, Decimal]:
    """What one day of usage costs each payer, whoever used. Payers without usage: absent."""
    days = window(at)
    if days is None or not payers:
        return {}
    return _by_account(_read(_OF_PAYERS, payers=list(payers), **days.values), days)


def _by_account(rows: list[Any], days: Window) -> dict[int, Decimal]:
    return {
        account: _per_day(earliest, days, sums)
        for account, earliest, *sums in rows
        if earliest < days.end
    }


def _per_day(earliest: date, days: Window, sums: list[Decimal | None]) -> Decimal:
    short, week, month = (found or ZERO for found in sums)
    long = week / days.lengths[Cycle.WEEK] + month / days.lengths[Cycle.MONTH]
    return short / _length(earliest, days) + long


def _length(earliest: date, days: Window) -> int:
    """How many days to look at: fewer for an account that is younger than the window."""
    return min(DAYS, (days.end - earliest).days)


def _day(instant: datetime, policy: Policy) -> date:
    return instant.astimezone(policy.zone).date()


def _months(first: date, last: date) -> list[date]:
    found = [first.replace(day=1)]
    while found[-1] < last.replace(day=1):
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return found


def _read(sql: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
