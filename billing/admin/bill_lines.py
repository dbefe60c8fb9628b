"""The lines of a bill, by member: sums at once, lines when they are asked for.

A bill may have a million lines of thousands of members. Each list below walks the index on
(payer, billing_month, owner) from where the last page ended, and stops when its page is full.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Panel, Part
from finance_mgmt.models import Account

from ..models import Bill, Charge, Product
from ..queries.bills import lines_of

MEMBERS_PER_PAGE = 50
LINES_PER_PAGE = 50
NO_PRODUCT = 0  # in addresses: adjustments may be for none

SUMS = {
    "lines": Count("pk"),
    "listed": Sum("list_amount"),
    "less": Sum("list_amount") - Sum("payable_amount"),
    "payable": Sum("payable_amount"),
}


def members(request: HttpRequest, bill: Bill) -> Panel:
    """One section per owner: the payer's own lines first, then its members by account."""
    after, wanted = request.GET.get("after", ""), request.GET.get("member", "").strip()
    rows = lines_of(bill)
    first = after.isdecimal()
    page = _members_after(rows.exclude(owner=bill.payer_id), int(after) if first else 0, wanted)
    own = [] if first or wanted else _summed(rows.filter(owner=bill.payer_id))
    shown = page[:MEMBERS_PER_PAGE]
    names = Account.objects.in_bulk([row["owner"] for row in own + shown])
    return Part(
        title=_("Lines by member"),
        anchor="lines",
        name="admin/parts/bill_members.html",
        context={
            "bill": bill,
            "wanted": wanted,
            "is_first": not first,
            "sections": [_section(bill, row, names[row["owner"]]) for row in own + shown],
            "later": _later(shown[-1]["owner"], wanted) if len(page) > MEMBERS_PER_PAGE else "",
        },
    )


def _members_after(rows: QuerySet[Charge], after: int, wanted: str) -> list[dict[str, Any]]:
    if wanted:
        fitting = Account.objects.filter(number__istartswith=wanted)[:MEMBERS_PER_PAGE]
        rows = rows.filter(owner__in=[account.pk for account in fitting])
    return _summed(rows.filter(owner__gt=after))


def _summed(rows: QuerySet[Charge]) -> list[dict[str, Any]]:
    return list(rows.values("owner").annotate(**SUMS).order_by("owner")[: MEMBERS_PER_PAGE + 1])


def _later(owner: int, wanted: str) -> str:
    query = QueryDict(mutable=True)
    query["after"] = str(owner)
    if wanted:
        query["member"] = wanted
    return f"?{query.urlencode()}#lines"


def _section(bill: Bill, row: dict[str, Any], owner: Account) -> dict[str, Any]:
    return {
        "owner": display.name(owner),
        "is_own": owner.pk == bill.payer_id,
        "lines": display.count(row["lines"]),
        "listed": display.amount(row["listed"], bill.currency, shows_currency=False),
        "less": display.amount(-row["less"], bill.currency, shows_currency=False),
        "payable": display.amount(row["payable"], bill.currency),
        "url": reverse("admin:billing_bill_member", args=[bill.pk, owner.pk]),
    }


def member(request: HttpRequest, model_admin: Any, pk: int, owner: int) -> HttpResponse:
    """The products of one owner on a bill, with their sums."""
    bill = _bill(request, model_admin, pk)
    rows = lines_of(bill).filter(owner=owner)
    sums = list(rows.values("product").annotate(**SUMS).order_by("product")[:LINES_PER_PAGE])
    products = Product.objects.in_bulk([row["product"] for row in sums if row["product"]])
    context = {
        "rows": [
            {
                "product": products.get(row["product"]),
                "lines": display.count(row["lines"]),
                "listed": display.amount(row["listed"], bill.currency, shows_currency=False),
                "less": display.amount(-row["less"], bill.currency, shows_currency=False),
                "payable": display.amount(row["payable"], bill.currency),
                "url": reverse(
                    "admin:billing_bill_lines", args=[pk, owner, row["product"] or NO_PRODUCT]
                ),
            }
            for row in sums
        ],
        "account": display.page_of(Account, owner),
        "all_lines": display.list_of(
            Charge,
            payer__id__exact=bill.payer_id,
            owner__id__exact=owner,
            month=f"{bill.month:%Y-%m}",
        ),
        "is_cut": len(sums) == LINES_PER_PAGE,
    }
    return render(request, "admin/parts/bill_member.html", context)


def lines(
    request: HttpRequest, model_admin: Any, pk: int, owner: int, product: int
) -> HttpResponse:
    """The single lines, in the order of their periods, a page at a time."""
    bill = _bill(request, model_admin, pk)
    rows = lines_of(bill).filter(owner=owner, product=product or None)
    asked = request.GET.get("from", "")
    start = int(asked) if asked.isdecimal() else 0
    rows = rows.select_related("product").order_by("period_start", "id")
    found = list(rows[start : start + LINES_PER_PAGE + 1])
    here = reverse("admin:billing_bill_lines", args=[pk, owner, product])
    context = {
        "rows": [_line(charge) for charge in found[:LINES_PER_PAGE]],
        "is_first": start == 0,
        "later": f"{here}?from={start + LINES_PER_PAGE}" if len(found) > LINES_PER_PAGE else "",
    }
    return render(request, "admin/parts/bill_lines.html", context)


def _line(charge: Charge) -> dict[str, Any]:
    less = charge.payable_amount - charge.list_amount
    return {
        "charge": display.link(charge, f"#{charge.pk}"),
        "period": display.span(charge.period_start, charge.period_end),
        "resource": charge.resource,
        "is_late": charge.is_late,
        "kind": "" if charge.kind == "usage" else charge.get_kind_display(),
        "quantity": display.quantity(
            charge.quantity, charge.product.unit if charge.product else ""
        ),
        "listed": display.amount(charge.list_amount, charge.currency, shows_currency=False),
        "less": display.amount(less, charge.currency, shows_currency=False),
        "payable": display.amount(charge.payable_amount, charge.currency),
    }


def _bill(request: HttpRequest, model_admin: Any, pk: int) -> Bill:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    return get_object_or_404(Bill.objects.select_related("payer"), pk=pk)
