"""What charges sum up to: the stored sums and the charges that wait for theirs, in one statement.

So each answer is exact at its instant, whenever the job that sums looks (docs/decisions/0023).
Charges of a former master, or of members that left, are not of a group: `accounts` bound both
who pays and who used.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from finance_mgmt.money import ZERO

# The charges that are in no sum yet. Looked up by their ids only: OFFSET keeps the planner from
# reading the charges of a whole month instead. One by one where they are single, so that it does
# not expect thousands of each.
WAITING = """
SELECT found.* FROM (
    SELECT charge.* FROM billing_unsummed waits CROSS JOIN LATERAL (
        SELECT * FROM billing_charge WHERE id = waits.first_charge OFFSET 0
    ) charge WHERE waits.step_id IS NULL
    UNION ALL
    SELECT charge.* FROM billing_unsummed waits CROSS JOIN LATERAL (
        SELECT * FROM billing_charge
        WHERE id BETWEEN waits.first_charge AND waits.last_charge AND step_id = waits.step_id
        OFFSET 0
    ) charge WHERE waits.step_id IS NOT NULL
) found
"""

_GROUP = f"""
account AS MATERIALIZED (SELECT unnest(%(accounts)s::bigint[]) AS id),
waiting AS MATERIALIZED (
    {WAITING} WHERE found.billing_month BETWEEN %(first)s AND %(last)s
        AND found.payer_id IN (SELECT id FROM account)
        AND found.owner_id IN (SELECT id FROM account)
)
"""

# Who cost most over all months, the owners asked for, and all of the months asked for whole.
_SPEND = f"""
WITH {_GROUP}, spent AS MATERIALIZED (
    SELECT owner_id, billing_month, sum(payable_amount) AS amount
    FROM (
        SELECT stored.owner_id, stored.billing_month, stored.payable_amount
        FROM account payer JOIN billing_monthsum stored ON stored.payer_id = payer.id
            AND stored.billing_month BETWEEN %(first)s AND %(last)s
        WHERE stored.owner_id IN (SELECT id FROM account)
        UNION ALL
        SELECT owner_id, billing_month, payable_amount FROM waiting
    ) both_kinds
    GROUP BY owner_id, billing_month
), largest AS (
    SELECT owner_id FROM spent GROUP BY owner_id ORDER BY sum(amount) DESC, owner_id
    LIMIT %(count)s
)
SELECT owner_id, billing_month, amount, owner_id IN (SELECT owner_id FROM largest) FROM spent
WHERE billing_month = ANY(%(whole)s::date[]) OR owner_id = ANY(%(owners)s::bigint[])
    OR owner_id IN (SELECT owner_id FROM largest)
