"""What accounts had and owed at an instant, from the movements until then (F10)."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from ..models import Movement
from ..money import ZERO
from ..rules.credit import Figures
from ..rules.ledger import ALL_FIGURES, FIGURES
from ..rules.terms import Terms, decide
from .standing import standings


def figures_at(account_ids: Collection[int], at: datetime) -> dict[int, Figures]:
    """The figures at the end of the instant, under the terms of then. Three queries.

    What moved at the very instant counts: it is what the stored figures said after it.
    """
    found = {account: dict.fromkeys(ALL_FIGURES, ZERO) for account in account_ids}
    for side, sign in (("from", -1), ("to", 1)):
        account, pocket = f"{side}_account", f"{side}_pocket"
        rows = Movement.objects.filter(at__lte=at, **{f"{account}__in": account_ids}).order_by()
        for owner, name, amount in rows.values_list(account, pocket).annotate(Sum("amount")):
            _count(found[owner], name, sign * amount)
    stands = standings(account_ids, at)
    return {account: _figures(found[account], decide(stands[account])) for account in found}


def _count(figures: dict[str, Decimal], pocket: str, amount: Decimal) -> None:
    for name, sign in FIGURES[pocket]:
        figures[name] += sign * amount


def _figures(stored: dict[str, Decimal], terms: Terms) -> Figures:
    is_frozen = terms.is_own_credit_dormant or terms.is_own_credit_replaced
    return Figures(**stored, is_own_line_frozen=is_frozen)
