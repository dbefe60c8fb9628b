"""What holds of every row, whatever was done before: invariants of RELIABILITY 4 in plain words.

Each says it once more, in another way than the product: by loops over rows, without its rules and
without its queries. Most look at the rows that came since the last step only.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import connection
from django.db.models import F, Sum

from billing.models import Bill, Charge, Order, Refund, Resource, Settlement, Voucher, VoucherDraw
from billing.services import bills_sql
from finance_mgmt.models import Account, Decision, Funds, Grant, Relationship

CENT = Decimal("0.01")
ZERO = Decimal(0)


def links_in_force(at: datetime) -> dict[int, Relationship]:
    """The relationship of each member at the instant, from the dates alone."""
    rows = Relationship.objects.filter(
        state__in=["active", "change_pending", "ended"], effective_from__lte=at
    )
    return {
        row.member_id: row
        for row in rows
        if row.state == "change_pending" or row.effective_to is None or row.effective_to > at
    }


def is_trusteeship(link: Relationship | None, at: datetime) -> bool:
    """Whether the master pays for the member at the instant."""
    if link is None or link.mode == "management" or link.trusteeship_from is None:
        return False
    return link.trusteeship_from <= at


def credit_is_only_given_within_management(now: datetime) -> None:
    """I3: what masters gave away is what members have; nobody has any without `share_credit`."""
    given, had = Funds.objects.aggregate(a=Sum("allocated_out"), b=Sum("allocated_in")).values()
    assert given == had
    links = links_in_force(now)
    for funds in Funds.objects.filter(allocated_in__gt=0):
        link = links[funds.pk]
        powers = link.grants.filter(permission="share_credit", granted_until__isnull=True)
        assert (link.mode, powers.count()) == ("management", 1)


def powers_end_with_their_relationship(now: datetime) -> None:
    """Z1, Z5: no power is open where no management is in force."""
    open_powers = Grant.objects.filter(granted_until__isnull=True, held_by="master")
    assert list(open_powers.exclude(relationship__mode="management")) == []
    assert list(open_powers.exclude(relationship__state__in=["active", "change_pending"])) == []
    unified = Relationship.objects.filter(
        unified_settlement_from__isnull=False, state__in=["active", "change_pending"]
    )
    assert not any(is_trusteeship(link, now) and link.mode == "management" for link in unified)


def new_draws_were_allowed(draws: Iterable[VoucherDraw], now: datetime) -> None:
    """I15, V1-V4: its owner's or payer's voucher, shared with the user, valid, of the product."""
    for draw in draws:
        voucher, charge = draw.voucher, draw.charge
        whose = charge.owner_id if charge.product.keeps_own_discount else charge.payer_id
        assert voucher.owner_id == whose
        assert why_unusable(voucher, charge) == ""
        if charge.kind == "order":
            assert draw.amount % CENT == ZERO


def no_usable_voucher_was_left_out(charges: Iterable[Charge]) -> None:
    """V2, V4: what is still to be paid had no voucher left that could have paid it."""
    for charge in charges:
        if charge.kind not in ("usage", "order") or charge.payable_amount <= ZERO:
            continue
        whose = charge.owner_id if charge.product.keeps_own_discount else charge.payer_id
        for voucher in Voucher.objects.filter(owner=whose, remaining__gt=0):
            is_crumb = charge.kind == "order" and voucher.remaining < CENT
            assert is_crumb or why_unusable(voucher, charge)


def why_unusable(voucher: Voucher, charge: Charge) -> str:
    """Why the voucher could not pay the charge, by V1, V3 and C1; empty: it could."""
    instant = charge.period_start
    if voucher.owner_id != charge.owner_id:
        told = Decision.objects.filter(verb="vouchers.share", facts__voucher=voucher.code)
        facts = (told.filter(at__lte=instant).order_by("pk").last() or voucher.decision).facts
        is_shared = {
            "private": False,
            "all_trusteeship_members": True,
            "listed_members": charge.owner.number in facts["members"],
        }[facts["share"]]
        if not is_shared:
            return "share"
    if instant < (voucher.valid_from or voucher.issued_at):
        return "too early"
    if voucher.expires_at is not None and instant >= voucher.expires_at:
        return "too late"
    products = set(voucher.products.values_list("pk", flat=True))
    families = set(voucher.families.values_list("pk", flat=True))
    if (products or families) and not (
        charge.product_id in products or charge.product.family_id in families
    ):
        return "scope"
    after_discount = charge.list_amount - charge.covered_amount - charge.discount_amount
    return "minimum" if after_discount < voucher.minimum_spend else ""


def new_charges_have_the_best_discount(charges: Iterable[Charge]) -> None:
    """D1, D2, C1: no discount of whom the terms name would have left less to pay."""
    for charge in charges:
        if charge.kind != "usage":
            continue
        whose = _discounts_of(charge)
        uncovered = charge.list_amount - charge.covered_amount
        assert charge.discount is None or charge.discount.owner_id == whose.pk
        best = uncovered
        for offer in whose.discounts.all():
            begun = offer.valid_from is None or offer.valid_from <= charge.period_start
            if begun and (offer.valid_until is None or charge.period_start < offer.valid_until):
                best = min(best, (uncovered * offer.rate), key=abs)
        left = uncovered - charge.discount_amount
        assert abs(left - best) <= Decimal("1E-18")


def _discounts_of(charge: Charge) -> Account:
    if charge.product.keeps_own_discount:
        return charge.owner
    at = charge.period_start
    link = links_in_force_then(charge.owner_id, at)
    if link is None:
        return charge.owner
    if is_trusteeship(link, at):
        return link.master
    shares = link.grants.filter(permission="share_discounts", granted_from__lte=at)
    held = [one for one in shares if one.granted_until is None or one.granted_until > at]
    return link.master if held else charge.owner


def links_in_force_then(member: int, at: datetime) -> Relationship | None:
    """The relationship that the member's charge of then was decided by."""
    return links_in_force(at).get(member)


