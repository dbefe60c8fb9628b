"""The rows of a file's head, and of the events that make the same things later."""

from typing import Any

from billing.enums import VoucherShare
from finance_mgmt.enums import Channel, Cycle

from .nodes import Spot
from .rows import Keys, Reader, may, need
from .values import (
    Noun,
    amount,
    amount_above_0,
    currency,
    each,
    flag,
    instant,
    known,
    maybe,
    rate,
    rate_above_0,
    text,
    word,
)

ACCOUNT: Keys = {
    "id": need(text),
    "identity": may(maybe(text)),
    "channel": may(word(Channel), Channel.DIRECT),
    "currency": may(currency, "CNY"),
    "cash": may(amount),
    "credit_limit": may(amount),
    "title": may(text),
    "warn_below": may(each(amount), ()),
    "warn_spend": may(each(amount), ()),
}
PRODUCT: Keys = {
    "code": need(text),
    "family": need(text),
    "cycle": may(word(Cycle), ""),
    "unit_price": may(amount),
    "keeps_own_discount": may(flag, False),
}
DISCOUNT: Keys = {
    "owner": need(known(Noun.ACCOUNT)),
    "product": may(known(Noun.PRODUCT)),
    "family": may(known(Noun.FAMILY)),
    "rate": need(rate),
}
SCOPE: Keys = {
    "products": may(each(known(Noun.PRODUCT)), ()),
    "families": may(each(known(Noun.FAMILY)), ()),
}
VOUCHER: Keys = {
    "id": need(text),
    "owner": need(known(Noun.ACCOUNT)),
    "amount": need(amount_above_0),
    "expires": may(instant),
    **SCOPE,
    "minimum_spend": may(amount),
    "share": may(word(VoucherShare)),
    "members": may(each(known(Noun.ACCOUNT)), ()),
}
KINDS = ("reserved_instance", "savings_plan", "storage_capacity_unit")
COMMITMENT: Keys = {
    "id": need(text),
    "owner": need(known(Noun.ACCOUNT)),
    "kind": need(word(KINDS)),
    "product": may(known(Noun.PRODUCT)),
    "family": may(known(Noun.FAMILY)),
    "families": may(each(known(Noun.FAMILY)), ()),
    "quantity": may(amount_above_0),
    "commit": may(amount_above_0),
    "rate": may(rate_above_0),
    "share": may(flag, False),
    "starts": may(instant),
    "expires": may(instant),
}
OF_KIND = {  # which keys each kind of commitment has, and no other
    "reserved_instance": {"product", "quantity"},
    "savings_plan": {"commit", "rate", "families"},
    "storage_capacity_unit": {"family", "quantity"},
}


def discount(reader: Reader, spot: Spot) -> dict[str, Any] | None:
    """A contract price cut (D1)."""
    row = reader.row(spot, DISCOUNT)
    if row and row["product"] and row["family"]:
        reader.note(spot, "has a product and a family; give one of them, or neither for all.")
        return None
    return row


def voucher(reader: Reader, spot: Spot) -> dict[str, Any] | None:
    """Promotional money (V1, V3)."""
    row = reader.row(spot, VOUCHER)
    if row and (row["share"] == VoucherShare.LISTED_MEMBERS) != bool(row["members"]):
        reader.note(spot, 'needs "members" for the share "listed_members", and for no other.')
        return None
    return row


def commitment(reader: Reader, spot: Spot) -> dict[str, Any] | None:
    """A prepaid benefit (K1): each kind has keys of its own."""
    row = reader.row(spot, COMMITMENT)
    if row is None:
        return None
    kind, noted = row["kind"], len(reader.problems)
    for name in sorted(set().union(*OF_KIND.values())):
        is_given = bool(row[name])
        if is_given and name not in OF_KIND[kind]:
            reader.note(spot, f'a {kind} has no "{name}".')
        if name in OF_KIND[kind] and not is_given:
            reader.note(spot, f'the key "{name}" is missing.')
    if row["starts"] and row["expires"] and row["expires"] <= row["starts"]:
        reader.note(spot, "must expire after it starts.")
    return row if len(reader.problems) == noted else None
