"""What accounts have and owe, with what follows from it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from ..models import Funds
from ..rules.credit import Figures
from ..rules.terms import Standing, Terms, decide
from .standing import standings


def figures(funds: Funds, at_terms: Terms) -> Figures:
    """The funds of an account with what follows from them under its terms (F2-F4)."""
    return Figures(
        cash=funds.cash,
        transferred_in=funds.transferred_in,
        credit_limit=funds.credit_limit,
        allocated_in=funds.allocated_in,
        allocated_out=funds.allocated_out,
        used=funds.used,
        unsettled_own=funds.unsettled_own,
        unsettled_members=funds.unsettled_members,
        is_own_line_frozen=at_terms.is_own_credit_dormant or at_terms.is_own_credit_replaced,
    )


def figures_of(
    account_ids: Collection[int],
    at: datetime,
    stands: Mapping[int, Standing] | None = None,
) -> dict[int, Figures]:
    """The figures of many accounts in three queries; in one where it is known where they stand."""
    if stands is None:
        stands = standings(account_ids, at)
    rows = Funds.objects.filter(pk__in=account_ids)
    return {funds.pk: figures(funds, decide(stands[funds.pk])) for funds in rows}
