"""Saying who sells: the particulars that invoices carry, from an instant on (I6)."""

import re
from datetime import datetime

from django.db import transaction

from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.services import decisions

from ..enums import ZeroRate
from ..models import SellerProfile

COUNTRY = re.compile(r"[A-Z]{2}")


class SellerRefused(FinanceError):
    """The seller's particulars are incomplete, or begin too early."""

    code = "seller_refused"


@transaction.atomic
def set_seller(
    *,
    legal_name: str,
    tax_number: str = "",
    address: str = "",
    postcode: str = "",
    city: str = "",
    country: str = "CN",
    phone: str = "",
    bank_name: str = "",
    bank_account: str = "",
    asks_e_invoice: bool = False,
    zero_rate: ZeroRate = ZeroRate.ZERO_RATED,
    zero_rate_reason: str = "",
    effective_from: datetime | None = None,
    key: str,
    by: str,
    at: datetime,
) -> SellerProfile:
    """Set the seller's particulars from an instant on, now if none is given.

    Only the first may begin in the past: what was issued keeps its seller. Raises SellerRefused,
    KeyReused.
    """
    row = SellerProfile(
        legal_name=legal_name.strip(),
        tax_number=tax_number,
        address=address,
        postcode=postcode,
        city=city,
        country=country,
        phone=phone,
        bank_name=bank_name,
        bank_account=bank_account,
        asks_e_invoice=asks_e_invoice,
        zero_rate=zero_rate,
        zero_rate_reason=zero_rate_reason,
        effective_from=effective_from or at,
    )
    facts = {name: getattr(row, name) for name in _STATED} | {"effective_from": effective_from}
    decision, is_new = decisions.record(
        verb="sellers.set_seller", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return SellerProfile.objects.get(decision=decision)
    if reasons := _judge(row, at):
        raise SellerRefused(reasons)
    row.decision = decision
    row.save()
    return row


_STATED = [
    "legal_name",
    "tax_number",
    "address",
    "postcode",
    "city",
    "country",
    "phone",
    "bank_name",
    "bank_account",
    "asks_e_invoice",
    "zero_rate",
    "zero_rate_reason",
]


def _judge(row: SellerProfile, at: datetime) -> list[Reason]:
    reasons = []
    if not row.legal_name:
        reasons.append(Reason("I6", "seller_nameless", "Give the seller's legal name.", {}))
    if not COUNTRY.fullmatch(row.country):
        text = "Give the country as two capital letters, such as CN or DE."
        reasons.append(Reason("I6", "bad_country", text, {"country": row.country}))
    if row.zero_rate != ZeroRate.ZERO_RATED and not row.zero_rate_reason:
        text = "Say why no tax is due: invoices must give the reason."
        reasons.append(Reason("I7", "reason_missing", text, {"zero_rate": row.zero_rate}))
    latest = SellerProfile.objects.order_by("-effective_from").first()
    if latest and row.effective_from < max(at, latest.effective_from):
        text = "New particulars can't begin in the past: what was issued keeps its seller."
        facts = {"effective_from": row.effective_from, "latest": latest.effective_from}
        reasons.append(Reason("I6", "dated_in_the_past", text, facts))
    elif latest and row.effective_from == latest.effective_from:
        text = "Other particulars begin at that very instant; choose a later one."
        facts = {"effective_from": row.effective_from}
        reasons.append(Reason("I6", "same_instant", text, facts))
    return reasons
