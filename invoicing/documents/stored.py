"""The content of invoices and credit notes, read from their own rows and nothing else (I6)."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from finance_mgmt.money import ZERO, minor_unit
from finance_mgmt.queries import policy

from ..models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, SellerProfile
from ..models.parties import PartyColumns
from ..queries.sellers import first_seller
from ..rules import tax_split
from .content import (
    Corrected,
    Group,
    InvoiceContent,
    Party,
    exact_by_rate,
    in_sections,
    sections_of,
)

DRAFT = "DRAFT-000000"
_KEY = ("owner_number", "owner_name", "product_code", "description", "unit", "tax_rate")


def of_invoice(invoice: Invoice) -> InvoiceContent:
    """What an issued invoice states."""
    return of_draft(invoice, InvoiceLine.objects.filter(invoice=invoice))


def of_draft(invoice: Invoice, lines: QuerySet[Any]) -> InvoiceContent:
    """What an invoice of these lines, or of charges shown as lines, states or would state."""
    rows = lines.order_by().values(*_KEY)
    summed = rows.annotate(
        sum_of=Sum("amount" if lines.model is InvoiceLine else "payable_amount"),
        count_of=Count("pk"),
        metered=Sum("quantity" if lines.model is InvoiceLine else "metered_quantity"),
    )
    groups = [
        _group([row[name] for name in _KEY], row["sum_of"], row["metered"], row["count_of"])
        for row in summed
    ]
    return _content(invoice, groups)


def of_credit_note(note: CreditNote, taken: Sequence[Group] | None = None) -> InvoiceContent:
    """What a credit note states of each line that it credits; a whole one repeats all lines.

    If it is not stored: `taken` is what it would take, exactly.
    """
    invoice = note.invoice
    whole = of_invoice(invoice)
    content = replace(
        whole,
        number=note.number or DRAFT,
        issued_on=_day(note.issued_at),
        corrects=Corrected(invoice.number, whole.issued_on, note.reason),
    )
    if note.total == invoice.total:
        return content
    earlier = CreditNote.objects.filter(invoice=invoice).order_by("pk")
    if note.pk:
        earlier = earlier.filter(pk__lt=note.pk)
    groups = credited(note) if taken is None else taken
    last = exact_by_rate(groups)
    takes = [*((one.total, by_rate(one)) for one in earlier), (note.total, last)]
    parts = tax_split.of_credit(whole.parts, takes, minor_unit(invoice.currency))
    sections = in_sections(groups, parts, invoice.currency)
    return replace(content, sections=sections, parts=tuple(parts), round_off=ZERO)


def credited(note: CreditNote) -> list[Group]:
    """What a stored credit note takes from the lines of an invoice, as the invoice groups them.

    The quantity is told where lines are taken whole; a part of an amount has none.
    """
    columns = [f"line__{name}" for name in _KEY]
    rows = CreditNoteLine.objects.filter(note=note).order_by().values(*columns)
    summed = rows.annotate(
        sum_of=Sum("amount"),
        count_of=Count("pk"),
        whole=Count("pk", filter=Q(amount=F("line__amount"))),
        metered=Sum("line__quantity"),
    )
    found = []
    for row in summed:
        is_part, key = row["whole"] != row["count_of"], [row[name] for name in columns]
        quantity = None if is_part else row["metered"]
        group = _group(key, row["sum_of"], quantity, row["count_of"])
        found.append(replace(group, is_part=is_part))
    return found


def by_rate(note: CreditNote) -> dict[Decimal, Decimal]:
    """What a stored credit note takes from the lines of each tax rate, exactly."""
    rows = CreditNoteLine.objects.filter(note=note).order_by().values_list("line__tax_rate")
    return dict(rows.annotate(sum_of=Sum("amount")))


def _content(invoice: Invoice, groups: list[Group]) -> InvoiceContent:
    seller = invoice.seller or first_seller() or SellerProfile(country="")
    sections, parts = sections_of(groups, invoice.total, invoice.currency)
    return InvoiceContent(
        number=invoice.number or DRAFT,
        issued_on=_day(invoice.issued_at),
        month=invoice.month,
        currency=invoice.currency,
        seller=_party(seller, seller.legal_name),
        buyer=_party(invoice, invoice.title),
        sections=sections,
        parts=parts,
        round_off=invoice.round_off,
        zero_rate=seller.zero_rate,
        zero_rate_reason=seller.zero_rate_reason,
    )


def _group(key: Iterable, amount: Decimal, quantity: Decimal | None, charges: int) -> Group:
    number, name, product, description, unit, rate = key
    return Group(number, name, product, description, unit, rate, amount, quantity, charges)


def _party(row: PartyColumns, name: str) -> Party:
    columns = {one.name for one in fields(Party)} - {"name"}
    return Party(name=name, **{column: getattr(row, column) for column in columns})


def _day(instant: datetime) -> date:
    return instant.astimezone(policy().zone).date()
