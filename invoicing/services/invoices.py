"""Issuing invoices (I1-I7). Credit notes are in credit_notes.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from billing.models import Charge, Product
from finance_mgmt import money
from finance_mgmt import queries as ground
from finance_mgmt.enums import Mode, NoticeKind
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.services import decisions, locks, notices

from ..documents import stored
from ..models import Invoice
from ..models.parties import PartyColumns
from ..queries import candidates
from ..queries.sellers import seller_at
from ..queries.titles import titles_of, version_of
from ..rules import eligibility
from ..rules.titles import Title
from . import drafts, lines, numbering


class InvoiceRefused(FinanceError):
    """The invoice or credit note can't be issued; no number was used (I1-I6)."""

    code = "invoice_refused"
    example = Reason("I1", "nothing_invoiceable", "There is nothing to invoice.", {"charges": 0})


_Period = tuple[date, date | None, list[int]]  # months from, to, and products (none: all)


@dataclass(frozen=True)
class _Found:
    """What an invoice is made of: its charges, whose title it carries, and sums by tax rate."""

    lines: QuerySet[Any]  # charges shown as lines
    payer: int
    title: Title
    sums: Sequence[tuple[Decimal, Decimal, int]]  # (amount, rate, lines)

    @property
    def exact(self) -> Decimal:
        return sum((amount for amount, _, _ in self.sums), money.ZERO)

    @property
    def line_count(self) -> int:
        return sum(count for _, _, count in self.sums)


