"""All groups: a row per master with members in force."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.translation import gettext as _

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.admin import display
from finance_mgmt.admin.base import ReadOnlyAdmin
from finance_mgmt.admin.panels import Column, Panel, Part, Table, paged
from finance_mgmt.clock import now
from finance_mgmt.enums import Mode
from finance_mgmt.models import Account, Relationship
from finance_mgmt.rules.credit import Figures

from ..models import Charge
from ..queries import sums
from . import group_page

ADDRESS = "billing_bill_groups"


def urls(model_admin: ReadOnlyAdmin) -> list[URLPattern]:
    """The address of the page."""

    def view(request: HttpRequest) -> HttpResponse:
        group_page.require(request)
        context = {
            "heading": _("Groups"),
            "title": _("Groups"),
            "panels": [_search(request), _table(request)],
        }
        return model_admin.page(request, None, context)

    return [model_admin.own_url("groups/", view, ADDRESS), *group_page.urls(model_admin)]


def _search(request: HttpRequest) -> Panel:
    context = {"query": request.GET.get("q", "")}
    return Part(name="admin/parts/member_search.html", context=context)


def _table(request: HttpRequest) -> Panel:
    at = now()
    rows, pager = paged(request, _masters(request.GET.get("q", "").strip()), "members")
    ids = [row["master"] for row in rows]
    masters = Account.objects.in_bulk(ids)
    figures = ground.figures_of(ids, at)
    month = periods.month_of(at, ground.policy().zone)
    sums_of_month = sums.of_payers(ids, [month])
    paid = {payer: amount for (payer, _month), amount in sums_of_month.items()}
    return Table(
        title=_("Masters"),
        anchor="members",
        columns=[
            Column(_("master")),
            Column(Mode.TRUSTEESHIP.label, True),
            Column(Mode.MANAGEMENT.label, True),
            Column(_("pays, month to date"), True),
            Column(_("credit used"), True),
            Column(_("allocated"), True),
            Column(_("available"), True),
        ],
        rows=[
            [
                _group(masters[row["master"]]),
                _members(masters[row["master"]], row["in_trusteeship"]),
                _members(masters[row["master"]], row["members"] - row["in_trusteeship"]),
                *_money(masters[row["master"]], paid, figures[row["master"]], f"{month:%Y-%m}"),
            ]
            for row in rows
        ],
        pager=pager,
        empty=_("No master has members."),
    )


def _masters(wanted: str) -> Any:
    at = now()
    links = Relationship.objects.filter(ground.in_force(at))
    if wanted:
        links = links.filter(
            Q(master__number__icontains=wanted) | Q(master__name__icontains=wanted)
        )
    in_trusteeship = Q(mode=Mode.TRUSTEESHIP, trusteeship_from__lte=at)
    counted = links.values("master").annotate(
        number=F("master__number"),
        members=Count("pk"),
        in_trusteeship=Count("pk", filter=in_trusteeship),
    )
    return counted.order_by("number")


def _members(master: Account, count: int) -> Any:
    url = f"{group_page.address(master.pk)}#members"
    return format_html('<a class="bo-link" href="{}">{}</a>', url, display.count(count))


def _money(
    master: Account, paid: dict[int, Decimal], figures: Figures, month: str
) -> Iterator[Any]:
    """Each with the rows it is made of."""
    account = display.page_of(Account, master.pk)
    charges = display.list_of(Charge, payer__id__exact=master.pk, month=month)
    for amount, url in (
        (paid.get(master.pk), charges),
        (figures.used, f"{account}#funds"),
        (figures.allocated_out, f"{group_page.address(master.pk)}#members"),
        (figures.available, f"{account}#funds"),
    ):
        shown = display.amount(amount, master.currency)
        yield shown if amount is None else format_html('<a href="{}">{}</a>', url, shown)


def _group(master: Account) -> Any:
    said = '<a class="bo-link bo-account" href="{}">{} <span class="bo-name">{}</span></a>'
    return format_html(said, group_page.address(master.pk), master.number, master.name)
