"""Sealing the trail of decisions into a hash chain, and proving it unbroken (Z8)."""

import hashlib
import json
from datetime import datetime

from django.db import connection, transaction

from ..models import Decision, Seal

FIRST = "0" * 64
MOST = 5_000
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('trail', 0))"


@transaction.atomic
def seal(*, at: datetime) -> int:
    """Seal decisions that have no seal yet, oldest first. Returns how many. Safe to repeat.

    Runs beside the commands, not in them: a chain in the commands would make each wait for all.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK)
    last = Seal.objects.order_by("-position").first()
    before, position = (last.hash, last.position) if last else (FIRST, 0)
    seals = []
    for decision in Decision.objects.filter(seal__isnull=True).order_by("id")[:MOST]:
        before, position = _hash(decision, before), position + 1
        seals.append(Seal(position=position, decision=decision, hash=before, sealed_at=at))
    Seal.objects.bulk_create(seals)
    return len(seals)


def broken() -> list[str]:
    """The first place where the chain does not hold, as a sentence; none: it is unbroken.

    For `verify_ledger`. A decision changed, taken away or slipped in breaks every later link.
    """
    before, expected = FIRST, 1
    links = Seal.objects.select_related("decision").order_by("position")
    for link in links.iterator(chunk_size=2_000):
        if link.position != expected:
            return [f"The trail is broken: seal {expected} is missing."]
        expected += 1
        before = _hash(link.decision, before)
        if link.hash != before:
            return [f"The trail is broken at decision {link.decision_id} ({link.decision})."]
    return []


def head() -> str:
    """The newest hash: note it outside, to notice later if the end of the chain was cut off."""
    last = Seal.objects.order_by("-position").first()
    return last.hash if last else FIRST


def _hash(decision: Decision, before: str) -> str:
    said = [
        before,
        decision.pk,
        decision.key,
        decision.verb,
        decision.facts,
        decision.by,
        decision.at.isoformat(),
    ]
    text = json.dumps(said, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
