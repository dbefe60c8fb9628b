"""Which vouchers pay how much of what, in which order, and why not (V1-V4, K4). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from finance_mgmt.money import ZERO, plain

from ..enums import VoucherShare


@dataclass(frozen=True)
class Sharing:
    """Since when who else may use a voucher (V3)."""

    since: datetime
    share: str
    members: frozenset[int] = frozenset()


@dataclass
class Purse:
    """One voucher as far as the rules look at it. `remaining` goes down as it is drawn."""

    voucher: int
    code: str
    owner: int
    remaining: Decimal
    issued_at: datetime
    valid_from: datetime | None = None
    expires_at: datetime | None = None
    minimum_spend: Decimal = ZERO
    products: frozenset[int] = field(default_factory=frozenset)
    families: frozenset[int] = field(default_factory=frozenset)
    share: str = VoucherShare.PRIVATE
    members: frozenset[int] = field(default_factory=frozenset)
    changes: tuple[Sharing, ...] = ()  # `share` and `members` are as issued; then, oldest first

    def is_shared_with(self, member: int, at: datetime) -> bool:
        """Whether it pays for this member what starts, or is bought, then (V3, C1, C2)."""
        share, members = self.share, self.members
        for change in self.changes:
            if change.since <= at:
                share, members = change.share, change.members
        if share == VoucherShare.LISTED_MEMBERS:
            return member in members
        return share == VoucherShare.ALL_MEMBERS


@dataclass(frozen=True)
class Purchase:
    """What is to be paid: whose, of what, how much after the discount, valid when."""

    owner: int
    product: int
    family: int
    amount: Decimal
    at: datetime


def refused(purse: Purse, purchase: Purchase) -> str:
    """Why this voucher can't pay this; empty: it can."""
    is_own = purse.owner == purchase.owner
    if not is_own and not purse.is_shared_with(purchase.owner, purchase.at):
        return "not_shared_with_the_owner"
    if purse.valid_from is not None and purchase.at < purse.valid_from:
        return "not_valid_yet"
    if purse.expires_at is not None and purchase.at >= purse.expires_at:
        return "expired"
    has_scope = bool(purse.products or purse.families)
    if has_scope and not (purchase.product in purse.products or purchase.family in purse.families):
        return "other_products"
    if purchase.amount < purse.minimum_spend:
        return "below_minimum_spend"
    if purse.remaining <= ZERO:
        return "used_up"
    return ""


def draw(
    purses: Iterable[Purse], purchase: Purchase, unit: Decimal | None = None
) -> tuple[dict[int, Decimal], list[dict[str, str]]]:
    """Draw vouchers until the purchase is paid or none is left. Lowers their `remaining`.

    Earliest expiry first, then the largest remaining, then the earliest issue (V2). With `unit`
    each draws whole units only, as an order's money does. Returns the amount by voucher, and for
    each voucher tried what it paid or why it was refused.
    """
    left = purchase.amount
    drawn: dict[int, Decimal] = {}
    tried = []
    for purse in sorted(purses, key=_order):
        why = refused(purse, purchase) or ("" if left > ZERO else "nothing_left_to_pay")
        amount = ZERO if why else min(purse.remaining, left)
        if unit is not None:
            amount -= amount % unit
        if amount > ZERO:
            drawn[purse.voucher] = amount
            purse.remaining -= amount
            left -= amount
        tried.append({"voucher": purse.code, "paid": plain(amount, 2), "refused": why})
    return drawn, tried


def _order(purse: Purse) -> tuple:
    never = purse.expires_at is None
    expiry = purse.expires_at.timestamp() if purse.expires_at else 0
    return (never, expiry, -purse.remaining, purse.issued_at, purse.voucher)
