"""What the search over everything finds on this floor (settings.SEARCHES)."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.finding import starts
from finance_mgmt.admin.search import MOST_EACH, Found, keys_of, number_of, said
from finance_mgmt.money import plain

from ..models import (
    Bill,
    Charge,
    Commitment,
    Coupon,
    Order,
    Product,
    Resource,
    UsageRecord,
    Voucher,
)
from ..queries.bills import by_reference, reference_of
from . import lookup

LAST_BILLS = 3


def bills(request: HttpRequest, term: str) -> Iterable[Found]:
    """By what they are called ("HQ-2024-05"), or the last ones of a payer."""
    if not request.user.has_perm("billing.view_bill"):
        return
    named = by_reference(term)
    last = Bill.objects.filter(payer__in=keys_of(request, term)).select_related("payer")
    for bill in [named] if named else last.order_by("-month", "payer")[:LAST_BILLS]:
        total = f"{plain(bill.total, 2)} {bill.currency}"
        yield Found(
            reference_of(bill),
            said(_("Bill"), bill.payer.name, total, bill.get_status_display()),
            display.page_of(Bill, bill.pk),
            "request_quote",
            bill == named,
        )


def orders(request: HttpRequest, term: str) -> Iterable[Found]:
    """By the start of their number, or their whole resource."""
    if not request.user.has_perm("billing.view_order"):
        return
    rows = Order.objects.filter(starts("number", term) | Q(resource_code=term))
    for row in rows.select_related("owner", "product").order_by("number")[:MOST_EACH]:
        state = row.get_status_display()
        yield Found(
            row.number,
            said(_("Order"), row.owner.name, row.product.name, state),
            display.page_of(Order, row.pk),
            "shopping_cart",
            row.number == term,
        )


def charges(request: HttpRequest, term: str) -> Iterable[Found]:
    """One by its number; all of a resource as one line."""
    if not request.user.has_perm("billing.view_charge"):
        return
    own = Charge.objects.filter(pk=number_of(term)).select_related("owner", "product")
    for row in own if number_of(term) is not None else ():
        what = row.product.name if row.product else row.reason
        amount = f"{plain(row.payable_amount, 2)} {row.currency}"
        yield Found(
            _("Charge %(number)s") % {"number": row.pk},
            said(row.owner.name, Truncator(what).chars(60), amount),
            display.page_of(Charge, row.pk),
            "receipt",
            True,
        )
    if Charge.objects.filter(resource=term).exists():
        yield Found(
            term, _("All charges of this resource"), display.list_of(Charge, q=term), "receipt"
        )


def resources(request: HttpRequest, term: str) -> Iterable[Found]:
    """By their whole code."""
    if not request.user.has_perm("billing.view_resource"):
        return
    rows = Resource.objects.filter(code=term).select_related("account", "product")
    for row in rows.order_by("-id")[:MOST_EACH]:
        yield Found(
            row.code,
            said(_("Resource"), row.account.name, row.product.name, row.get_status_display()),
            display.page_of(Resource, row.pk),
            "dns",
            True,
        )


def records(request: HttpRequest, term: str) -> Iterable[Found]:
    """Usage by its whole key."""
    if not request.user.has_perm("billing.view_usagerecord"):
        return
    rows = UsageRecord.objects.filter(lookup.with_key(term)).select_related("owner", "product")
    for row in rows.order_by("-id")[:MOST_EACH]:
        yield Found(
            row.key,
            said(_("Usage record"), row.owner.name, row.product.name),
            display.page_of(UsageRecord, row.pk),
            "speed",
            True,
        )


def cover(request: HttpRequest, term: str) -> Iterable[Found]:
    """Vouchers, coupons, commitments and products, by the start of their code."""
    kinds: tuple[tuple[type, Any, str, Callable[[Any], str]], ...] = (
        (Voucher, _("Voucher"), "redeem", lambda row: row.owner.name),
        (Coupon, _("Coupon"), "content_cut", lambda row: row.owner.name),
        (Commitment, _("Commitment"), "savings", lambda row: row.owner.name),
        (Product, _("Product"), "category", lambda row: row.name),
    )
    for model, kind, icon, name in kinds:
        if request.user.has_perm(f"billing.view_{model._meta.model_name}"):
            rows = model.objects.filter(starts("code", term)).order_by("code")[:MOST_EACH]
            if model is not Product:
                rows = rows.select_related("owner")
            for row in rows:
                link = display.page_of(model, row.pk)
                yield Found(row.code, said(kind, name(row)), link, icon, row.code == term)
