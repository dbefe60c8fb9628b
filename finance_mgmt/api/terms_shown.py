"""The terms of an account, in words: every account by its number (DOMAIN 3)."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from ..enums import Mode
from ..models import Account
from ..rules.terms import Terms
from .fields import Instant

SINGLE = (
    "payer",
    "discounts_of",
    "flagged_discounts_of",
    "vouchers_of",
    "bill_on",
    "invoice_title_of",
    "invoice_issued_by",
    "funds_that_decide",
)
PLURAL = ("commitments_of", "settled_by", "warnings_to")
SWITCHES = ("allows_price_override", "is_own_credit_dormant", "is_own_credit_replaced")


class TermsShown(serializers.Serializer):
    """The terms of one account at one instant (DOMAIN 3). Accounts by number."""

    at = Instant()
    mode = serializers.ChoiceField(choices=Mode.choices, allow_null=True)
    payer = serializers.CharField()
    money = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()),
        help_text="What pays, in order: `of` (account) and `kind`.",
    )
    discounts_of = serializers.CharField()
    flagged_discounts_of = serializers.CharField()
    vouchers_of = serializers.CharField()
    commitments_of = serializers.ListField(child=serializers.CharField())
    bill_on = serializers.CharField()
    settled_by = serializers.ListField(child=serializers.CharField())
    invoice_title_of = serializers.CharField()
    invoice_issued_by = serializers.CharField()
    warnings_to = serializers.ListField(child=serializers.CharField())
    funds_that_decide = serializers.CharField()
    allows_price_override = serializers.BooleanField()
    is_own_credit_dormant = serializers.BooleanField()
    is_own_credit_replaced = serializers.BooleanField()


def in_words(terms: Terms, at: datetime) -> dict[str, Any]:
    """The terms as TermsShown says them, in one query."""
    ids = {pk for name in SINGLE for pk in [getattr(terms, name)]}
    ids |= {pk for name in PLURAL for pk in getattr(terms, name)} | {of for of, _ in terms.money}
    numbers = {pk: one.number for pk, one in Account.objects.in_bulk(ids).items()}
    return {
        "at": at,
        "mode": terms.mode,
        "money": [{"of": numbers[of], "kind": str(kind)} for of, kind in terms.money],
        **{name: numbers[getattr(terms, name)] for name in SINGLE},
        **{name: [numbers[pk] for pk in getattr(terms, name)] for name in PLURAL},
        **{name: getattr(terms, name) for name in SWITCHES},
    }
