"""What commitments cover of a charge, and in which order (K1-K4). Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache

from finance_mgmt.money import EXACT, ZERO, exact

from ..enums import CommitmentKind

HOUR = timedelta(hours=1)
_RANK = {str(kind): rank for rank, kind in enumerate(CommitmentKind)}


@dataclass
class Cover:
    """One commitment. `used` holds what each slot has given already: units, or list value.

    A slot is the charge's own cycle; of a savings plan it is an hour.
    """

    commitment: int
    code: str
    owner: int
    kind: str
    starts_at: datetime
    expires_at: datetime | None
    is_shared: bool  # as it was bought
    product: int | None = None
    families: frozenset[int] = field(default_factory=frozenset)
    quantity: Decimal = ZERO
    commit: Decimal = ZERO
    rate: Decimal = Decimal(1)
    used: dict[datetime, Decimal] = field(default_factory=dict)
    changes: tuple[tuple[datetime, bool], ...] = ()  # what its owner said since then, oldest first

    def is_shared_at(self, instant: datetime) -> bool:
        """Whether members have it, too, in a cycle that starts then (K2, C1)."""
        said = [is_shared for since, is_shared in self.changes if since <= instant]
        return said[-1] if said else self.is_shared

    @cached_property
    def per_slot(self) -> Decimal:
        """Units per cycle, or the list value that an hour of the plan covers (K1: c / r)."""
        if self.kind == CommitmentKind.SAVINGS_PLAN:
            return EXACT.divide(self.commit, self.rate)
        return self.quantity


@dataclass(frozen=True)
class Usage:
    """One charge to be covered: whose, of what, over which period, at which list price."""

    owner: int
    product: int
    family: int
    period_start: datetime
    period_end: datetime
    hour_start: datetime  # of the hour that contains the period's start, in the billing zone
    quantity: Decimal
    list_amount: Decimal


@dataclass(frozen=True)
class Covered:
    """What one commitment covered of one charge."""

    commitment: int
    quantity: Decimal
    amount: Decimal


def cover(
    covers: Iterable[Cover], usage: Usage, price_of: Callable[[Decimal], Decimal]
) -> list[Covered]:
    """Cover a charge by reserved instance, capacity unit, plan; own first, then earliest expiry.

    `price_of(quantity)` is the list value of the first `quantity` units still uncovered at the
    end: what is covered is taken from the top. Uses up the slots of the commitments.
    """
    left_quantity, left_amount = usage.quantity, usage.list_amount
    found = []
    for one in sorted(covers, key=lambda one: _order(one, usage.owner)):
        if left_quantity <= ZERO or left_amount <= ZERO or not _applies(one, usage):
            continue
        if one.kind == CommitmentKind.SAVINGS_PLAN:
            amount = _take_hours(one, usage, left_amount)
            share = EXACT.divide(amount, left_amount)
            quantity = left_quantity if amount == left_amount else exact(left_quantity * share)
        else:
            quantity = _take_slot(one, usage.period_start, left_quantity)
            amount = left_amount - price_of(left_quantity - quantity) if quantity else ZERO
        if quantity > ZERO:  # too little to be a quantity is not covered
            found.append(Covered(one.commitment, quantity, amount))
            left_quantity -= quantity
            left_amount -= amount
    return found


def _applies(one: Cover, usage: Usage) -> bool:
    if usage.owner != one.owner and not one.is_shared_at(usage.period_start):
        return False
    if usage.period_start < one.starts_at:
        return False
    if one.expires_at is not None and usage.period_start >= one.expires_at:
        return False
    if one.kind == CommitmentKind.RESERVED_INSTANCE:
        return usage.product == one.product
    return not one.families or usage.family in one.families


def _take_slot(one: Cover, slot: datetime, wanted: Decimal) -> Decimal:
    used = one.used.get(slot, ZERO)
    taken = min(one.per_slot - used, wanted)
    if taken <= ZERO:
        return ZERO
    one.used[slot] = used + taken
    return taken


def _take_hours(one: Cover, usage: Usage, wanted: Decimal) -> Decimal:
    """A longer cycle takes what its hours have left, a shorter one shares its hour (K1)."""
    until = usage.period_end if one.expires_at is None else min(usage.period_end, one.expires_at)
    taken = ZERO
    for hour in _hours(usage.hour_start, until):
        if taken >= wanted:
            break
        if one.used.get(hour) != one.per_slot:  # most are used up before most charges
            taken += _take_slot(one, hour, wanted - taken)
    return exact(taken)


@lru_cache(maxsize=1_000)
def _hours(start: datetime, until: datetime) -> tuple[datetime, ...]:
    """The hours that begin from one instant until before another, found once for many charges."""
    return tuple(start + number * HOUR for number in range(-((start - until) // HOUR)))


def _order(one: Cover, owner: int) -> tuple:
    never = one.expires_at is None
    expiry = one.expires_at.timestamp() if one.expires_at else 0
    return (_RANK[one.kind], one.owner != owner, never, expiry, one.commitment)
