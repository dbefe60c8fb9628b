"""The members of a group, a page of 25: what each may spend, spends, and how long that lasts."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from finance_mgmt import queries as ground
from finance_mgmt.admin import display
from finance_mgmt.admin.command_pages import url as command_url
from finance_mgmt.admin.panels import Column, Pager, Panel, Part, Table, paged
from finance_mgmt.admin.relationships import mode_badge
from finance_mgmt.enums import Mode, RelationshipState
from finance_mgmt.models import Account, Cap, Relationship
from finance_mgmt.money import cut
from finance_mgmt.queries import parking
from finance_mgmt.rules.credit import Figures

from ..enums import BillStatus, ResourceStatus
from ..models import Bill, Charge, Resource
from ..queries.group import Seat, last_bills
from ..queries.paces import paces
from ..rules.runway import runway
from .group_charts import MEMBERS as ANCHOR
from .pace_words import lasts, pace_tone

if TYPE_CHECKING:
    from .group_page import Group

Spent = Callable[[Seat], Decimal]
SORTS: dict[str, Callable[[Seat, Spent], Any]] = {
    "number": lambda seat, spent: seat.number,
    "name": lambda seat, spent: (seat.name, seat.number),
    "mode": lambda seat, spent: (seat.mode, seat.number),
    "allocated": lambda seat, spent: (seat.allocated, seat.number),
    "used": lambda seat, spent: (seat.used, seat.number),
    "month": lambda seat, spent: (spent(seat), seat.number),
}


def search(request: HttpRequest, found: "Group") -> Panel:
    """Where a member is looked for by number or name."""
    return Part(
        name="admin/parts/member_search.html",
        context={
            "query": request.GET.get("q", ""),
            "sort": request.GET.get("sort", ""),
            "count": len(found.seats),
        },
    )


def is_sorted_by_spend(request: HttpRequest) -> bool:
    """Whether the order hangs on what every member cost this month."""
    return request.GET.get("sort", "").removeprefix("-") == "month"


def page(request: HttpRequest, seats: list[Seat], spent: Spent) -> tuple[list[Seat], Pager]:
    """The members that were asked for, in the order that was asked for: one page of them."""
    wanted = request.GET.get("q", "").strip().casefold()
    found = [
        seat for seat in seats if wanted in seat.number.casefold() or wanted in seat.name.casefold()
    ]
    sort = request.GET.get("sort", "")
    by = SORTS.get(sort.removeprefix("-"), SORTS["number"])
    found.sort(key=lambda seat: by(seat, spent), reverse=sort.startswith("-"))
    return paged(request, found, ANCHOR)


@dataclass
class _Shown:
    """What is read for the members of one page, in a fixed number of queries."""

    links: dict[int, Relationship]
    accounts: dict[int, Account]
    figures: dict[int, Figures]
    paces: dict[int, Decimal]
    bills: dict[int, Bill]
    caps: dict[int, Cap]
    past_due: set[int]
    suspended: dict[int, int]
    parked: set[int]


def _shown(found: "Group", seats: list[Seat]) -> _Shown:
    ids = [seat.account for seat in seats]
    master = found.master.pk
    pairs = [
        (seat.account, master if seat.mode == Mode.TRUSTEESHIP else seat.account) for seat in seats
    ]
    caps = Cap.objects.filter(
        relationship__in=[seat.relationship for seat in seats], since__lte=found.at
    )
    latest = caps.order_by("relationship_id", "-since", "-pk").distinct("relationship_id")
    open_bills = Bill.objects.filter(payer__in=ids, status=BillStatus.OUTSTANDING)
    stopped = Resource.objects.filter(account__in=ids, status=ResourceStatus.SUSPENDED)
    return _Shown(
        links=Relationship.objects.in_bulk([seat.relationship for seat in seats]),
        accounts=Account.objects.in_bulk(ids),
        figures=ground.figures_of(ids, found.at),
        paces=paces(pairs, found.at),
        bills=last_bills(ids),
        caps={cap.relationship_id: cap for cap in latest},
        past_due=set(
            open_bills.filter(due_on__lt=timezone.localdate(found.at)).values_list(
                "payer_id", flat=True
            )
        ),
        suspended=dict(stopped.order_by().values_list("account").annotate(resources=Count("pk"))),
        parked=set(
            parking.open_parkings().filter(account__in=ids).values_list("account_id", flat=True)
        ),
    )


def table(request: HttpRequest, found: "Group") -> Panel:
    """The page of members."""
    shown = _shown(found, found.shown)

    def column(name: str, label: Any, is_number: bool = False) -> Column:
        return Column(_sortable(request, name, label), is_number)

    return Table(
        title=_("Members"),
        note=_(
            "Members in trusteeship stop with the master's funds, not with their own (R3): what"
            " they may use is their cap, if any (F12)."
        ),
        anchor=ANCHOR,
        columns=[
            column("number", _("member")),
            column("mode", _("mode")),
            Column(_("limit or cap"), True),
            column("allocated", _("allocated"), True),
            column("used", _("used"), True),
            Column(_("available"), True),
            column("month", _("month to date"), True),
            Column(_("per day"), True),
            Column(_("days left"), True),
            Column(_("last bill"), True),
            Column(_("state")),
        ],
        rows=[_row(request, found, seat, shown) for seat in found.shown],
        pager=found.pager,
        empty=_("No member fits.") if found.seats else _("Nobody is linked to this master."),
    )


def _sortable(request: HttpRequest, name: str, label: Any) -> Any:
    """A heading that sorts by its column, and the other way round when clicked again."""
    now_sorted = request.GET.get("sort", "number")
    is_here = now_sorted.removeprefix("-") == name
    query = request.GET.copy()
    query.pop(ANCHOR, None)  # the first page of the new order
    query["sort"] = f"-{name}" if now_sorted == name else name
    arrow = ("↓" if now_sorted.startswith("-") else "↑") if is_here else ""
    said = '<a class="bo-sort" href="?{}#{}">{} {}</a>'
    return format_html(said, query.urlencode(), ANCHOR, capfirst(label), arrow)


def _row(request: HttpRequest, found: "Group", seat: Seat, shown: _Shown) -> list[Any]:
    currency = found.master.currency
    pace = shown.paces.get(seat.account)
    return [
        _member(seat, shown),
        _mode(request, seat, shown),
        *_money(found, seat, shown),
        _charges(found, seat, _amount(found.spent(seat), currency)),
        display.NOTHING if pace is None else _amount(cut(pace, currency), currency),
        _days_left(found, seat, shown),
        _last_bill(found, seat, shown),
        format_html("{}{}", _state(seat, shown), _actions(request, seat, shown)),
    ]


def _amount(value: Decimal | None, currency: str) -> Any:
    return display.amount(value, currency, shows_currency=False)


def _money(found: "Group", seat: Seat, shown: _Shown) -> list[Any]:
    """Limit or cap, allocated, used, available."""
    currency = found.master.currency
    if seat.mode == Mode.MANAGEMENT:
        figures = shown.figures[seat.account]
        values = (figures.effective_limit, seat.allocated, seat.used, figures.available)
        page = f"{display.page_of(Account, seat.account)}#funds"
        said = '<a class="bo-link" href="{}">{}</a>'
        return [format_html(said, page, _amount(value, currency)) for value in values]
    cap = shown.caps.get(seat.relationship)
    if cap is None or cap.amount is None:
        return [display.NOTHING] * 4
    kind = _("hard cap") if cap.is_hard else _("soft cap")
    spent = found.spent(seat)
    return [
        format_html('{}<span class="bo-under">{}</span>', _amount(cap.amount, currency), kind),
        display.NOTHING,
        _charges(found, seat, _amount(spent, currency)),
        _amount(cap.amount - spent, currency),
    ]


def _charges(found: "Group", seat: Seat, figure: Any) -> Any:
    """What the member cost this month, leading to those charges."""
    month = f"{found.month:%Y-%m}"
    return display.list_link(Charge, figure, owner__id__exact=seat.account, month=month)


def _days_left(found: "Group", seat: Seat, shown: _Shown) -> Any:
    pace = shown.paces.get(seat.account)
    if seat.mode == Mode.TRUSTEESHIP or pace is None:
        return display.NOTHING
    available = shown.figures[seat.account].available
    days = runway(available=available, per_day=pace, at=found.at).days_left
    tone = pace_tone(days)
    return display.badge(lasts(days), tone) if tone else lasts(days)


def _last_bill(found: "Group", seat: Seat, shown: _Shown) -> Any:
    """The member's own bill; in trusteeship its part of the master's (B4)."""
    currency = found.master.currency
    if seat.mode == Mode.MANAGEMENT:
        bill = shown.bills.get(seat.account)
        return display.link(bill, _amount(bill.total, currency)) if bill else display.NOTHING
    bill = found.last_bill
    if bill is None or bill.month not in found.months:
        return display.NOTHING
    return display.link(bill, _amount(found.spend.of(seat.account, bill.month), currency))


def _state(seat: Seat, shown: _Shown) -> Any:
    badges = []
    if seat.mode == Mode.MANAGEMENT and shown.figures[seat.account].available < 0:
        badges.append(display.badge(_("arrears"), "bad"))
    if seat.account in shown.past_due:
        badges.append(display.badge(_("past due"), "bad"))
    if count := shown.suspended.get(seat.account):
        text = ngettext("%(count)s suspended", "%(count)s suspended", count)
        badges.append(display.badge(text % {"count": count}, "bad"))
    if seat.account in shown.parked:
        badges.append(display.badge(_("parked"), "bad"))
    if shown.links[seat.relationship].state == RelationshipState.CHANGE_PENDING:
        badges.append(display.badge(_("change planned"), "warn"))
    badges = badges or [display.badge(_("active"), "good")]
    return format_html("{}" * len(badges), *badges)


def _member(seat: Seat, shown: _Shown) -> Any:
    said = '{}<span class="bo-under">{}</span>'
    return format_html(said, display.number(shown.accounts[seat.account]), seat.name)


def _mode(request: HttpRequest, seat: Seat, shown: _Shown) -> Any:
    """The mode, leading to the relationship."""
    badge = mode_badge(seat.mode)
    if not request.user.has_perm("finance_mgmt.view_relationship"):
        return badge
    return display.link(shown.links[seat.relationship], badge)


def _actions(request: HttpRequest, seat: Seat, shown: _Shown) -> Any:
    """What can be done with this member: its cap, its end."""
    link, found = shown.links[seat.relationship], []
    if not request.user.has_perm("finance_mgmt.view_relationship"):
        return ""
    if seat.mode == Mode.TRUSTEESHIP and request.user.has_perm("finance_mgmt.set_cap"):
        found.append(_command(link, "cap", _("set a cap")))
    if link.state == RelationshipState.ACTIVE and request.user.has_perm("finance_mgmt.end"):
        found.append(_command(link, "end", _("end")))
    if not found:
        return ""
    inside = format_html(" · ".join("{}" for _link in found), *found)
    return format_html('<span class="bo-under">{}</span>', inside)


def _command(link: Relationship, name: str, label: Any) -> Any:
    return format_html('<a class="bo-link" href="{}">{}</a>', command_url(link, name), label)
