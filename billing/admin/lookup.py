"""Search in the largest tables: only by what an index may serve."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from finance_mgmt.admin.finding import account_keys
from finance_mgmt.models import Account

from ..models import Source
from . import months

LONGEST_KEY = 18  # digits of a bigint


def charges(rows: QuerySet, term: str) -> QuerySet:
    """Charges by their own number, by the accounts of a number or name, or by a whole resource."""
    term = term.strip()
    if not term:
        return rows
    numbered = Q(pk=int(term)) if is_number(term) else Q(pk__in=[])
    if keys := account_keys(term):
        return rows.filter(Q(owner__in=keys) | _paid_by(keys) | numbered)
    return rows.filter(_of_resource(term) | numbered)


def usage(rows: QuerySet, term: str) -> QuerySet:
    """Records by their key, by the accounts of a number or name, or by a whole resource."""
    term = term.strip()
    if not term:
        return rows
    if keys := account_keys(term):
        return rows.filter(owner__in=keys)
    return rows.filter(_of_resource(term) | with_key(term))


def is_number(term: str) -> bool:
    """Whether the term may be the number of a row."""
    return term.isascii() and term.isdecimal() and len(term) <= LONGEST_KEY


def with_key(key: str) -> Q:
    """Rows by their key, whichever source it is of: the index begins with the source."""
    return Q(source__in=list(Source.objects.values_list("pk", flat=True)), key=key)


def _paid_by(keys: Sequence[int]) -> Q:
    """What these accounts pay: the index begins with the month."""
    return Q(billing_month__in=months.months(), payer__in=keys)


def _of_resource(term: str) -> Q:
    """A whole resource; or the start of one, after the number of its account."""
    number, _space, start = term.partition(" ")
    owner = Account.objects.filter(number=number).first() if start else None
    if owner:
        return Q(owner=owner, resource__startswith=start.strip())
    return Q(resource=term)
