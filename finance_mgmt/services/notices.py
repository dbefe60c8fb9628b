"""Telling accounts: rows in the money's own transaction, delivered afterwards (W4)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..enums import NoticeKind
from ..models import Notice, Outgoing
from ..money import plain


def tell(
    recipients: Iterable[int],
    *,
    kind: NoticeKind,
    about: int,
    at: datetime,
    threshold: Decimal | None = None,
    facts: Mapping[str, Any] | None = None,
) -> list[Notice]:
    """Write one notice per recipient, and that it has to go out (services/deliveries.py).

    `about` is the account that it concerns.
    """
    said = {
        name: plain(value, 2) if isinstance(value, Decimal) else value
        for name, value in (facts or {}).items()
    }
    told = Notice.objects.bulk_create(
        Notice(kind=kind, to_id=to, about_id=about, threshold=threshold, facts=said, at=at)
        for to in recipients
    )
    Outgoing.objects.bulk_create(Outgoing(notice=notice) for notice in told)
    return told
