"""Column kinds used by every money table, and the triggers that keep facts unedited."""

from typing import Any

import pgtrigger
from django.db import models

NO_TRUNCATE = (
    "IF current_setting('app.allow_truncate', true) = 'on' THEN RETURN NULL; END IF; "
    "RAISE EXCEPTION 'append only: rows of % are never removed', TG_TABLE_NAME;"
)


class NumberField(models.DecimalField):
    """A decimal that is a number, whoever writes it.

    A NUMERIC also takes NaN, which is greater than every number: it would pass each CHECK that an
    amount is above 0, and make every sum NaN. (Infinity is refused by the column's digits.)
    """

    def db_check(self, connection: Any) -> str:
        return f"{connection.ops.quote_name(self.column)} <> 'NaN'"


def guard_numbers(label: str) -> tuple[Any, Any]:
    """For migrations: add that check to the columns an app has, and take it away again.

    Django writes a field's own check where a column is made, not where it is altered. The names
    are those that PostgreSQL gives by itself.
    """

    def columns(apps: Any, editor: Any) -> Any:
        for model in apps.get_app_config(label).get_models():
            fields = [one for one in model._meta.local_fields if isinstance(one, NumberField)]
            names = [f"{model._meta.db_table}_{one.column}_check" for one in fields]
            if fields:
                yield model._meta.db_table, list(zip(fields, names, strict=True))

    def add(apps: Any, editor: Any) -> None:
        for table, found in columns(apps, editor):
            checks = [
                f'ADD CONSTRAINT "{name}" CHECK ({one.db_check(editor.connection)})'
                for one, name in found
            ]
            editor.execute(f'ALTER TABLE "{table}" {", ".join(checks)}', None)

    def take_away(apps: Any, editor: Any) -> None:
        for table, found in columns(apps, editor):
            drops = [f'DROP CONSTRAINT "{name}"' for _, name in found]
            editor.execute(f'ALTER TABLE "{table}" {", ".join(drops)}', None)

    return add, take_away


def exact_amount(**options: Any) -> models.DecimalField:
    """Quantities, unit prices and charge amounts: NUMERIC(38,18), never rounded to cents (B3)."""
    return NumberField(max_digits=38, decimal_places=18, **options)


def money_amount(**options: Any) -> models.DecimalField:
    """Funds and bill totals, in the currency's minor unit (at most 3 decimals)."""
    return NumberField(max_digits=20, decimal_places=3, **options)


def append_only() -> list[pgtrigger.Trigger]:
    """Triggers for a table whose rows are never changed nor removed, by anybody."""
    return [
        pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
        *never_removed(),
    ]


def never_removed() -> list[pgtrigger.Trigger]:
    """Triggers for a table whose rows stay, though some columns of theirs move on."""
    return [
        pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
        pgtrigger.Trigger(
            name="never_truncated",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=NO_TRUNCATE,
        ),
    ]
