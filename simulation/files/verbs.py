"""Every verb of the contract with its keys."""

from collections.abc import Callable
from typing import Any

from billing.enums import VoucherShare
from finance_mgmt.enums import Channel, End, Mode, Permission

from . import heads, tiers
from .nodes import Spot
from .problems import Wrong
from .rows import Keys, Reader, may, need
from .values import (
    Noun,
    amount,
    amount_above_0,
    currency,
    each,
    earlier_event,
    flag,
    instant,
    known,
    maybe,
    month,
    months,
    number,
    one_or_more,
    text,
    word,
)

ACCOUNT, PRODUCT, ORDER = known(Noun.ACCOUNT), known(Noun.PRODUCT), known(Noun.ORDER)
GRANTS = each(word(Permission))
_PAIR: Keys = {"master": need(ACCOUNT), "member": need(ACCOUNT), "amount": need(number)}
UNSAID = ""  # left out: null says something of its own here
_ONE: Keys = {"account": need(ACCOUNT), "amount": need(number)}
_DATED: Keys = {"acknowledge": may(flag, False), "effective_at": may(instant)}
_POWER: Keys = {
    "member": need(ACCOUNT),
    "permission": need(word(Permission)),
    "to": may(word(End), End.MASTER),
}
_ANSWER: Keys = {
    "member": need(ACCOUNT),
    "master": may(ACCOUNT),
    "grants": may(GRANTS),
}

VERBS: dict[str, Keys] = {
    "link": {
        "master": need(ACCOUNT),
        "member": need(ACCOUNT),
        "mode": need(word(Mode)),
        "grants": may(GRANTS, ()),
        **_DATED,
    },
    "confirm": _ANSWER,
    "decline": _ANSWER,
    "upgrade": {"member": need(ACCOUNT), **_DATED},
    "create_member": {
        "master": need(ACCOUNT),
        "id": need(text),
        "mode": need(word(Mode)),
        "grants": may(GRANTS, ()),
        "cash": may(amount),
    },
    "change_account": {
        "account": need(ACCOUNT),
        "identity": may(maybe(text), UNSAID),
        "channel": may(word(Channel)),
        "currency": may(currency),
        "title": may(text),
    },
    "move": {"member": need(ACCOUNT), "master": need(ACCOUNT), **_DATED},
    "end": {"member": need(ACCOUNT), "effective_at": may(instant)},
    "cancel": {"member": need(ACCOUNT), "master": may(ACCOUNT)},
    "grant": _POWER,
    "revoke": _POWER,
    "set_thresholds": {
        "account": need(ACCOUNT),
        "warn_below": may(each(amount)),
        "warn_spend": may(each(amount)),
        "by": may(ACCOUNT),
    },
    "approve": {"event": need(earlier_event), "by": need(text)},
    "reject": {"event": need(earlier_event), "by": need(text)},
    "top_up": _ONE,
    "withdraw": _ONE,
    "set_credit_limit": _ONE,
    "allocate": _PAIR,
    "reclaim": _PAIR,
    "transfer": _PAIR,
    "take_back": _PAIR,
    "order": {
        "id": need(text),
        "account": need(ACCOUNT),
        "product": need(PRODUCT),
        "amount": need(number),
        "months": may(months, 1),
        "resource": may(text),
        "pay": may(flag, True),
        "kind": may(word(("new", "renew", "upgrade")), "new"),
    },
    "pay": {"order": need(ORDER)},
    "cancel_order": {"order": need(ORDER)},
    "override_price": {"order": need(ORDER), "amount": need(number)},
    "refund": {"order": need(ORDER), "amount": may(number)},
    "downgrade": {"order": need(ORDER), "amount": need(number)},
    "start": {"account": need(ACCOUNT), "resource": need(text), "product": need(PRODUCT)},
    "release": {"account": need(ACCOUNT), "resource": need(text), "product": may(PRODUCT)},
    "use": {
        "account": need(ACCOUNT),
        "product": need(PRODUCT),
        "quantity": need(number),
        "from": may(instant),
        "resource": may(text),
        "id": may(text),
    },
    "settle": {"account": need(ACCOUNT), "amount": may(number), "bill": may(month)},
    "settle_for": {
        "master": need(ACCOUNT),
        "member": need(ACCOUNT),
        "amount": may(number),
        "bill": may(month),
    },
    "unified_settlement": {"member": need(ACCOUNT), "enabled": need(flag)},
    "issue_voucher": heads.VOUCHER,
    "issue_coupon": {
        "id": need(text),
        "owner": need(ACCOUNT),
        "amount": need(amount_above_0),
        "expires": may(instant),
        **heads.SCOPE,
        "minimum_spend": may(amount),
    },
    "add_discount": heads.DISCOUNT,
    "add_commitment": heads.COMMITMENT,
    "set_price": {
        "product": need(PRODUCT),
        "unit_price": may(amount),
        "tiers": may(maybe(lambda spot, names: spot)),
    },
    "share": {
        "voucher": may(known(Noun.VOUCHER)),
        "commitment": may(known(Noun.COMMITMENT)),
        "share": need(lambda spot, names: spot),
        "members": may(each(ACCOUNT), ()),
    },
    "adjust": {"account": need(ACCOUNT), "amount": need(number), "reason": need(text)},
    "invoice": {
        "id": may(text),
        "issuer": need(ACCOUNT),
        "members": may(one_or_more(ACCOUNT)),
        "month": need(month),
    },
    "credit_note": {"invoice": need(known(Noun.INVOICE)), "amount": may(number)},
    "cap": {"member": need(ACCOUNT), "amount": need(amount), "hard": need(flag)},
}

