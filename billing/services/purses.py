"""Vouchers, locked and as the rules see them; and what is left of them afterwards."""

from collections import defaultdict
from collections.abc import Collection

from django.db import connection

from ..models import Voucher, VoucherSharing
from ..rules.vouchers import Purse, Sharing

_WRITE_REMAINING = """
UPDATE billing_voucher voucher SET remaining = rest.remaining
FROM unnest(%s::bigint[], %s::numeric[]) AS rest (voucher_id, remaining)
WHERE voucher.id = rest.voucher_id AND voucher.remaining <> rest.remaining
"""


def lock_purses(owners: Collection[int]) -> list[Purse]:
    """Lock the vouchers of these accounts that have something left, in key order."""
    rows = (
        Voucher.objects.select_for_update()
        .filter(owner_id__in=owners, remaining__gt=0)
        .order_by("pk")
    )
    ids = [row.pk for row in rows]
    scopes = {
        name: _by_voucher(getattr(Voucher, name).through, column, ids)
        for name, column in (("products", "product_id"), ("families", "family_id"))
    }
    said = _sharings(ids)
    return [
        Purse(
            voucher=row.pk,
            code=row.code,
            owner=row.owner_id,
            remaining=row.remaining,
            issued_at=row.issued_at,
            valid_from=row.valid_from or row.issued_at,
            expires_at=row.expires_at,
            minimum_spend=row.minimum_spend,
            share=said[row.pk][0].share,
            members=said[row.pk][0].members,
            changes=tuple(said[row.pk][1:]),
            **{name: found.get(row.pk, frozenset()) for name, found in scopes.items()},
        )
        for row in rows
    ]


def write_remaining(purses: Collection[Purse]) -> None:
    """Store what is left of each voucher after drawing."""
    columns = [purse.voucher for purse in purses], [purse.remaining for purse in purses]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_REMAINING, columns)


def _sharings(ids: list[int]) -> dict[int, list[Sharing]]:
    found: dict[int, list[Sharing]] = defaultdict(list)
    for row in VoucherSharing.objects.filter(voucher_id__in=ids).order_by("since", "pk"):
        found[row.voucher_id].append(Sharing(row.since, row.share, frozenset(row.members)))
    return found


def _by_voucher(through: type, column: str, ids: list[int]) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    pairs = through.objects.filter(voucher_id__in=ids).values_list("voucher_id", column)  # type: ignore[attr-defined]
    for voucher, other in pairs:
        found.setdefault(voucher, set()).add(other)
    return {voucher: frozenset(others) for voucher, others in found.items()}
