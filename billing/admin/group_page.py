"""The page of one group: a row per member, charts, and what can be done with it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from finance_mgmt import periods
from finance_mgmt import queries as ground
from finance_mgmt.admin import display
from finance_mgmt.admin.base import Command, ReadOnlyAdmin
from finance_mgmt.admin.command_pages import url as command_url
from finance_mgmt.admin.panels import Pager, Panel
from finance_mgmt.clock import now
from finance_mgmt.enums import Mode
from finance_mgmt.models import Account, Relationship
from finance_mgmt.money import ZERO

from ..models import Bill
from ..queries import group, sums
from . import group_charts, group_members

ADDRESS = "billing_bill_group"
NEEDS = ("finance_mgmt.view_account", "billing.view_bill", "billing.view_charge")
MONTHS_SHOWN = 12


@dataclass(frozen=True)
class Group:
    """What all parts of the page know: the master, its members, and what they cost."""

    master: Account
    at: datetime
    month: date
    seats: list[group.Seat]
    months: tuple[date, ...]  # the last ones, this one last
    last_bill: Bill | None
    spend: sums.Spend
    shown: list[group.Seat]  # the members of one page
    pager: Pager

    @property
    def accounts(self) -> tuple[int, ...]:
        """The master and its members."""
        return (self.master.pk, *(seat.account for seat in self.seats))

    def spent(self, seat: group.Seat) -> Decimal:
        """What the member cost this month."""
        return self.spend.of(seat.account, self.month)


def urls(model_admin: ReadOnlyAdmin) -> list[URLPattern]:
    """The address of the page."""

    def view(request: HttpRequest, pk: int) -> HttpResponse:
        require(request)
        master = get_object_or_404(Account.objects.select_related("funds"), pk=pk)
        return _page(request, model_admin, master)

    return [model_admin.own_url("groups/<int:pk>/", view, ADDRESS)]


def require(request: HttpRequest) -> None:
    """Pages about groups are for who may see accounts, bills and charges."""
    if not request.user.has_perms(NEEDS):
        raise PermissionDenied


def address(master: int) -> str:
    """Where the group of a master is shown."""
    return reverse(f"admin:{ADDRESS}", args=[master])


def account_links(request: HttpRequest, account: Account) -> list[Command]:
    """For settings.ACCOUNT_LINKS: the way there from the page of a master."""
    if not request.user.has_perms(NEEDS):
        return []
    links = Relationship.objects.filter(ground.in_force(now()), master=account)
    button = Command(_("Customer group"), address(account.pk), "groups", is_page=True)
    return [button] if links.exists() else []


def _page(request: HttpRequest, model_admin: ReadOnlyAdmin, master: Account) -> HttpResponse:
    found = _read(request, master, now())
    context = {
        "heading": format_html(
            '{} <span class="bo-number">{} {}</span>',
            _("Customer group"),
            master.number,
            master.name,
        ),
        "title": _("Customer group"),
        "opts": Account._meta,  # it stands below the accounts
        "commands": _commands(request, found),
        "panels": _panels(request, found),
    }
    return model_admin.page(request, master, context)


def _read(request: HttpRequest, master: Account, at: datetime) -> Group:
    month = periods.month_of(at, ground.policy().zone)
    months = group.last_months(month, MONTHS_SHOWN)
    bill = group.last_bills([master.pk]).get(master.pk)
    seats = group.roster(master.pk, at)

    def spend(**of: Collection[Any]) -> sums.Spend:
        accounts = [master.pk, *(seat.account for seat in seats)]
        largest = group_charts.NAMED
        return sums.spend(accounts, since=months[0], until=month, count=largest, **of)

    if group_members.is_sorted_by_spend(request):  # who is on the page hangs on all of them
        found = spend(owners=[master.pk], whole=[month, bill.month] if bill else [month])
        shown, pager = group_members.page(
            request, seats, lambda seat: found.of(seat.account, month)
        )
    else:
        shown, pager = group_members.page(request, seats, lambda seat: ZERO)
        found = spend(owners=[master.pk, *(seat.account for seat in shown)])
    return Group(master, at, month, seats, months, bill, found, shown, pager)


def _panels(request: HttpRequest, found: Group) -> list[Panel]:
    makers: Sequence[Callable[..., Panel]] = (
        group_charts.tiles,
        group_members.search,
        group_members.table,
        group_charts.over_time,
        group_charts.by_product,
        group_charts.credit,
        group_charts.saved,
    )
    return [make(request, found) for make in makers]


def _commands(request: HttpRequest, of: Group) -> list[Command]:
    """The account, what can be done with its credit, and what upper floors offer."""
    master = of.master
    found = [Command(_("Account"), display.page_of(Account, master.pk), "apartment")]
    may_allocate = request.user.has_perms(["finance_mgmt.allocate", "finance_mgmt.reclaim"])
    if may_allocate and any(seat.mode == Mode.MANAGEMENT for seat in of.seats):
        url = command_url(master, "allocate")
        found.append(Command(_("Allocate credit"), url, "share", is_primary=True))
    for path in settings.ACCOUNT_LINKS:
        links = import_string(path)
        if links is not account_links:
            found += links(request, master)
    return found
