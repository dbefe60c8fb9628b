"""Gapless numbers per series, from a locked counter row (I6)."""

from ..models import Series


def next_number(code: str) -> str:
    """Draw the next number; it is given back if the transaction fails. For example INV-000012."""
    Series.objects.bulk_create([Series(code=code)], ignore_conflicts=True)
    series = Series.objects.select_for_update().get(code=code)
    series.last_number += 1
    series.save(update_fields=["last_number"])
    return f"{code}-{series.last_number:06}"
