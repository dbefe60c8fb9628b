"""The rows of a list as a table: what its filters leave, with every column of the rows' own.

Values stand as they are, numbers as numbers; what only the list knows (a role, what is available)
follows as people read it there. Columns that a page hides (secrets) are in no file.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import reduce
from html import unescape
from itertools import islice
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from ..errors import FinanceError, Reason
from ..models import Account
from ..sheets.tables import Field, Kind, Sheet

ROWS_AT_ONCE = 500
NAMES = ("number", "code", "key", "username", "name", "legal_name")  # what names a row elsewhere
LOOKS = {
    models.DecimalField: (Kind.NUMBER, 20),
    models.IntegerField: (Kind.NUMBER, 12),
    models.DateTimeField: (Kind.INSTANT, 20),
    models.DateField: (Kind.DAY, 12),
}


class ListClosed(FinanceError):
    """Who asked for the list may not see it any more (Z6)."""

    code = "list_closed"


@dataclass(frozen=True)
class Column:
    """One column of the file: its field, and what a row has in it."""

    field: Field
    value: Callable[[Any], Any]
    relation: str = ""  # to be read along


@dataclass(frozen=True)
class Listed:
    """The rows of a list, as one person sees it, under its filters."""

    model_admin: Any
    rows: QuerySet

    def count(self) -> int:
        """How many there are."""
        return self.rows.order_by().count()

    def is_longer_than(self, limit: int) -> bool:
        """Without counting further."""
        return self.rows.order_by()[: limit + 1].count() > limit

    def sheet(self) -> Sheet:
        """The table. Its rows are read a few hundred at a time."""
        known = columns(self.model_admin)
        relations = sorted({column.relation for column in known if column.relation})
        rows = self.rows.select_related(*relations) if relations else self.rows
        title = str(capfirst(self.model_admin.opts.verbose_name_plural))
        return Sheet(title, [column.field for column in known], self._cells(rows, known))

    def _cells(self, rows: QuerySet, known: Sequence[Column]) -> Iterator[list[Any]]:
        stream = rows.iterator(chunk_size=ROWS_AT_ONCE)
        while some := list(islice(stream, ROWS_AT_ONCE)):
            if fill := getattr(self.model_admin, "fill", None):
                fill(some)
            for row in some:
                yield [column.value(row) for column in known]


def listed(model_admin: Any, request: HttpRequest) -> Listed:
    """What the list's filters, search and order leave. May raise IncorrectLookupParameters."""
    found = model_admin.get_changelist_instance(request)
    return Listed(model_admin, found.get_queryset(request))


def rows_of(of: str, query: str, user: int) -> Listed:
    """The same for a worker (settings.LIST_ROWS). Raises ListClosed."""
    model = apps.get_model(of)
    model_admin = admin.site.get_model_admin(model)
    address = reverse(f"admin:{of.replace('.', '_')}_changelist")
    request = HttpRequest()
    request.method, request.path, request.GET = "GET", address, QueryDict(query)
    request.user = get_user_model().objects.get(pk=user)
    if not (request.user.is_active and request.user.is_staff) or not (
        model_admin.has_view_permission(request)
    ):
        message = _("Who asked for this file may not see the list any more. Nothing was written.")
        raise ListClosed(Reason("Z6", "list_closed", message, {"list": of, "user": user}))
    return listed(model_admin, request)


def columns(model_admin: Any) -> list[Column]:
    """All columns of the file: the row's own, then what only the list has."""
    hidden = getattr(model_admin, "hidden_fields", ())
    fields = [field for field in model_admin.opts.fields if field.name not in hidden]
    own = [column for field in fields for column in _own(field)]
    own += _currency(model_admin.opts, fields)
    names = {column.field.heading.lower() for column in own}
    more = [_listed(model_admin, name) for name in model_admin.list_display if name not in hidden]
    return _told_apart(
        [*own, *(one for one in more if one and one.field.heading.lower() not in names)]
    )


