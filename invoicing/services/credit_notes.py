"""Correcting invoices: wholly, by lines, or by an amount (I6)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from finance_mgmt import money
from finance_mgmt.errors import Reason
from finance_mgmt.models import Decision
from finance_mgmt.services import decisions

from ..documents import stored
from ..documents.content import Group
from ..enums import InvoiceStatus
from ..models import CreditNote, Invoice, InvoiceLine
from ..queries import candidates
from . import drafts, numbering
from . import lines as written
from .invoices import InvoiceRefused


@transaction.atomic
def issue(
    *,
    invoice: Invoice,
    lines: Collection[int] = (),
    amount: Decimal | None = None,
    reason: str = "",
    key: str,
    by: str,
    at: datetime,
) -> CreditNote:
    """Correct an invoice: what is left of it, of some of its lines (by id), or an amount (I6).

    Lines that are wholly credited can be invoiced anew. An amount is taken from what was
    refunded first, then from all lines in proportion. Raises InvoiceRefused, InvalidAmount,
    KeyReused, and NotShowable or FaultyInvoice as invoices.issue.
    """
    facts = {
        "invoice": invoice.number,
        "lines": sorted(set(lines)),
        "amount": amount,
        "reason": reason,
    }
    verb = "credit_notes.issue"
    decision, is_new = decisions.record(verb=verb, facts=facts, key=key, by=by, at=at)
    if not is_new:
        return CreditNote.objects.get(decision=decision)
    if lines and amount is not None:
        text = "Name lines or an amount, not both: lines are credited whole."
        raise InvoiceRefused(Reason("I6", "lines_or_amount", text, {"amount": amount}))
    locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
    left = locked.total - candidates.credited(locked)
    if left <= 0:
        raise InvoiceRefused(_above(locked, left, amount or money.ZERO))
    asked = _Asked(locked, left, reason, decision, at)
    if lines:
        return _of_lines(asked, sorted(set(lines)))
    if amount is None or amount == left:
        return _of_all(asked)
    return _of_amount(asked, amount)


def _of_all(asked: "_Asked") -> CreditNote:
    note = asked.note(asked.left, written.remaining(asked.invoice))
    written.take_whole(note, None)
    asked.move_on(InvoiceStatus.CREDITED)
    return note


def _of_lines(asked: "_Asked", lines: list[int]) -> CreditNote:
    invoice, left = asked.invoice, asked.left
    groups = written.remaining(invoice, lines)
    if sum(group.charges for group in groups) != len(lines):
        text = f"Some lines are not of invoice {invoice.number}, or are credited already."
        raise InvoiceRefused(Reason("I6", "lines_not_creditable", text, {"lines": lines}))
    others = InvoiceLine.objects.filter(invoice=invoice, is_void=False).exclude(pk__in=lines)
    if not others.exists():
        return _of_all(asked)
    exact = sum((group.amount for group in groups), money.ZERO)
    total = money.cut(exact, invoice.currency)
    if total > left:  # other lines are below 0
        raise InvoiceRefused(_above(invoice, left, total))
    if total <= 0:
        text = "These lines are worth less than the smallest unit together. Name more of them."
        raise InvoiceRefused(Reason("I6", "lines_worth_nothing", text, {"amount": exact}))
    note = asked.note(total, groups)
    written.take_whole(note, lines)
    is_all = total == left
    asked.move_on(InvoiceStatus.CREDITED if is_all else InvoiceStatus.PARTLY_CREDITED)
    return note


def _of_amount(asked: "_Asked", amount: Decimal) -> CreditNote:
    invoice = asked.invoice
    if amount > asked.left:
        raise InvoiceRefused(_above(invoice, asked.left, amount))
    money.require_movable(amount, invoice.currency)
    note = asked.note(amount, written.of_amount(invoice, amount))
    written.take_amount(note, amount)
    asked.move_on(InvoiceStatus.PARTLY_CREDITED)
    return note


@dataclass(frozen=True)
class _Asked:
    """One credit note that is wanted."""

    invoice: Invoice  # locked
    left: Decimal
    reason: str
    decision: Decision
    at: datetime

    def note(self, total: Decimal, taken: Sequence[Group]) -> CreditNote:
        """The note over what is taken, exactly; looked at before it has a number."""
        exact = sum((group.amount for group in taken), money.ZERO)
        note = CreditNote(
            invoice=self.invoice,
            total=total,
            round_off=exact - total,
            reason=self.reason,
            issued_at=self.at,
            decision=self.decision,
        )
        content = stored.of_credit_note(note, taken)
        note.tax_amount = content.total.tax
        drafts.check(content, asks_e_invoice=drafts.asks_e_invoice(self.invoice))
        note.number = numbering.next_number("CN")
        note.save()
        return note

    def move_on(self, status: InvoiceStatus) -> None:
        """The invoice's status, the only column that moves."""
        self.invoice.status = status
        self.invoice.save(update_fields=["status"])


def _above(invoice: Invoice, left: Decimal, wanted: Decimal) -> Reason:
    most = money.plain(max(left, money.ZERO), 2)
    text = f"{most} of invoice {invoice.number} can be credited."
    return Reason("I6", "above_invoice", text, {"amount": wanted, "left": left})
