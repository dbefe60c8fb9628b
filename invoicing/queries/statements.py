"""What an invoice states, summed: by member, by product; and who may issue it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from billing.models import Charge, Product
from finance_mgmt import queries as ground
from finance_mgmt.enums import Mode
from finance_mgmt.errors import Reason
from finance_mgmt.models import Account, Relationship
from finance_mgmt.money import ZERO
from finance_mgmt.queries.access import Actor

from ..models import CreditNote, Invoice, InvoiceLine, TaxRate
from ..rules import eligibility
from . import candidates
from .titles import titles_of


@dataclass(frozen=True)
class Summed:
    """One part of an invoice: a rate, a member, a product."""

    name: str
    lines: int
    amount: Decimal


@dataclass(frozen=True)
class Group:
    """What can be invoiced of one owner, month and product."""

    owner: int
    month: date
    product: int | None
    lines: int
    amount: Decimal


@dataclass(frozen=True)
class Managed:
    """A member in management, and why its charges can't be invoiced by the master; or nothing."""

    member: Account
    amount: Decimal
    lines: int
    reasons: Sequence[Reason]


def by_member(invoice: Invoice) -> list[Summed]:
    """Lines of each member, by number (I2)."""
    rows = invoice.lines.order_by().values("owner_number").annotate(n=Count("pk"), s=Sum("amount"))
    return [
        Summed(row["owner_number"], row["n"], row["s"]) for row in rows.order_by("owner_number")
    ]


def by_product(invoice: Invoice) -> list[Summed]:
    """Lines of each product, by code."""
    rows = invoice.lines.order_by().values("product_code").annotate(n=Count("pk"), s=Sum("amount"))
    return [
        Summed(row["product_code"], row["n"], row["s"]) for row in rows.order_by("product_code")
    ]


def groups(payer: int) -> list[Group]:
    """What can be invoiced of a payer, by owner, month and product (I1)."""
    rows = candidates.invoiceable([payer]).order_by()
    sums = rows.values("owner", "billing_month", "product").annotate(
        lines=Count("pk"), amount=Sum("payable_amount")
    )
    found = [
        Group(row["owner"], row["billing_month"], row["product"], row["lines"], row["amount"])
        for row in sums
    ]
    return sorted(found, key=lambda one: (one.owner, one.month, one.product or 0))


def managed(master: Account, at: datetime) -> list[Managed]:
    """Members in management of an account, each with why it can't be invoiced for (I3, I4)."""
    links = Relationship.objects.filter(ground.in_force(at), master=master)
    members = list(Account.objects.filter(pk__in=links.values("member")).order_by("number"))
    ids = [member.pk for member in members]
    standings = ground.standings([master.pk, *ids], at)
    titles = {pk: one.identity for pk, one in titles_of([master.pk, *ids]).items()}
    sums = candidates.invoiceable(ids).order_by().values("payer")
    worth = {
        row["payer"]: (row["lines"], row["amount"])
        for row in sums.annotate(lines=Count("pk"), amount=Sum("payable_amount"))
    }
    found = []
    for member in members:
        if standings[member.pk].mode != Mode.MANAGEMENT:
            continue
        request = eligibility.Request(
            issuer=master.pk,
            owners=(member.pk,),
            standings=standings,
            payers=frozenset([member.pk]),
            titles=titles,
        )
        lines, amount = worth.get(member.pk, (0, ZERO))
        found.append(Managed(member, amount, lines, eligibility.judge(request)))
    return found


def own_reasons(account: Account, at: datetime) -> list[Reason]:
    """Why the account can't invoice what it paid itself (I3); empty: it can."""
    request = eligibility.Request(
        issuer=account.pk,
        owners=(account.pk,),
        standings=ground.standings([account.pk], at),
        payers=frozenset([account.pk]),
        titles={},
    )
    return eligibility.judge(request)


def invoice_of(charge: Charge) -> Invoice | None:
    """The invoice on which a charge stands now, if it does (I1)."""
    line = InvoiceLine.objects.filter(charge=charge, is_void=False).select_related("invoice")
    found = line.first()
    return found.invoice if found else None


def invoices(actor: Actor) -> QuerySet[Invoice]:
    """Invoices that the actor issued, and those under titles whose bills it may see (Z5, I3)."""
    rows = Invoice.objects.select_related("issuer", "title_of")
    if actor.sight is None:
        return rows
    mine = Q(issuer=actor.sight.account) | Q(title_of__in=actor.sight.bills)
    return rows.filter(mine)


def credit_notes(actor: Actor) -> QuerySet[CreditNote]:
    """Credit notes of those invoices."""
    rows = CreditNote.objects.select_related("invoice")
    if actor.sight is None:
        return rows
    return rows.filter(invoice__in=invoices(actor).order_by().values("pk"))


def tax_rates(actor: Actor) -> QuerySet[TaxRate]:
    """Tax rates: for everybody who signed in."""
    return TaxRate.objects.select_related("product")


def products_of(found: Sequence[Group]) -> dict[int, Product]:
    """The products of groups, by id."""
    return Product.objects.in_bulk([one.product for one in found if one.product])