UNION ALL SELECT NULL, billing_month, sum(amount), false FROM spent GROUP BY billing_month
"""

_PRODUCTS = f"""
WITH {_GROUP}
SELECT product.code, sum(amount) AS amount
FROM (
    SELECT stored.product_id, stored.payable_amount AS amount
    FROM account payer JOIN billing_productsum stored ON stored.payer_id = payer.id
        AND stored.billing_month = %(first)s
    WHERE stored.owner_id IN (SELECT id FROM account)
    UNION ALL
    SELECT product_id, payable_amount FROM waiting
) both_kinds LEFT JOIN billing_product product ON product.id = both_kinds.product_id
GROUP BY product.code ORDER BY amount DESC, product.code
"""

_SAVINGS = f"""
WITH {_GROUP}
SELECT kind, giver_id, owner_id, sum(amount) AS amount
FROM (
    SELECT stored.kind, coalesce(discount.owner_id, commitment.owner_id) AS giver_id,
        stored.owner_id, stored.amount
    FROM account payer JOIN billing_savingsum stored ON stored.payer_id = payer.id
        AND stored.billing_month = %(first)s
    LEFT JOIN billing_discount discount
        ON stored.kind = 'discount' AND discount.id = stored.saver_id
    LEFT JOIN billing_commitment commitment
        ON stored.kind = 'commitment' AND commitment.id = stored.saver_id
    WHERE stored.owner_id IN (SELECT id FROM account)
    UNION ALL
    SELECT 'discount', discount.owner_id, waiting.owner_id, waiting.discount_amount
    FROM waiting JOIN billing_discount discount ON discount.id = waiting.discount_id
    UNION ALL
    SELECT 'commitment', commitment.owner_id, waiting.owner_id, covered.amount
    FROM waiting JOIN billing_coverage covered ON covered.charge_id = waiting.id
    JOIN billing_commitment commitment ON commitment.id = covered.commitment_id
    WHERE waiting.covered_amount <> 0
) both_kinds
GROUP BY kind, giver_id, owner_id
HAVING sum(amount) <> 0
ORDER BY amount DESC, kind, giver_id, owner_id
"""

_OF_PAYERS = f"""
WITH waiting AS MATERIALIZED (
    {WAITING} WHERE found.billing_month = ANY(%(months)s::date[])
        AND found.payer_id = ANY(%(payers)s)
)
SELECT payer_id, billing_month, sum(payable_amount)
FROM (
    SELECT payer_id, billing_month, payable_amount FROM billing_monthsum
    WHERE payer_id = ANY(%(payers)s) AND billing_month = ANY(%(months)s::date[])
    UNION ALL
    SELECT payer_id, billing_month, payable_amount FROM waiting
) both_kinds
GROUP BY payer_id, billing_month
"""


# Less what came after a charge: few rows, by their ids.
_UP_TO = f"""
WITH waiting AS MATERIALIZED (
    {WAITING} WHERE found.billing_month = ANY(%(months)s::date[]) AND found.payer_id = %(payer)s
)
SELECT billing_month, sum(payable_amount)
FROM (
    SELECT billing_month, payable_amount FROM billing_monthsum
    WHERE payer_id = %(payer)s AND billing_month = ANY(%(months)s::date[])
    UNION ALL
    SELECT billing_month, payable_amount FROM waiting
    UNION ALL
    SELECT billing_month, -payable_amount FROM billing_charge
    WHERE id > %(charge)s AND payer_id = %(payer)s AND billing_month = ANY(%(months)s::date[])
) both_kinds
GROUP BY billing_month
"""


@dataclass(frozen=True)
class Saving:
    """What one account saved in a month by a discount or a commitment of another, or its own."""

    kind: str  # discount or commitment
    giver: int
    owner: int
    amount: Decimal


@dataclass(frozen=True)
class Spend:
    """What a group cost by month, and by owner as far as it was asked for."""

    totals: dict[date, Decimal]
    by_owner: dict[int, dict[date, Decimal]]
    largest: list[int]

    def of(self, owner: int, month: date) -> Decimal:
        """One account's month."""
        return self.by_owner.get(owner, {}).get(month, ZERO)

    def total(self, month: date) -> Decimal:
        """The group's month."""
        return self.totals.get(month, ZERO)


def spend(
    accounts: Collection[int],
    *,
    since: date,
    until: date,
    count: int,
    owners: Collection[int] = (),
    whole: Collection[date] = (),
) -> Spend:
    """What accounts cost each other from one month to another, and the `count` that cost most.

    By owner: those, the `owners`, and all of them in the `whole` months.
    """
    totals: dict[date, Decimal] = {}
    by_owner: dict[int, dict[date, Decimal]] = {}
    largest: dict[int, Decimal] = {}
    facts: dict[str, Any] = {"first": since, "last": until, "count": count}
    facts |= {"owners": list(owners), "whole": list(whole)}
    for owner, month, amount, is_large in _read(_SPEND, accounts=_ids(accounts), **facts):
        if owner is None:
            totals[month] = amount
            continue
        by_owner.setdefault(owner, {})[month] = amount
        if is_large:
            largest[owner] = largest.get(owner, ZERO) + amount
    ranked = sorted(largest, key=lambda owner: (-largest[owner], owner))
    return Spend(totals, by_owner, ranked)


def products(accounts: Collection[int], month: date) -> list[tuple[str | None, Decimal]]:
    """What accounts cost each other in the month by product code, the dearest first."""
    return _read(_PRODUCTS, accounts=_ids(accounts), first=month, last=month)


def savings(accounts: Collection[int], month: date) -> list[Saving]:
    """Who saved how much by whose discounts and commitments, the largest first."""
    rows = _read(_SAVINGS, accounts=_ids(accounts), first=month, last=month)
    return [Saving(*row) for row in rows]


def of_payers(payers: Collection[int], months: Collection[date]) -> dict[tuple[int, date], Decimal]:
    """What each payer pays in each month, for itself and others; absent: nothing is charged."""
    rows = _read(_OF_PAYERS, payers=list(payers), months=list(months))
    return {(payer, month): amount for payer, month, amount in rows}


def up_to(payer: int, months: Collection[date], charge: int) -> dict[date, Decimal]:
    """What a payer pays in each month by the charges up to one of them."""
    return dict(_read(_UP_TO, payer=payer, months=list(months), charge=charge))


def _ids(accounts: Collection[int]) -> str:
    """Thousands of ids as the database writes an array: much faster than one by one."""
    return f"{{{','.join(map(str, accounts))}}}"


def _read(sql: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
