"""What people look for, as conditions that an index serves: no search reads a whole large table.

An admin's `search_fields` say what is searched, this module says how: accounts are found first and
their rows by the foreign key; a unique number by its start, as typed and in capitals and small
letters; "=" means the whole text, "^" its start, anything else a part of it (small tables only).
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import CharField, Field, Model, Q, QuerySet

from ..models import Account, Identity

MOST_ACCOUNTS = 1000  # with more, the term says nothing yet: any of them


def accounts(term: str) -> QuerySet:
    """Accounts by the start of their number, part of their name, or of the verified one."""
    persons = Identity.objects.filter(legal_name__icontains=term).values_list("pk", flat=True)
    named = Q(number__istartswith=term) | Q(name__icontains=term)
    keys = list(persons.order_by()[:MOST_ACCOUNTS])
    return Account.objects.filter(named | Q(identity__in=keys))


def account_keys(term: str) -> list[int]:
    """Their keys; those of one number only, where somebody typed a whole one."""
    whole = list(Account.objects.filter(number=term).values_list("pk", flat=True))
    return whole or some_keys(term)


def some_keys(term: str) -> list[int]:
    """Keys of all that fit, up to a limit. In no order: an order would be walked, not the index."""
    return list(accounts(term).order_by().values_list("pk", flat=True)[:MOST_ACCOUNTS])


def starts(column: str, term: str) -> Q:
    """The start of a text, whichever case its numbers are written in."""
    return any_of(Q(**{f"{column}__startswith": form}) for form in _cases(term))


def any_of(conditions: Iterable[Q]) -> Q:
    """Either of them; none of none."""
    return reduce(or_, conditions, Q(pk__in=[]))


def search(rows: QuerySet, term: str, fields: Sequence[str]) -> QuerySet:
    """The rows that the term fits, by the search fields of an admin. All, without a term."""
    term = term.strip()
    if not term:
        return rows
    if rows.model is Account:
        return rows.filter(pk__in=accounts(term).order_by())
    columns = {name: _account_column(rows.model, name.lstrip("=^")) for name in fields}
    keys = account_keys(term) if any(columns.values()) else []
    owned = [Q(**{f"{column}__in": keys}) for column in sorted(set(columns.values()) - {""})]
    own = [_own(rows.model, name, term) for name, column in columns.items() if not column]
    return rows.filter(any_of([*owned, *own]))


def _cases(term: str) -> list[str]:
    return sorted({term, term.upper(), term.lower()})


def _account_column(model: type[Model], path: str) -> str:
    """ "payer" for "payer__number" and "payer__name"; "" where the path names no account."""
    column = path.rpartition("__")[0]
    return column if column and _target(model, column) is Account else ""


def _target(model: type[Model], path: str) -> Any:
    found: Any = model
    for name in path.split("__"):
        found = found._meta.get_field(name).related_model
    return found


def _own(model: type[Model], name: str, term: str) -> Q:
    if name.startswith("="):
        return Q(**{name[1:]: term})
    if name.startswith("^") or _is_number(model, name):
        return starts(name.lstrip("^"), term)
    return Q(**{f"{name}__icontains": term})


def _is_number(model: type[Model], name: str) -> bool:
    try:
        field: Field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False  # a path
    return isinstance(field, CharField) and field.unique
