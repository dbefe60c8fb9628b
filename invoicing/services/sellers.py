"""Saying who sells: the particulars that invoices carry, from an instant on (I6)."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.services import decisions

from ..documents import glyphs
from ..enums import ZeroRate
from ..models import SellerProfile
from ..rules import sellers as rules
from ..rules.sellers import Seller
from ..rules.titles import HOME


class SellerRefused(FinanceError):
    """The seller's particulars are incomplete, or begin too early."""

    code = "seller_refused"
    example = Reason("I6", "seller_nameless", "Give the seller's legal name.")


@transaction.atomic
def set_seller(
    *,
    legal_name: str,
    tax_number: str = "",
    address: str = "",
    postcode: str = "",
    city: str = "",
    country: str = HOME,
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

    Only the first may begin in the past: what was issued keeps its seller. What documents could
    not show is refused here rather than with the next invoice. Raises SellerRefused, KeyReused.
    """
    wanted = rules.tidy(
        Seller(
            legal_name=legal_name,
            tax_number=tax_number,
            address=address,
            postcode=postcode,
            city=city,
            country=country,
            phone=phone,
            bank_name=bank_name,
            bank_account=bank_account,
            asks_e_invoice=asks_e_invoice,
            zero_rate=ZeroRate(zero_rate),
            zero_rate_reason=zero_rate_reason,
        )
    )
    said = asdict(wanted)
    facts = said | {"effective_from": effective_from}
    decision, is_new = decisions.record(
        verb="sellers.set_seller", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return SellerProfile.objects.get(decision=decision)
    start = effective_from or at
    hidden = glyphs.reasons(glyphs.of_seller(said))
    if reasons := [*rules.judge(wanted), *hidden, *_judge_start(start, at)]:
        raise SellerRefused(reasons)
    return SellerProfile.objects.create(**said, effective_from=start, decision=decision)


def _judge_start(start: datetime, at: datetime) -> list[Reason]:
    latest = SellerProfile.objects.select_for_update().order_by("-effective_from").first()
    if latest is None:
        return []
    facts = {"effective_from": start, "latest": latest.effective_from}
    if start < at:
        text = "New particulars can't begin in the past: what was issued keeps its seller."
        return [Reason("I6", "dated_in_the_past", text, facts)]
    if start < latest.effective_from:
        text = "Other particulars begin later already; choose an instant after those."
        return [Reason("I6", "before_the_latest", text, facts)]
    if start == latest.effective_from:
        text = "Other particulars begin at that very instant; choose a later one."
        return [Reason("I6", "same_instant", text, facts)]
    return []
