"""Issuing invoices and credit notes (I1-I7)."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.models import Charge
from finance_mgmt import money
from finance_mgmt import queries as ground
from finance_mgmt.enums import Mode
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account
from finance_mgmt.services import decisions, locks

from ..documents import stored
from ..enums import InvoiceStatus
from ..models import CreditNote, Invoice, InvoiceLine, InvoiceTitle
from ..models.parties import PartyColumns
from ..queries import candidates
from ..queries.sellers import seller_at
from ..rules import eligibility
from . import drafts, numbering, taxes
from .titles import titles_of


class InvoiceRefused(FinanceError):
    """The invoice or credit note can't be issued; no number was used (I1-I6)."""

    code = "invoice_refused"


@transaction.atomic
def issue(
    *,
    issuer: Account,
    month: date,
    owners: Sequence[Account] = (),
    key: str,
    by: str,
    at: datetime,
) -> Invoice:
    """Invoice the month's charges of some owners, the issuer's own if none is named (I1-I5).

    Raises InvoiceRefused with every reason, KeyReused, and before a number is drawn NotShowable
    and FaultyInvoice if its documents could not be made.
    """
    wanted = tuple(sorted(owner.pk for owner in owners)) or (issuer.pk,)
    facts = {
        "issuer": issuer.number,
        "month": month,
        "owners": sorted(owner.number for owner in owners),
    }
    decision, is_new = decisions.record(verb="invoices.issue", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Invoice.objects.get(decision=decision)
    standings = ground.standings({issuer.pk, *wanted}, at)
    locks.lock_accounts({issuer.pk, *wanted})
    charges = _choose(issuer, wanted, standings, month)
    payers = frozenset(charge.payer_id for charge in charges)
    request = eligibility.Request(
        issuer=issuer.pk,
        owners=wanted,
        standings=standings,
        payers=payers,
        titles=titles_of([issuer.pk, *wanted]),
    )
    reasons = _judge(request, charges, issuer.currency, at)
    if reasons:
        raise InvoiceRefused(reasons)
    invoice = _invoice(request, charges, issuer, month, at)
    lines = _lines(invoice, charges)
    content = stored.of_draft(invoice, lines)
    invoice.tax_amount = content.total.tax
    invoice.net_amount = content.total.net
    drafts.check(content, asks_e_invoice=drafts.asks_e_invoice(invoice))
    invoice.decision = decision
    invoice.number = numbering.next_number("INV")
    invoice.save()
    InvoiceLine.objects.bulk_create(lines, batch_size=2_000)
    return invoice


@transaction.atomic
def credit(
    *,
    invoice: Invoice,
    amount: Decimal | None = None,
    reason: str = "",
    key: str,
    by: str,
    at: datetime,
) -> CreditNote:
    """Correct an invoice, wholly (its charges can then be invoiced anew) or by an amount (I6).

    Raises InvoiceRefused, InvalidAmount, KeyReused, and NotShowable or FaultyInvoice as `issue`.
    """
    facts = {"invoice": invoice.number, "amount": amount, "reason": reason}
    decision, is_new = decisions.record(verb="invoices.credit", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return CreditNote.objects.get(decision=decision)
    locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
    left = locked.total - candidates.credited(locked)
    wanted = left if amount is None else amount
    if left <= 0 or wanted > left:
        text = (
            f"{money.plain(max(left, money.ZERO), 2)} of invoice {locked.number} can be credited."
        )
        raise InvoiceRefused(Reason("I6", "above_invoice", text, {"amount": wanted, "left": left}))
    money.require_movable(wanted, locked.currency)
    note = CreditNote(invoice=locked, total=wanted, reason=reason, issued_at=at, decision=decision)
    content = stored.of_credit_note(note)
    note.tax_amount = content.total.tax
    drafts.check(content, asks_e_invoice=drafts.asks_e_invoice(locked))
    note.number = numbering.next_number("CN")
    note.save()
    is_whole = wanted == left
    locked.status = InvoiceStatus.CREDITED if is_whole else InvoiceStatus.PARTLY_CREDITED
    locked.save(update_fields=["status"])
    if wanted == locked.total:
        InvoiceLine.objects.filter(invoice=locked).update(is_void=True)
    return note


def _choose(issuer: Account, owners: tuple[int, ...], standings: dict, month: date) -> list[Charge]:
    """Charges the issuer paid for these owners, else what the one member paid itself."""
    own = list(
        candidates.chosen([issuer.pk], owners, month)
        .order_by("owner", "pk")
        .select_related("product")
    )
    if own or owners == (issuer.pk,):
        return own
    managed = [pk for pk in owners if standings[pk].mode == Mode.MANAGEMENT]
    return list(
        candidates.chosen(managed, owners, month).order_by("owner", "pk").select_related("product")
    )


def _judge(
    request: eligibility.Request, charges: list[Charge], currency: str, at: datetime
) -> list[Reason]:
    reasons = eligibility.judge(request)
    total = money.cut(sum((charge.payable_amount for charge in charges), money.ZERO), currency)
    if not charges or total <= 0:
        text = "Nothing of these accounts can be invoiced for that month."
        reasons.append(Reason("I1", "nothing_invoiceable", text, {"charges": len(charges)}))
        return reasons
    payer = eligibility.title_of(request)
    everything = sum(
        candidates.invoiceable([payer]).values_list("payable_amount", flat=True), money.ZERO
    )
    chosen = sum((charge.payable_amount for charge in charges), money.ZERO)
    return reasons + eligibility.judge_arrears(candidates.arrears(payer, at), everything - chosen)


def _invoice(
    request: eligibility.Request, charges: list[Charge], issuer: Account, month: date, at: datetime
) -> Invoice:
    payer = eligibility.title_of(request)
    exact = sum((charge.payable_amount for charge in charges), money.ZERO)
    total = money.cut(exact, issuer.currency)
    title = InvoiceTitle.objects.filter(account_id=payer).first() or InvoiceTitle()
    return Invoice(
        issuer=issuer,
        title_of_id=payer,
        title=titles_of([payer])[payer],
        **{column.name: getattr(title, column.name) for column in PartyColumns._meta.fields},
        seller=seller_at(at),
        currency=issuer.currency,
        month=month,
        total=total,
        round_off=exact - total,
        issued_at=at,
    )


def _lines(invoice: Invoice, charges: list[Charge]) -> list[InvoiceLine]:
    rates = taxes.rates_for(charges)
    accounts = Account.objects.in_bulk({charge.owner_id for charge in charges})
    return [
        InvoiceLine(
            invoice=invoice,
            charge=charge,
            owner_number=accounts[charge.owner_id].number,
            owner_name=accounts[charge.owner_id].name,
            product_code=charge.product.code if charge.product else "",
            description=charge.product.name if charge.product else charge.reason,
            quantity=charge.quantity if charge.product else None,
            unit=charge.product.unit if charge.product else "",
            amount=charge.payable_amount,
            tax_rate=rates[charge.pk],
        )
        for charge in charges
    ]
