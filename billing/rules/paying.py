"""What a new order costs its payer where nothing but a discount and funds come in. Pure.

The short way of `services/hot_orders.py`. None everywhere means: not simple, go the long way,
which knows vouchers, coupons, caps, arrears and every refusal. It never means refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from finance_mgmt import money, periods
from finance_mgmt.policy import Policy
from finance_mgmt.rules.credit import Figures
from finance_mgmt.rules.terms import Money, Standing, Terms, decide

from . import discounts


@dataclass(frozen=True)
class Offered:
    """One discount in force on the product, and whose it is."""

    owner: int
    offer: discounts.Offer


@dataclass(frozen=True)
class OrderFacts:
    """All that is read before one new order is paid. `figures` are the payer's."""

    standing: Standing
    payer: int
    currency: str
    figures: Figures
    is_change_due: bool
    has_vouchers: bool
    has_coupons: bool
    has_hard_cap: bool
    is_taken: bool  # the order's number, or the code of its resource
    oldest_due_on: date | None
    closed_month: date | None
    billing_time_zone: str | None
    offers: Sequence[Offered]


@dataclass(frozen=True)
class Priced:
    """One order, decided: what it costs, and what it draws."""

    terms: Terms
    payer: int
    currency: str
    zone: ZoneInfo
    month: date
    discount: int | None
    discount_amount: Decimal
    payable: Decimal
    from_transferred: Decimal
    from_cash: Decimal
    from_credit: Decimal
    is_in_trusteeship: bool
    is_line_frozen: bool


def price(
    facts: OrderFacts,
    *,
    list_amount: Decimal,
    months: int,
    is_metered: bool,
    keeps_own_discount: bool,
    at: datetime,
) -> Priced | None:
    """Who pays, how much, and from what, by the figures given (O2, K4, D1, F4, F5, S3)."""
    zone = Policy(facts.billing_time_zone or Policy.billing_time_zone).zone
    month = periods.month_of(at, zone)
    terms = decide(facts.standing)
    if not _is_simple(facts, terms, month) or _is_past_due(facts, at.astimezone(zone).date()):
        return None
    owner = terms.discounts_for(keeps_own_discount=keeps_own_discount)
    offers = [
        one.offer
        for one in facts.offers
        if one.owner == owner and not (is_metered and one.offer.fixed_price is not None)
    ]
    chosen, payable = discounts.best(offers, list_amount, Decimal(months))
    payable = money.cut(payable, facts.currency)
    figures = facts.figures
    is_in_trusteeship = terms.payer != terms.account
    most = figures.headroom if is_in_trusteeship else figures.spendable
    if not money.ZERO < payable <= most or figures.available < money.ZERO:
        return None
    may_draw_cash = (terms.payer, Money.CASH) in terms.money
    from_cash = min(figures.cash, payable) if may_draw_cash else money.ZERO
    if terms.is_own_credit_replaced and figures.credit_limit and from_cash < payable:
        return None  # how much of what it owes is new, and so on the shared credit (F2)?
    return Priced(
        terms=terms,
        payer=terms.payer,
        currency=facts.currency,
        zone=zone,
        month=month,
        discount=chosen,
        discount_amount=list_amount - payable,
        payable=payable,
        from_transferred=min(from_cash, figures.transferred_in),
        from_cash=from_cash,
        from_credit=payable - from_cash,
        is_in_trusteeship=is_in_trusteeship,
        is_line_frozen=figures.is_own_line_frozen,
    )


def with_figures(facts: OrderFacts, figures: Figures) -> OrderFacts:
    """The same facts, where earlier orders drew on the payer."""
    return replace(facts, figures=figures)


def after(figures: Figures, priced: Priced) -> Figures:
    """The payer's figures when the order is paid."""
    return replace(
        figures,
        cash=figures.cash - priced.from_cash,
        transferred_in=figures.transferred_in - priced.from_transferred,
        used=figures.used + priced.from_credit,
    )


def _is_simple(facts: OrderFacts, terms: Terms, month: date) -> bool:
    odd = (
        facts.is_change_due
        or facts.has_vouchers
        or facts.has_coupons
        or facts.has_hard_cap
        or facts.is_taken
    )
    is_open = facts.closed_month is None or facts.closed_month < month
    return is_open and not odd and terms.payer == facts.payer


def _is_past_due(facts: OrderFacts, today: date) -> bool:
    return facts.oldest_due_on is not None and facts.oldest_due_on < today
