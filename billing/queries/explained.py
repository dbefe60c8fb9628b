"""What the explanation of a charge says (B1), and its words. No decision is made here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from finance_mgmt.enums import Mode
from finance_mgmt.models import Account, Relationship
from finance_mgmt.rules.terms import Money

from ..models import Bill, Charge, Commitment, Discount, Price, Voucher

# Why something is as it is: a stable code, and what it means in a sentence.
WORDS = {
    # payer
    "no_relationship": _(
        "No relationship was in force at the start of the period: it pays itself."
    ),
    "management_pays_itself": _(
        "At the start of the period the owner was in management: it pays itself."
    ),
    "trusteeship_master_pays": _(
        "At the start of the period the owner was in trusteeship: the master pays."
    ),
    "order_at_payment": _("A prepaid order follows the terms at the instant of payment."),
    "refund_to_who_paid": _("A refund goes back to the account that paid the order."),
    "adjustment_when_made": _("A manual line follows the terms of the instant it was made."),
    # whose discount
    "own_prices": _("The owner's own contract prices."),
    "master_shares_discounts": _("The master's contract prices: it shares its discounts."),
    "master_in_trusteeship": _("The master's contract prices: it pays for the owner."),
    "product_keeps_own": _("The product keeps its user's own discount."),
    "price_was_given": _("Nothing to discount: the amount was given, or the price was overridden."),
    # vouchers
    "": _("used"),
    "not_shared_with_the_owner": _("not shared with the owner"),
    "not_valid_yet": _("not valid yet at the start of the period"),
    "expired": _("expired at the start of the period"),
    "other_products": _("for other products"),
    "below_minimum_spend": _("below its minimum spend, which looks at the amount after discount"),
    "used_up": _("nothing left on it"),
    "nothing_left_to_pay": _("nothing left to pay"),
    # bill
    "month_of_last_instant": _("The month that holds the last instant of the period."),
    "late_in_open_month": _("It came after its cycle was closed: on the bill of the open month."),
    "month_of_payment": _("The payer's open month when the money moved."),
}


@dataclass(frozen=True)
class Usage:
    """What was used: how many records, and how much of it was priced by the source."""

    records: int
    quantity: Decimal
    unit: str
    is_late: bool


@dataclass(frozen=True)
class PriceStep:
    """A part of the quantity at one unit price."""

    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


@dataclass(frozen=True)
class ListPrice:
    """The price row in force, and the steps that make the list amount (P1).

    No steps: the amount was given by the source, by an order or by hand.
    """

    price: Price | None
    steps: tuple[PriceStep, ...]
    given: Decimal


@dataclass(frozen=True)
class Cover:
    """What one commitment covered, and whose it is (K1, K2)."""

    commitment: Commitment
    is_own: bool
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Discounted:
    """Whose contract prices count, why, and the one that was best (D1, D2)."""

    of: Account
    why: str
    discount: Discount | None


@dataclass(frozen=True)
class Tried:
    """One voucher that was looked at, in order: what it paid, or why it did not (V1-V4)."""

    code: str
    voucher: Voucher | None
    paid: Decimal
    refused: str


@dataclass(frozen=True)
class Payer:
    """Who pays, by which relationship and rule."""

    account: Account
    why: str
    relationship: Relationship | None
    mode: Mode | None


@dataclass(frozen=True)
class Pocket:
    """One kind of money that may pay, in order. `amount` None: the month's bill draws it."""

    money: Money
    amount: Decimal | None = None


@dataclass(frozen=True)
class OnBill:
    """Which month's bill it is on, and why; None: not issued yet."""

    month: Any
    bill: Bill | None
    why: str


@dataclass(frozen=True)
class Explanation:
    """Everything that made one charge what it is, from usage to invoice."""

    charge: Charge
    at: datetime
    usage: Usage
    price: ListPrice
    covers: tuple[Cover, ...]
    discount: Discounted
    vouchers: tuple[Tried, ...]
    payer: Payer
    money: tuple[Pocket, ...]
    bill: OnBill
    invoice: Mapping[str, str] | None
    rules: tuple[str, ...]
