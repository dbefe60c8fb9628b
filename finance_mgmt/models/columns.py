"""Column kinds used by every money table, and the triggers that keep facts unedited."""

from typing import Any

import pgtrigger
from django.db import models

NO_TRUNCATE = (
    "IF current_setting('app.allow_truncate', true) = 'on' THEN RETURN NULL; END IF; "
    "RAISE EXCEPTION 'append only: rows of % are never removed', TG_TABLE_NAME;"
)


def exact_amount(**options: Any) -> models.DecimalField:
    """Quantities, unit prices and charge amounts: NUMERIC(38,18), never rounded to cents (B3)."""
    return models.DecimalField(max_digits=38, decimal_places=18, **options)


def money_amount(**options: Any) -> models.DecimalField:
    """Funds and bill totals, in the currency's minor unit (at most 3 decimals)."""
    return models.DecimalField(max_digits=20, decimal_places=3, **options)


def append_only() -> list[pgtrigger.Trigger]:
    """Triggers for a table whose rows are never changed nor removed, by anybody."""
    return [
        pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
        pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
        pgtrigger.Trigger(
            name="never_truncated",
            level=pgtrigger.Statement,
            when=pgtrigger.Before,
            operation=pgtrigger.Truncate,
            func=NO_TRUNCATE,
        ),
    ]
