"""Commitments, locked and as the rules see them; and what is used of them afterwards."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal

from finance_mgmt.money import ZERO

from ..models import Commitment, CommitmentSharing, CoverUse
from ..rules import coverage


def lock_covers(accounts: Collection[int], since: datetime) -> list[coverage.Cover]:
    """Lock the commitments of these accounts, with what each slot since then has given."""
    rows = list(Commitment.objects.select_for_update().filter(owner_id__in=accounts).order_by("pk"))
    families = _families([row.pk for row in rows])
    said: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    sharings = CommitmentSharing.objects.filter(commitment__owner_id__in=accounts)
    for one in sharings.order_by("since", "pk"):
        said[one.commitment_id].append((one.since, one.is_shared))
    found = {
        row.pk: coverage.Cover(
            commitment=row.pk,
            code=row.code,
            owner=row.owner_id,
            kind=row.kind,
            starts_at=row.starts_at,
            expires_at=row.expires_at,
            is_shared=said[row.pk][0][1],
            changes=tuple(said[row.pk][1:]),
            product=row.product_id,
            families=frozenset(families[row.pk]),
            quantity=row.quantity or ZERO,
            commit=row.commit_amount or ZERO,
            rate=row.rate or Decimal(1),
        )
        for row in rows
    }
    for use in CoverUse.objects.filter(commitment_id__in=found, slot_start__gte=since):
        found[use.commitment_id].used[use.slot_start] = use.used
    return list(found.values())


def _families(commitments: list[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    pairs = Commitment.families.through.objects.filter(commitment_id__in=commitments)
    for commitment, family in pairs.values_list("commitment_id", "family_id"):
        found[commitment].append(family)
    return found


def write_uses(covers: Iterable[coverage.Cover]) -> None:
    """Store how much of each slot is used."""
    CoverUse.objects.bulk_create(
        (
            CoverUse(commitment_id=one.commitment, slot_start=slot, used=used)
            for one in covers
            for slot, used in one.used.items()
        ),
        update_conflicts=True,
        unique_fields=["commitment", "slot_start"],
        update_fields=["used"],
    )
