"""Charges that are walked one by one: covered by commitments, paid by vouchers, priced in steps.

The close does all others in one statement. The order of the walk is the order of drawing (K3).
What many groups share (prices, offers, hours, whose cover) is found once and kept for the walk.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from finance_mgmt import periods
from finance_mgmt.enums import Cycle
from finance_mgmt.money import ZERO
from finance_mgmt.services import copied_rows

from ..models import Discount
from ..rules import coverage, discounts, pricing, vouchers
from .covers import lock_covers, write_uses
from .purses import lock_purses, write_remaining
from .walked_groups import Group, groups_to_walk, used_before

CHARGE_COLUMNS = (
    *("id", "kind", "owner_id", "payer_id", "product_id", "resource"),
    *("period_start", "period_end", "billing_month", "quantity", "unit_price", "list_amount"),
    *("covered_amount", "discount_amount", "voucher_amount", "payable_amount", "currency"),
    *("relationship_id", "discount_id", "record_id", "is_late", "reason", "explanation"),
    "step_id",
)


class Walk:
    """One walk over the groups of a step, with everything they may draw from, locked."""

    def __init__(self, facts: dict[str, Any], zone: ZoneInfo) -> None:
        self.step, self.zone, self.stepped = facts["step"], zone, set(facts["stepped_products"])
        self.groups = groups_to_walk(facts)
        accounts = {one for g in self.groups for one in (g.owner, g.payer, g.discounts_of)}
        self.purses = lock_purses(accounts) if accounts else []
        self.covers = lock_covers(accounts, self._earliest_slot()) if accounts else []
        self.purses_of = _by_owner(self.purses)
        self.covers_of = _by_owner(self.covers)
        self.offers = _offers(accounts)
        self.quantities = used_before(self.groups, self.stepped, zone)
        self.price_of = cache(_price)
        self.hour_of = cache(lambda start: periods.containing(start, Cycle.HOUR, zone).start)
        self.month_of = cache(lambda end: periods.billing_month(end, zone))
        self.covered: list[tuple] = []
        self.drawn: list[tuple] = []
        self.sums: dict[tuple[int, int, str], tuple[int, Decimal]] = defaultdict(lambda: (0, ZERO))

    def _earliest_slot(self) -> datetime:
        start = min(group.period_start for group in self.groups)
        return periods.containing(start, Cycle.HOUR, self.zone).start

    @property
    def lacks_prices(self) -> bool:
        """Whether a group would be charged at no price at all (P1)."""
        return any(g.priced_quantity is not None and g.unit_price is None for g in self.groups)

    def write(self) -> list[tuple[int, int, str, int, Decimal]]:
        """Write the charges and all they drew. Returns the sums by payer and owner."""
        charges = [self._charge(group) for group in self.groups]
        copied_rows.write("billing_charge", CHARGE_COLUMNS, charges)
        draw = ("charge_id", "voucher_id", "amount")
        copied_rows.write("billing_voucherdraw", draw, self.drawn)
        covered = ("charge_id", "commitment_id", "quantity", "amount")
        copied_rows.write("billing_coverage", covered, self.covered)
        write_remaining(self.purses)
        write_uses(self.covers)
        return [(*key, count, amount) for key, (count, amount) in sorted(self.sums.items())]

    def _charge(self, group: Group) -> tuple:
        """The row of a charge, in CHARGE_COLUMNS. Draws what pays it, and counts it in the sums."""
        priced, listed, covered = group.priced_quantity or ZERO, ZERO, []
        if group.unit_price is not None:
            before = self._count(group, priced)
            price = self.price_of(group.unit_price, group.tiers or "[]")
            listed = price.value(priced, before)
            covered = self._cover(group, priced, listed, price, before)
        covered_amount = sum((one.amount for one in covered), ZERO)
        uncovered = group.given_amount + listed - covered_amount
        rest = group.quantity - sum((one.quantity for one in covered), ZERO)
        discount, after = discounts.best(self._offers_for(group), uncovered, rest)
        drawn, tried = self._draw(group, after)
        paid = sum(drawn.values(), ZERO)
        self.covered += [(group.charge, o.commitment, o.quantity, o.amount) for o in covered]
        self.drawn += [(group.charge, *one) for one in drawn.items()]
        key = (group.payer, group.owner, group.currency)
        count, amount = self.sums[key]
        self.sums[key] = (count + 1, amount + after - paid)
        return (
            *(group.charge, "usage", group.owner, group.payer, group.product, group.resource),
            *(group.period_start, group.period_end, group.billing_month, group.quantity),
            *(group.unit_price, group.given_amount + listed, covered_amount, uncovered - after),
            *(paid, after - paid, group.currency, group.relationship, discount, group.record),
            *(group.is_late, group.reason, json.dumps({"vouchers": tried}) if tried else None),
            self.step,
        )

    def _count(self, group: Group, quantity: Decimal) -> Decimal:
        """What its owner used of a stepped product in the month before; counts this, too (P1)."""
        if group.product not in self.stepped:
            return ZERO
        used = group.owner, group.product, self.month_of(group.period_end)
        before = self.quantities[used]
        self.quantities[used] += quantity
        return before

    def _cover(
        self,
        group: Group,
        quantity: Decimal,
        listed: Decimal,
        price: pricing.ListPrice,
        before: Decimal,
    ) -> list[coverage.Covered]:
        # Its own, then what the master shares (K1).
        covers = self.covers_of[group.owner]
        if group.payer != group.owner:
            covers = covers + self.covers_of[group.payer]
        if not covers or listed <= ZERO:
            return []
        usage = coverage.Usage(
            owner=group.owner,
            product=group.product,
            family=group.family,
            period_start=group.period_start,
            period_end=group.period_end,
            hour_start=self.hour_of(group.period_start),
            quantity=quantity,
            list_amount=listed,
        )
        return coverage.cover(covers, usage, lambda units: price.value(units, before))

    def _draw(
        self, group: Group, amount: Decimal
    ) -> tuple[dict[int, Decimal], list[dict[str, str]]]:
        purses = self.purses_of[group.benefits_of]
        if not purses:
            return {}, []
        purchase = vouchers.Purchase(
            owner=group.owner,
            product=group.product,
            family=group.family,
            amount=amount,
            at=group.period_start,
        )
        return vouchers.draw(purses, purchase)

    def _offers_for(self, group: Group) -> list[discounts.Offer]:
        return [
            offer
            for row, offer in self.offers[group.discounts_of]
            if row.product_id in (None, group.product)
            and row.family_id in (None, group.family)
            and (row.valid_from is None or row.valid_from <= group.period_start)
            and (row.valid_until is None or row.valid_until > group.period_start)
            and (row.fixed_price is None or group.priced_quantity == group.quantity)
        ]


def _price(unit_price: Decimal, tiers: str) -> pricing.ListPrice:
    return pricing.ListPrice(unit_price, pricing.steps_of(json.loads(tiers)))


def _by_owner(found: Iterable[Any]) -> dict[int, list[Any]]:
    owned = defaultdict(list)
    for one in found:
        owned[one.owner].append(one)
    return owned


def _offers(accounts: Collection[int]) -> dict[int, list[tuple[Discount, discounts.Offer]]]:
    found: dict[int, list[tuple[Discount, discounts.Offer]]] = defaultdict(list)
    for row in Discount.objects.filter(owner_id__in=accounts):
        offer = discounts.Offer(row.pk, row.rate, row.fixed_price)
        found[row.owner_id].append((row, offer))
    return found
