"""Row locks, always taken in the order of account ids, so that nobody waits in a circle."""

from collections.abc import Iterable

from django.db import connection

from ..models import Account, Funds

# One array: thousands of single parameters take longer to write down than the rows to lock.
_HOLD = """
SELECT FROM finance_mgmt_funds WHERE account_id = ANY(%s::bigint[]) ORDER BY account_id FOR UPDATE
"""


def lock_funds(account_ids: Iterable[int]) -> dict[int, Funds]:
    """Lock the funds of these accounts until the transaction ends. Returns them by account id."""
    rows = (
        Funds.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(pk__in=set(account_ids))
        .order_by("pk")
    )
    return {funds.pk: funds for funds in rows}


def hold_funds(account_ids: Iterable[int]) -> None:
    """Lock them the same, for somebody who does not read them."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [list(set(account_ids))])


def lock_accounts(account_ids: Iterable[int]) -> dict[int, Account]:
    """Lock these accounts, against a change of who they are or of their relationships.

    Not their keys: every row that names an account asks for its key when it is committed, and
    whoever commits may hold funds that are waited for here.
    """
    rows = Account.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.filter(pk__in=set(account_ids))
    return {account.pk: account for account in rows.order_by("pk")}