# What a verb makes under a name of its own, for the events after it.
MAKES = {
    "create_member": Noun.ACCOUNT,
    "order": Noun.ORDER,
    "invoice": Noun.INVOICE,
    "issue_voucher": Noun.VOUCHER,
    "issue_coupon": Noun.VOUCHER,
    "add_commitment": Noun.COMMITMENT,
}

Special = Callable[[Reader, Spot], dict[str, Any] | None]


def read(reader: Reader, verb: str, spot: Spot) -> dict[str, Any] | None:
    """The keys of one event's verb; None where something was noted."""
    special = _SPECIAL.get(verb)
    return special(reader, spot) if special else reader.row(spot, VERBS[verb])


def _exactly_one(reader: Reader, spot: Spot, row: dict[str, Any] | None, *names: str) -> bool:
    if row is None:
        return False
    if sum(row[name] is not None for name in names) == 1:
        return True
    reader.note(spot, f"needs either {' or '.join(names)}.")
    return False


def _price(reader: Reader, spot: Spot) -> dict[str, Any] | None:
    row = reader.row(spot, VERBS["set_price"])
    if row is None or not _exactly_one(reader, spot, row, "unit_price", "tiers"):
        return None
    if row["tiers"] is not None:
        row["tiers"] = tiers.read(reader, row["tiers"])
        return row if row["tiers"] else None
    return row


def _share(reader: Reader, spot: Spot) -> dict[str, Any] | None:
    row = reader.row(spot, VERBS["share"])
    if row is None or not _exactly_one(reader, spot, row, "voucher", "commitment"):
        return None
    if row["commitment"] and row["members"]:
        reader.note(spot, 'a commitment is shared with all members or none; leave "members" out.')
        return None
    kind = word(VoucherShare) if row["voucher"] else flag
    try:
        row["share"] = kind(row["share"], reader.names)
    except Wrong as wrong:
        reader.note(row["share"], wrong.what)
        return None
    return row


_SPECIAL: dict[str, Special] = {
    "issue_voucher": heads.voucher,
    "add_discount": heads.discount,
    "add_commitment": heads.commitment,
    "set_price": _price,
    "share": _share,
}
