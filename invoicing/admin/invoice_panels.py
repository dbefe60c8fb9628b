"""The parts of an invoice's page, which its preview shows as well."""

from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from finance_mgmt.admin import display
from finance_mgmt.admin.panels import Column, Fact, Facts, Panel, Table, Tiles, paged
from finance_mgmt.money import minor_places

from ..documents import stored
from ..documents.content import InvoiceContent
from ..models import Invoice
from ..queries import candidates, statements
from ..queries.sellers import first_seller
from ..queries.statements import Summed


def top(row: Invoice) -> Panel:
    """The figures."""

    def show(value: Any) -> Any:
        return display.amount(value, row.currency)

    credited = candidates.credited(row)
    return Tiles(
        facts=[
            Fact(_("total"), show(row.total), rule="B3"),
            Fact(_("net"), show(row.net_amount), rule="I7"),
            Fact(_("of it tax"), show(row.tax_amount), rule="I7"),
            Fact(
                _("credited"),
                show(credited),
                _("%(amount)s is left") % {"amount": said(row.total - credited, row.currency)},
                rule="I6",
                tone="warn" if credited else "",
            ),
        ]
    )


def said(value: Decimal, currency: str) -> str:
    """An amount within a sentence."""
    return f"{display.grouped(value, minor_places(currency))[0]} {currency}"


def title(row: Invoice) -> Panel:
    """To whom it is made out, as copied when it was issued."""
    stated = [
        (_("title"), row.title),
        (_("kind of title"), row.get_title_kind_display()),
        (_("tax number"), row.tax_number),
        (_("address"), row.address),
        (_("telephone"), row.phone),
        (_("bank"), row.bank_name),
        (_("bank account"), row.bank_account),
    ]
    return Facts(
        title=_("What it states"),
        width="half",
        facts=[
            *(Fact(label, value) for label, value in stated if value),
            Fact(_("title of"), display.account(row.title_of), rule="I3"),
            Fact(_("issued by"), display.account(row.issuer), rule="I3"),
            Fact(_("seller"), _seller(row), rule="I6"),
            Fact(_("month"), _months(row)),
            Fact(_("round-off"), display.amount(row.round_off, row.currency), rule="B3"),
            *(
                [Fact(pgettext("invoice", "issued at"), display.instant(row.issued_at))]
                if row.pk
                else []
            ),
            *([Fact(_("decision"), display.decision(row.decision), rule="Z8")] if row.pk else []),
        ],
    )


def taxes(row: Invoice) -> Panel:
    """The tax split out of the amounts, by rate, as its documents state it (I7)."""
    return tax_table(stored.of_invoice(row), row)


def tax_table(content: InvoiceContent, row: Invoice) -> Panel:
    """Net, tax and both by rate."""

    def show(value: Any) -> Any:
        return display.amount(value, row.currency, shows_currency=False)

    return Table(
        title=_("Tax by rate"),
        note=_("Prices include tax: it is split out per rate (I7)."),
        width="half",
        columns=[
            Column(_("rate"), True),
            Column(_("net"), True),
            Column(_("tax"), True),
            Column(_("total"), True),
        ],
        rows=[
            [display.percent(one.rate), show(one.net), show(one.tax), show(one.gross)]
            for one in content.parts
        ],
        footer=[_("total"), show(row.net_amount), show(row.tax_amount), show(row.total)],
    )


def members(request: HttpRequest, row: Invoice) -> Panel:
    """Sums by member (I2)."""
    return member_table(statements.by_member(row), row)


def member_table(sums: list[Summed], row: Invoice, most: int = 100) -> Panel:
    """The first of them, and how many more there are."""
    more = len(sums) - most
    note = _("%(count)s more members are on it.") % {"count": more} if more > 0 else ""
    return Table(
        title=_("By member"),
        note=note,
        anchor="members",
        columns=[Column(_("member")), Column(_("lines"), True), Column(_("amount"), True)],
        rows=[
            [one.name, display.count(one.lines), display.amount(one.amount, row.currency)]
            for one in sums[:most]
        ],
    )


def lines(request: HttpRequest, row: Invoice) -> Panel:
    """Every line, by member, a page at a time."""
    wanted = request.GET.get("member", "").strip()
    rows = row.lines.order_by("owner_number", "pk").select_related("charge")
    if wanted:
        rows = rows.filter(owner_number=wanted)
    found, pager = paged(request, rows, "lines")
    return Table(
        title=_("Lines"),
        anchor="lines",
        columns=[
            Column(_("member")),
            Column(_("product")),
            Column(_("description")),
            Column(_("charge period")),
            Column(_("tax rate"), True),
            Column(_("amount"), True),
            Column(""),
        ],
        rows=[
            [
                one.owner_number,
                display.link(one.charge, one.product_code or _("adjustment")),
                one.description,
                display.span(one.charge.period_start, one.charge.period_end),
                display.percent(one.tax_rate),
                display.amount(one.amount, row.currency, shows_currency=False),
                display.badge(_("void"), "quiet") if one.is_void else "",
            ]
            for one in found
        ],
        pager=pager,
    )


def notes(row: Invoice) -> list[Panel]:
    """Its credit notes, if there are any."""
    found = list(row.credit_notes.order_by("id"))
    if not found:
        return []
    return [
        Table(
            title=_("Credit notes"),
            anchor="credit-notes",
            columns=[
                Column(_("number")),
                Column(pgettext("invoice", "issued at")),
                Column(_("reason")),
                Column(_("of it tax"), True),
                Column(_("total"), True),
            ],
            rows=[
                [
                    display.link(one),
                    display.instant(one.issued_at),
                    one.reason or display.NOTHING,
                    display.amount(one.tax_amount, row.currency),
                    display.amount(one.total, row.currency),
                ]
                for one in found
            ],
        )
    ]


def _seller(row: Invoice) -> Any:
    """The one in force when it was issued; else the first one said."""
    seller = row.seller or first_seller()
    return display.link(seller) if seller else display.badge(_("not set yet"), "warn")


def _months(row: Invoice) -> Any:
    if row.first_month is None:
        return display.month(row.month)
    said = {"first": f"{row.first_month:%Y-%m}", "last": f"{row.month:%Y-%m}"}
    return _("%(first)s to %(last)s") % said
