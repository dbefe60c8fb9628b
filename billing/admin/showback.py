"""A member's showback statement: what it used and its payer owes. Clearly no bill (B4)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from finance_mgmt.admin import display
from finance_mgmt.admin.base import Command
from finance_mgmt.admin.panels import Column, Panel, Part, Table, notice
from finance_mgmt.models import Account
from finance_mgmt.queries import policy

from ..queries import showback
from ..queries.bills import first_day
from ..queries.showback import Statement
from ..services import exports
from ..services.exports import Form

LAST_MONTHS = 12
LINKED_MONTHS = 5
FORMS = ((Form.XLSX, "table_view"), (Form.CSV, "csv"))


def page(request: HttpRequest, model_admin: Any, account: int, month: str) -> Any:
    """The statement of one member and month."""
    told = _told(request, account, month)
    member = told.member
    context = {
        "heading": format_html(
            '{} <span class="bo-number">{} {}</span>',
            _("Showback %(month)s") % {"month": month},
            member.number,
            member.name,
        ),
        "title": _("Showback %(month)s") % {"month": month},
        "badges": [display.badge(_("not a bill"), "warn")],
        "commands": [
            Command(form.upper(), url_of(member, month, form), icon) for form, icon in FORMS
        ],
        "panels": [_notice(), _lines(told), _months(member)],
    }
    return model_admin.page(request, None, context)


def file(request: HttpRequest, account: int, month: str, form: str) -> HttpResponse:
    """The same for a spreadsheet program."""
    told = _told(request, account, month)
    if form not in (Form.XLSX, Form.CSV):
        raise Http404
    kind = Form(form)
    media_type = exports.MEDIA_TYPES[kind]
    answer = HttpResponse(exports.showback_file(told, kind), content_type=media_type)
    name = exports.showback_name(told, kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def url_of(member: Account, month: str, form: str = "") -> str:
    """The address of a statement, or of its file."""
    name = "billing_charge_showback_file" if form else "billing_charge_showback"
    return reverse(f"admin:{name}", args=[member.pk, month, *([form] if form else [])])


def panels(request: HttpRequest, account: Account) -> list[Panel]:
    """On an account's page: the months of which there is a statement."""
    if not request.user.has_perm("billing.view_charge"):
        return []
    months = list(showback.months_of(account, LINKED_MONTHS))
    if not months:
        return []
    return [
        Table(
            title=_("Showback"),
            anchor="showback",
            width="third",
            note=_("What its master pays for it: not a bill (B4)."),
            columns=[Column(_("month"))],
            rows=[[_link(account, f"{one:%Y-%m}")] for one in months],
        )
    ]


def _link(account: Account, month: str) -> Any:
    return format_html('<a class="bo-link" href="{}">{}</a>', url_of(account, month), month)


def _told(request: HttpRequest, account: int, month: str) -> Statement:
    if not request.user.has_perm("billing.view_charge"):
        raise PermissionDenied
    first = first_day(month)
    if first is None:
        raise Http404
    return showback.statement(get_object_or_404(Account, pk=account), first)


def _notice() -> Panel:
    title = _("This is not a bill.")
    if policy().showback:
        text = _("The member sees this statement. Nothing on it is to be paid by the member.")
        return notice(title, text, tone="warn", icon="visibility")
    text = _("The policy does not show it: members see nothing of it (setting showback).")
    return notice(title, text, tone="warn", icon="visibility_off")


def _lines(told: Statement) -> Panel:
    def show(value: Any) -> Any:
        return display.amount(value, told.currency, shows_currency=False)

    less = [line.list_amount - line.payable_amount for line in told.lines]
    return Table(
        title=_("What was used, and what it costs the payer"),
        columns=[
            Column(_("paid by")),
            Column(_("product")),
            Column(_("lines"), True),
            Column(_("quantity"), True),
            Column(_("list"), True),
            Column(_("− covered, discount, voucher"), True),
            Column(_("payable by the payer"), True),
        ],
        is_exact=True,
        rows=[
            [
                line.payer,
                line.name or line.product or _("manual line"),
                display.count(line.lines),
                display.quantity(line.quantity, line.unit),
                show(line.list_amount),
                show(part),
                show(line.payable_amount),
            ]
            for line, part in zip(told.lines, less, strict=True)
        ],
        footer=[_("sum"), "", "", "", "", "", display.amount(told.total, told.currency)]
        if told.lines
        else (),
        empty=_("Nobody else paid for this account in this month."),
    )


def _months(member: Account) -> Panel:
    links = (
        (url_of(member, f"{one:%Y-%m}"), f"{one:%Y-%m}")
        for one in showback.months_of(member, LAST_MONTHS)
    )
    shown = format_html_join(" ", '<a class="bo-link" href="{}">{}</a>', links)
    return Part(name="admin/parts/months.html", title=_("Other months"), context={"links": shown})
