"""Filters that staff keep under a name: saved again under the same name, it is replaced."""

from datetime import datetime
from typing import Any

from ..models import SavedFilter


def keep(
    *, owner: Any, of: str, name: str, query: str, is_shared: bool, at: datetime
) -> SavedFilter:
    """Keep a filter of a list ("billing.bill") for its owner."""
    values = {"query": query, "is_shared": is_shared, "saved_at": at}
    saved, _ = SavedFilter.objects.update_or_create(owner=owner, of=of, name=name, defaults=values)
    return saved


def forget(saved: SavedFilter) -> None:
    """Forget it, also for the colleagues it was shared with."""
    saved.delete()
