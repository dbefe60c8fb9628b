"""Products of a scenario: opened without a price book (P1)."""

from datetime import datetime

from django.db import transaction

from billing.models import Family, Product
from finance_mgmt.services import decisions


@transaction.atomic
def open_product(
    *,
    code: str,
    family: str,
    cycle: str,
    keeps_own_discount: bool,
    key: str,
    by: str,
    at: datetime,
) -> Product:
    """Open a product, and its family if that is new. `cycle` "": prepaid only."""
    facts = {
        "code": code,
        "family": family,
        "cycle": cycle,
        "keeps_own_discount": keeps_own_discount,
    }
    decisions.record(verb="stock.open_product", facts=facts, key=key, by=by, at=at)
    group, _ = Family.objects.get_or_create(code=family, defaults={"name": family})
    return Product.objects.create(
        code=code, name=code, family=group, cycle=cycle, keeps_own_discount=keeps_own_discount
    )
