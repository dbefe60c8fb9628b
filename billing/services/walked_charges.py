"""Charges that are walked one by one: covered by commitments, paid by vouchers, priced in steps.

The close does all others in one statement. The order of the walk is the order of drawing (K3).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Sum

from finance_mgmt import periods
from finance_mgmt.enums import Cycle
from finance_mgmt.models import Relationship
from finance_mgmt.models.relationships import DATED_STATES
from finance_mgmt.money import ZERO

from ..enums import ChargeKind
from ..models import Charge, Commitment, Coverage, Discount, Price, Voucher, VoucherDraw
from ..queries.explanations import used_in
from ..rules import coverage, discounts, pricing, vouchers
from . import close_sql
from .covers import lock_covers, write_uses
from .purses import lock_purses, write_remaining


@dataclass(frozen=True)
class Group:
    """One row of close_sql.WALKED: usage of one owner, product, resource and charge period."""

    owner: int
    payer: int
    discounts_of: int
    relationship: int | None
    in_trusteeship: bool
    keeps_own_discount: bool
    product: int
    product_code: str
    family: int
    resource: str
    period_start: datetime
    period_end: datetime
    billing_month: date
    quantity: Decimal
    priced_quantity: Decimal | None
    given_amount: Decimal
    unit_price: Decimal | None
    tiers: str | None  # JSON, as the driver hands it over
    record: int | None
    is_late: bool
    reason: str
    currency: str

    @property
    def steps(self) -> list[list[str]]:
        """The graduated steps of the price."""
        return json.loads(self.tiers or "[]")

    @property
    def benefits_of(self) -> int:
        """Whose vouchers pay: the user's own for flagged families, else the payer's (V4, D2)."""
        return self.owner if self.keeps_own_discount else self.payer


def walked(owners: Collection[int]) -> tuple[list[int], list[int]]:
    """Owners whose usage may meet commitments or vouchers, and products priced in steps."""
    links = Relationship.objects.filter(member_id__in=owners, state__in=DATED_STATES)
    masters = defaultdict(set)
    for member, master in links.values_list("member_id", "master_id"):
        masters[member].add(master)
    concerned = set(owners).union(*masters.values())
    rich = set(
        Commitment.objects.filter(owner_id__in=concerned).values_list("owner_id", flat=True)
    ) | set(
        Voucher.objects.filter(owner_id__in=concerned, remaining__gt=0).values_list(
            "owner_id", flat=True
        )
    )
    found = [owner for owner in owners if owner in rich or masters[owner] & rich]
    stepped = Price.objects.exclude(tiers=[]).values_list("product_id", flat=True).distinct()
    return found, list(stepped)


class Walk:
    """One walk over the groups of a step, with everything they may draw from, locked."""

    def __init__(self, facts: dict[str, Any], zone: ZoneInfo) -> None:
        self.step, self.zone = facts["step"], zone
        with connection.cursor() as cursor:
            cursor.execute(close_sql.WALKED, facts)
            self.groups = [Group(*row) for row in cursor.fetchall()]
        accounts = {one for g in self.groups for one in (g.owner, g.payer, g.discounts_of)}
        self.purses = lock_purses(accounts) if accounts else []
        self.covers = lock_covers(accounts, self._earliest_slot())
        self.offers = _offers(accounts)
        self.quantities = _quantities(self.groups, zone)
        self.covered: list[tuple[Charge, list[coverage.Covered]]] = []
        self.drawn: list[tuple[Charge, dict[int, Decimal]]] = []

    def _earliest_slot(self) -> datetime | None:
        starts = [group.period_start for group in self.groups]
        return periods.containing(min(starts), Cycle.HOUR, self.zone).start if starts else None

    @property
    def lacks_prices(self) -> bool:
        """Whether a group would be charged at no price at all (P1)."""
        return any(g.priced_quantity is not None and g.unit_price is None for g in self.groups)

    def write(self) -> list[tuple[int, int, str, int, Decimal]]:
        """Write the charges and all they drew. Returns the sums by payer and owner."""
        charges = Charge.objects.bulk_create([self._charge(group) for group in self.groups])
        VoucherDraw.objects.bulk_create(
            VoucherDraw(charge=charge, voucher_id=voucher, amount=amount)
            for charge, drawn in self.drawn
            for voucher, amount in drawn.items()
        )
        Coverage.objects.bulk_create(
            Coverage(
                charge=charge,
                commitment_id=one.commitment,
                quantity=one.quantity,
                amount=one.amount,
            )
            for charge, covered in self.covered
            for one in covered
        )
        write_remaining(self.purses)
        write_uses(self.covers)
        return _sums(charges)

    def _charge(self, group: Group) -> Charge:
        price = _price(group)
        used = group.owner, group.product, periods.billing_month(group.period_end, self.zone)
        before = self.quantities[used]
        priced = group.priced_quantity or ZERO
        listed = price.value(priced, before) if price else ZERO
        self.quantities[used] += priced
        covered = []
        if price is not None:
            covered = self._cover(group, priced, listed, price, before)
        covered_amount = sum((one.amount for one in covered), ZERO)
        uncovered = group.given_amount + listed - covered_amount
        rest = group.quantity - sum((one.quantity for one in covered), ZERO)
        discount, after = discounts.best(self._offers_for(group), uncovered, rest)
        drawn, tried = self._draw(group, after)
        paid = sum(drawn.values(), ZERO)
        charge = Charge(
            kind=ChargeKind.USAGE,
            owner_id=group.owner,
            payer_id=group.payer,
            product_id=group.product,
            resource=group.resource,
            period_start=group.period_start,
            period_end=group.period_end,
            billing_month=group.billing_month,
            quantity=group.quantity,
            unit_price=group.unit_price,
            list_amount=group.given_amount + listed,
            covered_amount=covered_amount,
            discount_amount=uncovered - after,
            voucher_amount=paid,
            payable_amount=after - paid,
            currency=group.currency,
            relationship_id=group.relationship,
            discount_id=discount,
            record_id=group.record,
            is_late=group.is_late,
            reason=group.reason,
            explanation={"vouchers": tried} if tried else None,
            step_id=self.step,
        )
        self.covered.append((charge, covered))
        self.drawn.append((charge, drawn))
        return charge

    def _cover(
        self,
        group: Group,
        quantity: Decimal,
        listed: Decimal,
        price: pricing.ListPrice,
        before: Decimal,
    ) -> list[coverage.Covered]:
        owners = {group.owner, group.payer}  # its own, then what the master shares (K1)
        covers = [one for one in self.covers if one.owner in owners]
        if not covers or listed <= ZERO:
            return []
        usage = coverage.Usage(
            owner=group.owner,
            product=group.product,
            family=group.family,
            period_start=group.period_start,
            period_end=group.period_end,
            hour_start=periods.containing(group.period_start, Cycle.HOUR, self.zone).start,
            quantity=quantity,
            list_amount=listed,
        )
        return coverage.cover(covers, usage, lambda units: price.value(units, before))

    def _draw(
        self, group: Group, amount: Decimal
    ) -> tuple[dict[int, Decimal], list[dict[str, str]]]:
        purses = [purse for purse in self.purses if purse.owner == group.benefits_of]
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
            discounts.Offer(row.pk, row.rate, row.fixed_price)
            for row in self.offers[group.discounts_of]
            if row.product_id in (None, group.product)
            and row.family_id in (None, group.family)
            and (row.valid_from is None or row.valid_from <= group.period_start)
            and (row.valid_until is None or row.valid_until > group.period_start)
            and (row.fixed_price is None or group.priced_quantity == group.quantity)
        ]


def _price(group: Group) -> pricing.ListPrice | None:
    if group.unit_price is None:
        return None
    return pricing.ListPrice(group.unit_price, pricing.steps_of(group.steps))


def _offers(accounts: Collection[int]) -> dict[int, list[Discount]]:
    found: dict[int, list[Discount]] = defaultdict(list)
    for row in Discount.objects.filter(owner_id__in=accounts):
        found[row.owner_id].append(row)
    return found


def _quantities(groups: Collection[Group], zone: ZoneInfo) -> dict[tuple[int, int, date], Decimal]:
    """What owners used of stepped products in their months before this walk (P1).

    The month is that of the charge period, for late records too: wherever they are billed, they
    are priced as if they had come in time (C4, C6).
    """
    found: dict[tuple[int, int, date], Decimal] = defaultdict(lambda: ZERO)
    stepped = [g for g in groups if g.steps]
    if not stepped:
        return found
    owners, products = {g.owner for g in stepped}, {g.product for g in stepped}
    months = {periods.billing_month(g.period_end, zone) for g in stepped}
    for month in months:
        rows = Charge.objects.filter(
            kind=ChargeKind.USAGE,
            unit_price__isnull=False,
            owner__in=owners,
            product__in=products,
            **used_in(month, zone),
        ).order_by()
        for row in rows.values("owner", "product").annotate(sum=Sum("quantity")):
            found[row["owner"], row["product"], month] = row["sum"]
    since = min(months) - timedelta(days=1)  # a zone's month may begin on the day before, in UTC
    with connection.cursor() as cursor:
        cursor.execute(close_sql.GIVEN_IN_PRICED, [list(owners), list(products), since])
        for owner, product, month, given in cursor.fetchall():
            found[owner, product, month] -= given
    return found


def _sums(charges: Iterable[Charge]) -> list[tuple[int, int, str, int, Decimal]]:
    found: dict[tuple[int, int, str], tuple[int, Decimal]] = defaultdict(lambda: (0, ZERO))
    for charge in charges:
        key = (charge.payer_id, charge.owner_id, charge.currency)
        count, amount = found[key]
        found[key] = (count + 1, amount + charge.payable_amount)
    return [(*key, count, amount) for key, (count, amount) in sorted(found.items())]