def steps_telescope(product: int, unit_price: str, steps: list[tuple[str, str]]) -> None:
    """P1: however a month was cut, its list value is that of its whole quantity, per owner."""
    sums: dict[tuple, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    rows = Charge.objects.filter(kind="usage", product=product)
    for owner, month, quantity, listed in rows.values_list(
        "owner", "billing_month", "quantity", "list_amount"
    ):
        sums[owner, month][0] += quantity
        sums[owner, month][1] += listed
    for quantity, listed in sums.values():
        expected, floor, price = ZERO, ZERO, Decimal(unit_price)
        for start, next_price in steps:
            if quantity > Decimal(start):
                expected += (Decimal(start) - floor) * price
                floor, price = Decimal(start), Decimal(next_price)
        assert listed == expected + (quantity - floor) * price


def what_is_settled_and_open_was_billed() -> None:
    """I16: a bill's credit is what it still has open and what settled it."""
    for bill in Bill.objects.all():
        settled = bill.settlements.aggregate(sum=Sum("amount"))["sum"] or ZERO
        joined = Refund.objects.filter(
            charge__payer=bill.payer_id, charge__billing_month=bill.month
        ).values("decision")
        earlier = (
            Settlement.objects.filter(kind="refund", decision__in=joined)
            .exclude(bill=bill)
            .aggregate(sum=Sum("amount"))["sum"]
            or ZERO
        )
        assert bill.on_credit + earlier == bill.outstanding + settled
        assert (bill.status == "outstanding") == (bill.outstanding > ZERO)


def refunds_stay_below_their_orders() -> None:
    """I17: never more back than was paid, and to whoever paid."""
    assert not Order.objects.filter(refunded_amount__gt=F("payable_amount")).exists()
    assert not Refund.objects.exclude(charge__payer=F("order__payer")).exists()


def issued_bills_still_say_the_same() -> None:
    """I13: the content of every bill has the hash it had when it was issued."""
    for bill in Bill.objects.all():
        with connection.cursor() as cursor:
            cursor.execute(bills_sql.HASHES, {"payers": [bill.payer_id], "month": bill.month})
            found = dict(cursor.fetchall())
        assert found.get(bill.payer_id, bill.content_hash) == bill.content_hash


def the_group_sums_to_its_parts(accounts: Iterable[Account]) -> None:
    """I19: what owners cost is what payers owe; nobody pays for a stranger."""
    rows = Charge.objects.exclude(owner=F("payer"))
    links = set(
        Relationship.objects.filter(trusteeship_from__isnull=False).values_list("member", "master")
    )
    assert set(rows.values_list("owner", "payer")) - links == set()


def resources_are_as_the_funds_say(now: datetime, available_of) -> None:
    """R3: postpaid ones run exactly while whoever decides has 0 or more."""
    links = links_in_force(now)
    for resource in Resource.objects.exclude(status="released"):
        link = links.get(resource.account_id)
        decides = link.master if is_trusteeship(link, now) else resource.account
        is_spared = resource.kind == "prepaid" and resource.paid_until > now
        runs = is_spared or available_of(decides) >= ZERO
        assert resource.status == ("running" if runs else "suspended")
