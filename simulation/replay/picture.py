"""What the books say of a group over some months: read by one function from both sides."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from billing.models import Bill, Charge
from finance_mgmt import queries
from finance_mgmt.enums import NoticeKind
from finance_mgmt.models import Account, Notice
from finance_mgmt.money import ZERO, plain
from finance_mgmt.periods import Period

AMOUNTS = ("list", "covered", "discount", "vouchers", "payable")
_COLUMNS = dict(
    zip(
        AMOUNTS,
        ("list_amount", "covered_amount", "discount_amount", "voucher_amount", "payable_amount"),
        strict=True,
    )
)
_NOTHING: dict[str, Any] = {"charges": 0, "quantity": ZERO, **dict.fromkeys(AMOUNTS, ZERO)}
TOLD = (NoticeKind.LOW_FUNDS, NoticeKind.SPENDING, NoticeKind.SUSPENDED, NoticeKind.RESUMED)

Picture = dict[str, dict[str, dict[str, Any]]]


def take(
    accounts: Collection[int], months: tuple[date, date], since: Period, at: datetime
) -> Picture:
    """Lines by owner and product, bills by payer and month, accounts with funds and notices.

    Lines and bills are of the billing months, notices from the start of the first month on, funds
    and terms as they are at the instant.
    """
    return {
        "lines": _lines(accounts, months),
        "bills": _bills(accounts, months),
        "accounts": _accounts(accounts, months, since.start, at),
    }


def _charges(accounts: Collection[int], months: tuple[date, date]) -> Any:
    within = Q(billing_month__gte=months[0], billing_month__lte=months[1])
    of_group = Q(owner__in=accounts) | Q(payer__in=accounts)
    return Charge.objects.filter(within & of_group).order_by()


def _lines(
    accounts: Collection[int], months: tuple[date, date]
) -> dict[str, dict[str, dict[str, Any]]]:
    grouped = _charges(accounts, months).values_list(
        "owner__number", "product__code", "currency", "product__name", "payer__number"
    )
    rows = grouped.annotate(Count("pk"), Sum("quantity"), *(Sum(c) for c in _COLUMNS.values()))
    sums: dict[tuple[str, str, str], dict[str, Any]] = {}
    for owner, product, currency, name, payer, count, quantity, *amounts in rows:
        line = sums.setdefault(
            (owner, product or "", currency),
            {"name": name, **_NOTHING, "payers": {}},
        )
        line["payers"][payer] = plain(amounts[-1], 2)
        line["charges"] += count
        line["quantity"] += quantity
        for figure, amount in zip(AMOUNTS, amounts, strict=True):
            line[figure] += amount
    return {
        "\t".join(key): _said(line, quantity=plain(line["quantity"]))
        for key, line in sorted(sums.items())
    }


def _bills(accounts: Collection[int], months: tuple[date, date]) -> dict[str, dict[str, Any]]:
    rows = Bill.objects.filter(payer__in=accounts, month__gte=months[0], month__lte=months[1])
    return {
        f"{bill.payer.number}\t{bill.month:%Y-%m}": _said(
            {
                "total": bill.total,
                "from_cash": bill.from_cash,
                "on_credit": bill.on_credit,
                "outstanding": bill.outstanding,
                "round_off": bill.round_off,
            },
            status=str(bill.status),
            currency=bill.payer.currency,
        )
        for bill in rows.select_related("payer").order_by("payer__number", "month")
    }


def _accounts(
    accounts: Collection[int], months: tuple[date, date], since: datetime, at: datetime
) -> dict[str, dict[str, Any]]:
    rows = Account.objects.filter(pk__in=accounts).order_by("number")
    figures = queries.figures_of(list(accounts), at)
    paid = dict(_charges(accounts, months).values_list("payer").annotate(Sum("payable_amount")))
    told: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(map(str, TOLD), 0))
    notices = Notice.objects.filter(to__in=accounts, kind__in=TOLD, at__gte=since).order_by()
    for to, kind, count in notices.values_list("to", "kind").annotate(Count("pk")):
        told[to][str(kind)] = count
    found = {}
    for row in rows:
        funds = figures[row.pk]
        said = {
            "pays": paid.get(row.pk, ZERO),
            "cash": funds.cash,
            "used": funds.used,
            "unsettled": funds.unsettled,
            "available": funds.available,
            "headroom": funds.headroom,
            "overshoot": funds.overshoot,
        }
        found[row.number] = _said(said, currency=row.currency, notices=told[row.pk])
    return found


def _said(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        name: plain(value, 2) if isinstance(value, Decimal) else value
        for name, value in (row | more).items()
    }


def beside(actual: Picture, other: Picture) -> dict[str, list[dict[str, Any]]]:
    """Both pictures row by row, each with its names and whether they differ."""
    names = {
        "lines": ("owner", "product", "currency"),
        "bills": ("account", "month"),
        "accounts": ("account",),
    }
    return {
        part: [
            {
                **dict(zip(names[part], key.split("\t"), strict=True)),
                "actual": actual[part].get(key),
                "what_if": other[part].get(key),
                "differs": actual[part].get(key) != other[part].get(key),
            }
            for key in sorted({*actual[part], *other[part]})
        ]
        for part in names
    }
