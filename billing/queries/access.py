"""What an actor may see of this floor now, on top of finance_mgmt/queries/access.py (Z3-Z6).

Bills and charges follow the payer: a trusteeship member sees neither its master's bill nor a cost
allocation (B4), unless the policy shows members what they used. Orders, resources and usage
follow the owner; whoever paid an order goes on seeing it.
"""

from typing import Any, TypeVar

from django.db.models import Model, Prefetch, Q, QuerySet

from finance_mgmt.models import Account
from finance_mgmt.queries import policy
from finance_mgmt.queries.access import Actor

from ..models import (
    Bill,
    Charge,
    ClosedThrough,
    Commitment,
    Coupon,
    Discount,
    Family,
    Order,
    Price,
    Product,
    Resource,
    Settlement,
    Source,
    Threshold,
    UsageImport,
    UsageRecord,
    Voucher,
)

Row = TypeVar("Row", bound=Model)

_SCOPES = ("products", "families")


def bills(actor: Actor) -> QuerySet[Bill]:
    """Bills of payers whose bills the actor may see."""
    rows = Bill.objects.select_related("payer", "carried_from")
    return rows if actor.sight is None else rows.filter(payer__in=actor.sight.bills)


def charges(actor: Actor) -> QuerySet[Charge]:
    """Lines of those bills, billed or not yet; with showback on, what the account used (B4)."""
    rows = Charge.objects.select_related("owner", "payer", "product", "order")
    if actor.sight is None:
        return rows
    seen = Q(payer__in=actor.sight.bills)
    if policy().showback:
        seen |= Q(owner=actor.sight.account)
    return rows.filter(seen)


def settlements(actor: Actor) -> QuerySet[Settlement]:
    """What lowered those bills, and what the account itself paid for others (S2)."""
    rows = Settlement.objects.select_related("bill__payer", "paid_by")
    if actor.sight is None:
        return rows
    return rows.filter(Q(bill__payer__in=actor.sight.bills) | Q(paid_by=actor.sight.account))


def orders(actor: Actor) -> QuerySet[Order]:
    """Orders of accounts whose consumption the actor may see, and those it paid."""
    rows = Order.objects.select_related("owner", "payer", "product", "resource", "coupon")
    if actor.sight is None:
        return rows
    return rows.filter(Q(owner__in=actor.sight.consumption) | Q(payer=actor.sight.account))


def resources(actor: Actor) -> QuerySet[Resource]:
    """Resources of accounts whose consumption the actor may see."""
    return _of_consumers(Resource.objects.select_related("account", "product"), actor, "account")


def usage(actor: Actor) -> QuerySet[UsageRecord]:
    """Usage of accounts whose consumption the actor may see."""
    rows = UsageRecord.objects.select_related("owner", "product", "source")
    return _of_consumers(rows, actor, "owner")


def discounts(actor: Actor) -> QuerySet[Discount]:
    """The account's own contract prices."""
    return _own(Discount.objects.select_related("owner", "product", "family"), actor)


def vouchers(actor: Actor) -> QuerySet[Voucher]:
    """The account's own vouchers."""
    members = Prefetch("members", Account.objects.order_by("number"))
    rows = Voucher.objects.select_related("owner").prefetch_related(*_SCOPES, members)
    return _own(rows, actor)


def coupons(actor: Actor) -> QuerySet[Coupon]:
    """The account's own coupons."""
    rows = Coupon.objects.select_related("owner", "order").prefetch_related(*_SCOPES)
    return _own(rows, actor)


def commitments(actor: Actor) -> QuerySet[Commitment]:
    """The account's own commitments."""
    rows = Commitment.objects.select_related("owner", "product").prefetch_related("families")
    return _own(rows, actor)


def families(actor: Actor) -> QuerySet[Family]:
    """Product families: for everybody who signed in."""
    return Family.objects.all()


def products(actor: Actor) -> QuerySet[Product]:
    """The catalogue: for everybody who signed in."""
    return Product.objects.select_related("family")


def prices(actor: Actor) -> QuerySet[Price]:
    """List prices: for everybody who signed in."""
    return Price.objects.select_related("product")


def sources(actor: Actor) -> QuerySet[Source]:
    """Where usage comes from: for staff."""
    return Source.objects.all() if actor.is_staff else Source.objects.none()


def imports(actor: Actor) -> QuerySet[UsageImport]:
    """Files of usage: for staff."""
    rows = UsageImport.objects.select_related("run")
    return rows if actor.is_staff else rows.none()


def closing(actor: Actor) -> QuerySet[ClosedThrough]:
    """How far the books are closed: for staff."""
    return ClosedThrough.objects.all() if actor.is_staff else ClosedThrough.objects.none()


def _of_consumers(rows: QuerySet[Row], actor: Actor, column: str) -> QuerySet[Row]:
    if actor.sight is None:
        return rows
    seen: dict[str, Any] = {f"{column}__in": actor.sight.consumption}
    return rows.filter(**seen)


def _own(rows: QuerySet[Row], actor: Actor) -> QuerySet[Row]:
    return rows if actor.account is None else rows.filter(owner=actor.account)


def thresholds(actor: Actor) -> QuerySet[Threshold]:
    """Thresholds of accounts whose finances the actor may see."""
    rows = Threshold.objects.select_related("account")
    return rows if actor.sight is None else rows.filter(account__in=actor.sight.finances)
