"""What masters pay in a month, for themselves and for whom: from the sums of its charges."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from finance_mgmt.models.relationships import DATED_STATES
from finance_mgmt.money import ZERO

from .sums import WAITING

_SPENT = f"""
master AS MATERIALIZED (
    SELECT DISTINCT master_id AS id FROM finance_mgmt_relationship WHERE state = ANY(%(dated)s)
), waiting AS MATERIALIZED (
    {WAITING} WHERE found.billing_month = %(month)s AND found.payer_id IN (SELECT id FROM master)
), spent AS MATERIALIZED (
    SELECT payer_id, owner_id, sum(charge_count) AS charges, sum(payable_amount) AS payable
    FROM (
        SELECT stored.payer_id, stored.owner_id, stored.charge_count, stored.payable_amount
        FROM master JOIN billing_monthsum stored
            ON stored.payer_id = master.id AND stored.billing_month = %(month)s
        UNION ALL
        SELECT payer_id, owner_id, 1, payable_amount FROM waiting
    ) both_kinds
    GROUP BY payer_id, owner_id
)
"""

_MASTERS = f"""
WITH {_SPENT}, made AS (
    SELECT payer_id, count(*) FILTER (WHERE owner_id <> payer_id) AS members,
        sum(payable) AS charged
    FROM spent GROUP BY payer_id
), billed AS (
    SELECT bill.id, bill.payer_id, bill.total FROM master
    JOIN billing_bill bill ON bill.payer_id = master.id AND bill.month = %(month)s
)
SELECT account.id, account.number, account.name, account.currency, billed.id,
    coalesce(billed.total, 0), coalesce(made.charged, 0), coalesce(made.members, 0)
FROM made FULL JOIN billed USING (payer_id)
JOIN finance_mgmt_account account ON account.id = payer_id
ORDER BY coalesce(billed.total, made.charged) DESC, account.number
"""

_MEMBERS = f"""
WITH {_SPENT}
SELECT owner.id, owner.number, owner.name, owner.currency, payer.id, payer.number, payer.name,
    payer.currency, top.charges, top.payable
FROM (
    SELECT * FROM spent WHERE payer_id <> owner_id
    ORDER BY payable DESC, payer_id, owner_id LIMIT %(count)s
) top
JOIN finance_mgmt_account owner ON owner.id = top.owner_id
JOIN finance_mgmt_account payer ON payer.id = top.payer_id
ORDER BY top.payable DESC, top.payer_id, top.owner_id
"""

_BY_CURRENCY = f"""
WITH {_SPENT}
SELECT account.currency, sum(spent.payable)
FROM spent JOIN finance_mgmt_account account ON account.id = spent.payer_id
GROUP BY account.currency ORDER BY account.currency
"""


@dataclass(frozen=True)
class Named:
    """An account as far as it is shown: many are read, few are."""

    pk: int
    number: str
    name: str
    currency: str


@dataclass(frozen=True)
class MemberMonth:
    """What one payer pays for one member in the month."""

    owner: Named
    payer: Named
    charges: int
    payable: Decimal


@dataclass(frozen=True)
class MasterMonth:
    """One master's month: on its bill, or open where that is not issued."""

    account: Named
    bill: int | None
    billed: Decimal  # the total of the bill
    charged: Decimal
    member_count: int  # for how many others it pays

    @property
    def open(self) -> Decimal:
        """The charges, as long as no bill is issued."""
        return ZERO if self.bill else self.charged


def masters_of(month: date) -> list[MasterMonth]:
    """Masters with charges or a bill in the month, the largest first."""
    return [MasterMonth(Named(*row[:4]), *row[4:]) for row in _read(_MASTERS, month)]


def members_of(month: date, count: int) -> list[MemberMonth]:
    """The members for whom masters pay most in the month, the largest first."""
    rows = _read(_MEMBERS, month, count=count)
    return [MemberMonth(Named(*row[:4]), Named(*row[4:8]), *row[8:]) for row in rows]


def charged_in(month: date) -> dict[str, Decimal]:
    """What masters pay in the month, by currency."""
    return dict(_read(_BY_CURRENCY, month))


def _read(sql: str, month: date, **values: Any) -> list[Any]:
    dated = [str(state) for state in DATED_STATES]
    with connection.cursor() as cursor:
        cursor.execute(sql, {"month": month, "dated": dated, **values})
        return cursor.fetchall()
