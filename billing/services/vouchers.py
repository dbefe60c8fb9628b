"""Vouchers: promotional money of one owner (V1-V4)."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from finance_mgmt import queries as ground
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Decision
from finance_mgmt.money import exact
from finance_mgmt.services import decisions

from ..enums import VoucherShare
from ..models import Family, Product, Voucher, VoucherSharing
from .usage import first_open_instant


class VoucherRefused(FinanceError):
    """The voucher would be unusable or ambiguous. None was issued."""

    code = "voucher_refused"
    example = Reason("V1", "code_taken", "Voucher code SPRING is taken.", {"code": "SPRING"})


@transaction.atomic
def issue(
    *,
    code: str,
    owner: Account,
    face_value: Decimal,
    products: Collection[Product] = (),
    families: Collection[Family] = (),
    minimum_spend: Decimal = Decimal(0),
    valid_from: datetime | None = None,
    expires_at: datetime | None = None,
    share: VoucherShare | None = None,
    members: Collection[Account] = (),
    key: str,
    by: str,
    at: datetime,
) -> Voucher:
    """Give an owner promotional money in its own currency (V1).

    No products and no families: it pays for everything. `share` is the policy's default where it
    is None (V3); only `listed_members` names members. The same key returns the first voucher.
    Raises VoucherRefused with every reason.
    """
    share = VoucherShare(share or ground.policy().default_voucher_share)
    facts = {
        "code": code,
        "owner": owner.number,
        "face_value": face_value,
        "products": sorted(product.code for product in products),
        "families": sorted(family.code for family in families),
        "minimum_spend": minimum_spend,
        "valid_from": valid_from,
        "expires_at": expires_at,
        "share": share,
        "members": sorted(member.number for member in members),
    }
    decision, is_new = decisions.record(verb="vouchers.issue", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Voucher.objects.get(decision=decision)
    reasons = [
        *_wrong_amounts(face_value, minimum_spend),
        *_wrong_validity(valid_from, expires_at),
        *_wrong_share(share, members),
    ]
    if Voucher.objects.filter(code=code).exists():
        reasons.append(Reason("V1", "code_taken", f"Voucher code {code} is taken.", {"code": code}))
    if reasons:
        raise VoucherRefused(reasons)
    voucher = Voucher.objects.create(
        code=code,
        owner=owner,
        face_value=face_value,
        remaining=face_value,
        minimum_spend=minimum_spend,
        valid_from=valid_from,
        expires_at=expires_at,
        share=share,
        issued_at=at,
        decision=decision,
    )
    voucher.products.set(products)
    voucher.families.set(families)
    voucher.members.set(members)
    _note_sharing(voucher, members, min(valid_from or at, at), decision)
    return voucher


@transaction.atomic
def share(
    *,
    voucher: Voucher,
    share: VoucherShare,
    members: Collection[Account] = (),
    key: str,
    by: str,
    at: datetime,
) -> Voucher:
    """Say who else may use the voucher from now on (V3). Raises VoucherRefused, KeyReused.

    It counts for orders paid, and for cycles that start, from now on: cycles in progress, and late
    usage of earlier ones, go by what held at their start (C1, C2).
    """
    numbers = sorted(member.number for member in members)
    facts = {"voucher": voucher.code, "share": str(share), "members": numbers}
    decision, is_new = decisions.record(verb="vouchers.share", facts=facts, key=key, by=by, at=at)
    since = first_open_instant(at)
    locked = Voucher.objects.select_for_update().get(pk=voucher.pk)
    if is_new:
        if reasons := _wrong_share(VoucherShare(share), members):
            raise VoucherRefused(reasons)
        locked.share = share
        locked.save(update_fields=["share"])
        locked.members.set(members)
        _note_sharing(locked, members, since, decision)
    return locked


def _note_sharing(
    voucher: Voucher, members: Collection[Account], since: datetime, decision: Decision
) -> None:
    VoucherSharing.objects.create(
        voucher=voucher,
        share=voucher.share,
        members=sorted(member.pk for member in members),
        since=since,
        decision=decision,
    )


def _wrong_amounts(face_value: Decimal, minimum_spend: Decimal) -> list[Reason]:
    reasons = []
    if not _fits(face_value) or face_value <= 0:
        text = "The face value must be above 0, with at most 18 decimals."
        reasons.append(Reason("V1", "bad_face_value", text, {"face_value": face_value}))
    if not _fits(minimum_spend) or minimum_spend < 0:
        text = "The minimum spend must be 0 or above, with at most 18 decimals."
        reasons.append(Reason("V1", "bad_minimum_spend", text, {"minimum_spend": minimum_spend}))
    return reasons


def _wrong_validity(valid_from: datetime | None, expires_at: datetime | None) -> list[Reason]:
    if valid_from is None or expires_at is None or valid_from < expires_at:
        return []
    text = "The voucher must expire after it begins to be valid."
    return [Reason("V1", "bad_validity", text, {"expires_at": expires_at})]


def _wrong_share(share: VoucherShare, members: Collection[Account]) -> list[Reason]:
    if (share == VoucherShare.LISTED_MEMBERS) == bool(members):
        return []
    text = "Name members for the share scope 'listed members', and for no other."
    return [Reason("V3", "bad_share", text, {"share": str(share), "members": len(members)})]


def _fits(amount: Decimal) -> bool:
    return amount.is_finite() and amount.adjusted() < 20 and exact(amount) == amount
