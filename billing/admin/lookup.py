"""Search in large tables: only by what an index may serve."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from finance_mgmt.models import Account

MOST_ACCOUNTS = 100


def by_account_or_start(
    rows: QuerySet, term: str, accounts: Sequence[str], *, exact: Sequence[str] = ()
) -> QuerySet:
    """Rows of the accounts whose number starts so; where there are none, of resources that do.

    `accounts` are the columns that name an account, `exact` columns that may equal the term.
    """
    term = term.strip()
    if not term:
        return rows
    known = list(
        Account.objects.filter(number__istartswith=term).values_list("pk", flat=True)[
            :MOST_ACCOUNTS
        ]
    )
    if known:
        return rows.filter(_any([f"{column}__in" for column in accounts], known))
    return rows.filter(Q(resource__startswith=term) | _any(exact, term))


def _any(lookups: Sequence[str], value: Any) -> Q:
    return reduce(or_, (Q(**{name: value}) for name in lookups), Q(pk__in=[]))
