"""Row locks, always taken in the order of account ids, so that nobody waits in a circle."""

from collections.abc import Iterable

from ..models import Account, Funds


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
    rows = Funds.objects.select_for_update().filter(pk__in=set(account_ids)).order_by("pk")
    list(rows.values_list("pk", flat=True))


def lock_accounts(account_ids: Iterable[int]) -> dict[int, Account]:
    """Lock these accounts, against a change of who they are or of their relationships.

    Not their keys: every row that names an account asks for its key when it is committed, and
    whoever commits may hold funds that are waited for here.
    """
    rows = Account.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.filter(pk__in=set(account_ids))
    return {account.pk: account for account in rows.order_by("pk")}