@transaction.atomic
def issue(
    *,
    issuer: Account,
    month: date,
    until: date | None = None,
    owners: Sequence[Account] = (),
    is_combined: bool = False,
    products: Sequence[Product] = (),
    key: str,
    by: str,
    at: datetime,
) -> Invoice:
    """Invoice charges of some owners of a month, or from `month` to `until` (I1-I5).

    The issuer's own charges if no owner is named; with `is_combined` all that it paid for itself
    and its members. Of the named products only, if any is named. The notice to the title's
    account is written with it. Raises InvoiceRefused with every reason, KeyReused, and before a
    number is drawn NotShowable and FaultyInvoice if its documents could not be made.
    """
    facts = {
        "issuer": issuer.number,
        "month": month,
        "until": until,
        "owners": sorted(owner.number for owner in owners),
        "is_combined": is_combined,
        "products": sorted(product.code for product in products),
    }
    decision, is_new = decisions.record(verb="invoices.issue", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Invoice.objects.get(decision=decision)
    named = tuple(sorted({owner.pk for owner in owners})) or (issuer.pk,)
    wanted = None if is_combined else named
    period = (month, until, [product.pk for product in products])
    payers = (issuer.pk,) if is_combined else _payers(issuer.pk, named, period, at)
    locks.lock_accounts({issuer.pk, *payers})
    rows = candidates.chosen(payers, wanted, *period)
    found = _find(rows, payers[0])
    apart = _apart(issuer.pk, named, payers, period, at)
    reasons = _judge(found, issuer, named, payers, apart, at)
    if reasons:
        raise InvoiceRefused(reasons)
    invoice = _invoice(found, issuer, month, until, at)
    content = stored.of_draft(invoice, found.lines)
    invoice.tax_amount, invoice.net_amount = content.total.tax, content.total.net
    drafts.check(content, asks_e_invoice=drafts.asks_e_invoice(invoice))
    invoice.decision = decision
    invoice.number = numbering.next_number("INV")
    invoice.save()
    lines.copy(invoice, found.lines)
    _tell(invoice, found.title, at)
    return invoice


def _payers(issuer: int, named: tuple[int, ...], period: _Period, at: datetime) -> tuple[int, ...]:
    """The issuer, if it paid any of what is asked for; else the managed members themselves.

    What the issuer paid in other months, as the master of a trusteeship, says nothing here.
    """
    if named == (issuer,) or candidates.chosen([issuer], named, *period).exists():
        return (issuer,)
    return _managed(named, at) or (issuer,)


def _apart(
    issuer: int, named: tuple[int, ...], payers: tuple[int, ...], period: _Period, at: datetime
) -> frozenset[int]:
    """Who was named beside what the issuer paid, but is in management and paid all itself (I3)."""
    if len(named) == 1 or payers != (issuer,):
        return frozenset()
    managed = _managed(named, at)
    paid = candidates.chosen([issuer], managed, *period).order_by()
    return frozenset(managed) - set(paid.values_list("owner_id", flat=True).distinct())


def _managed(named: tuple[int, ...], at: datetime) -> tuple[int, ...]:
    standings = ground.standings(named, at)
    return tuple(pk for pk in named if standings[pk].mode == Mode.MANAGEMENT)


def _find(rows: QuerySet[Charge], payer: int) -> _Found:
    title = titles_of([payer])[payer]
    charges = candidates.exactly(rows, settings.INVOICE_LINES + 1)
    shown = lines.shown_as_lines(charges, title.country)
    return _Found(shown, payer, title, candidates.by_rate(charges, title.country))


def _judge(
    found: _Found,
    issuer: Account,
    named: tuple[int, ...],
    payers: tuple[int, ...],
    apart: frozenset[int],
    at: datetime,
) -> list[Reason]:
    request = eligibility.Request(
        issuer=issuer.pk,
        owners=named,
        standings=ground.standings({issuer.pk, *payers}, at),
        payers=frozenset(payers),
        apart=apart,
        titles={pk: one.identity for pk, one in titles_of([issuer.pk, *payers]).items()},
    )
    if reasons := eligibility.judge(request):
        return reasons  # what others have is not told to whom it does not concern
    if not found.line_count or money.cut(found.exact, issuer.currency) <= 0:
        text = "Nothing of these accounts can be invoiced for that month."
        return [Reason("I1", "nothing_invoiceable", text, {"charges": found.line_count})]
    if found.line_count > settings.INVOICE_LINES:
        text = (
            f"An invoice has at most {settings.INVOICE_LINES} lines, these would be more."
            " Choose fewer months, members or products."
        )
        facts = {"most": settings.INVOICE_LINES}
        reasons.append(Reason("I1", "too_many_lines", text, facts))
    return [*reasons, *_judge_arrears(found, at)]


def _judge_arrears(found: _Found, at: datetime) -> list[Reason]:
    arrears = candidates.arrears(found.payer, at)
    if arrears <= 0:
        return []
    everything = candidates.invoiceable([found.payer]).values_list("payable_amount", flat=True)
    return eligibility.judge_arrears(arrears, candidates.total(everything) - found.exact)


def _invoice(
    found: _Found, issuer: Account, month: date, until: date | None, at: datetime
) -> Invoice:
    total = money.cut(found.exact, issuer.currency)
    title = found.title
    has_several = until is not None and until != month
    return Invoice(
        issuer=issuer,
        title_of_id=found.payer,
        title_version=version_of(found.payer),
        title=title.title,
        title_kind=title.kind,
        **{column.name: getattr(title, column.name) for column in PartyColumns._meta.fields},
        seller=seller_at(at),
        currency=issuer.currency,
        month=until or month,
        first_month=month if has_several else None,
        line_count=found.line_count,
        total=total,
        round_off=found.exact - total,
        issued_at=at,
    )


def _tell(invoice: Invoice, title: Title, at: datetime) -> None:
    """One notice for whoever the invoice is made out to, and one for a master that issued it."""
    notices.tell(
        sorted({invoice.title_of_id, invoice.issuer_id}),
        kind=NoticeKind.INVOICE_ISSUED,
        about=invoice.title_of_id,
        at=at,
        facts={
            "invoice": invoice.number,
            "month": f"{invoice.month:%Y-%m}",
            "total": invoice.total,
            "currency": invoice.currency,
            "email": title.email,
            "language": title.language,
        },
    )