def _told_apart(known: Sequence[Column]) -> list[Column]:
    """A heading that stands twice (a coupon, and what it took off) is numbered."""
    seen: Counter[str] = Counter()
    found = []
    for column in known:
        seen[column.field.heading] += 1
        number = seen[column.field.heading]
        heading = column.field.heading if number == 1 else f"{column.field.heading} {number}"
        found.append(replace(column, field=replace(column.field, heading=heading)))
    return found


def _own(field: models.Field) -> list[Column]:
    heading = str(capfirst(field.verbose_name))
    if not isinstance(field, models.ForeignKey):
        return [_plain(heading, field, field.name)]
    target = field.related_model
    if target is Account:
        name = Field(_("%(column)s: name") % {"column": heading}, width=28)
        return [
            Column(Field(heading), lambda row: _at(row, f"{field.name}__number"), field.name),
            Column(name, lambda row: _at(row, f"{field.name}__name"), field.name),
        ]
    known = {one.name for one in target._meta.fields}
    called = next((name for name in NAMES if name in known), "")
    path = f"{field.name}__{called}" if called else field.attname
    relation = field.name if called else ""
    return [Column(Field(heading, width=20), lambda row: _text(_at(row, path)), relation)]


def _plain(heading: str, field: models.Field, path: str) -> Column:
    relation = path.rpartition("__")[0]
    if field.choices:
        words = dict(field.flatchoices)
        return Column(Field(heading), lambda row: _word(words, _at(row, path)), relation)
    for kind, (look, width) in LOOKS.items():
        if isinstance(field, kind):
            return Column(Field(heading, look, width), lambda row: _value(_at(row, path)), relation)
    width = 14 if (field.max_length or 200) < 100 else 28
    return Column(Field(heading, width=width), lambda row: _text(_at(row, path)), relation)


def _currency(opts: Any, fields: Sequence[models.Field]) -> list[Column]:
    """In what the amounts are, where the row says it by its account only."""
    amounts = any(isinstance(field, models.DecimalField) for field in fields)
    accounts = [field.name for field in fields if field.related_model is Account]
    if not amounts or not accounts or any(field.name == "currency" for field in fields):
        return []
    path = f"{accounts[0]}__currency"
    return [Column(Field(_("Currency"), width=10), lambda row: _at(row, path), accounts[0])]


def _listed(model_admin: Any, name: str) -> Column | None:
    """A column that only the list has; None for one that is a field of the row."""
    method = getattr(model_admin, name, None)
    if not callable(method):
        return None
    path = str(getattr(method, "admin_order_field", None) or "").lstrip("-")
    field = _field(model_admin.model, path) if path else None
    if field is not None and "__" not in path:
        return None
    heading = str(capfirst(label_for_field(name, model_admin.model, model_admin)))
    if field is not None:
        relation = _own_relation(model_admin.model, path)
        return None if relation is Account else _plain(heading, field, path)
    look = Field(heading, Kind.NUMBER, 18) if name.endswith("_amount") else Field(heading, width=22)
    read = _number if look.kind == Kind.NUMBER else _shown
    return Column(look, lambda row: read(lookup_field(name, row, model_admin)[2]))


def _own_relation(model: type[Model], path: str) -> Any:
    return model._meta.get_field(path.partition("__")[0]).related_model


def _field(model: type[Model], path: str) -> models.Field | None:
    found: Any = model
    try:
        for name in path.split("__"):
            field = found._meta.get_field(name)
            found = field.related_model
    except (FieldDoesNotExist, AttributeError):
        return None
    return field if isinstance(field, models.Field) else None


def _at(row: Any, path: str) -> Any:
    # What another row would point here with (the order of a coupon) may not be there at all.
    return reduce(lambda found, name: getattr(found, name, None), path.split("__"), row)


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None)
    return value


def _word(words: dict[Any, Any], value: Any) -> str:
    return "" if value is None else str(words.get(value, value))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def _shown(html: Any) -> str:
    return " ".join(unescape(strip_tags(str(html if html is not None else ""))).split())


def _number(html: Any) -> Decimal | None:
    """The amount in a cell of the list; nothing where it shows a dash."""
    first = _shown(html).partition(" ")[0].replace(",", "")
    try:
        return Decimal(first)
    except InvalidOperation:
        return None
