"""Decisions done again: every verb of the trail that moves money or rights, by its own service.

The facts of a decision are the arguments of its service by name; what they name is looked up.
"""

import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from inspect import signature
from typing import Any

from billing.models import Commitment, Family, Order, Product, Resource, Voucher
from billing.services import (
    adjustments,
    commitments,
    coupons,
    cycles,
    orders,
    prices,
    refunds,
    resources,
    settlement,
    vouchers,
    warnings,
)
from finance_mgmt.errors import FinanceError, Reason
from finance_mgmt.models import Account, Identity, Relationship
from finance_mgmt.services import (
    accounts,
    allocations,
    caps,
    cash,
    changes,
    credit,
    effects,
    grants,
    policy,
    relationships,
)
from invoicing.services import titles

SECOND_PERSON = "replay"  # the approval of then (Z7)

AGAIN: dict[str, Callable[..., Any]] = {
    "accounts.open": accounts.open,
    "accounts.change": accounts.change,
    "adjustments.adjust": adjustments.adjust,
    "allocations.move_many": allocations.move_many,
    "caps.set_cap": caps.set_cap,
    "cash.take_back": cash.take_back,
    "cash.top_up": cash.top_up,
    "cash.transfer": cash.transfer,
    "cash.withdraw": cash.withdraw,
    "changes.cancel": effects.cancel,
    "changes.end": changes.end,
    "changes.move": changes.move,
    "changes.upgrade": changes.upgrade,
    "commitments.add": commitments.add,
    "commitments.share": commitments.share,
    "coupons.issue": coupons.issue,
    "credit.allocate": credit.allocate,
    "credit.reclaim": credit.reclaim,
    "credit.set_limit": credit.set_limit,
    "cycles.start_closing": cycles.start_closing,
    "grants.grant": grants.grant,
    "grants.revoke": grants.revoke,
    "orders.cancel": orders.cancel,
    "orders.override_price": orders.override_price,
    "orders.pay": orders.pay,
    "orders.place": orders.place,
    "policy.change": policy.change,
    "prices.add_discount": prices.add_discount,
    "refunds.downgrade": refunds.downgrade,
    "refunds.refund": refunds.refund,
    "relationships.cancel_invitation": relationships.cancel_invitation,
    "relationships.confirm": relationships.confirm,
    "relationships.decline": relationships.decline,
    "relationships.link": relationships.link,
    "resources.release": resources.release,
    "resources.start": resources.start,
    "settlement.settle": settlement.settle,
    "settlement.settle_for": settlement.settle_for,
    "settlement.switch_unified": settlement.switch_unified,
    "titles.set_title": titles.set_title,
    "vouchers.issue": vouchers.issue,
    "vouchers.share": vouchers.share,
    "warnings.set_thresholds": warnings.set_thresholds,
}
OF_EVERYBODY = ("cycles.start_closing", "policy.change")  # these name no account

# Left out: the jobs of the replay do these themselves, or they come with the catalogue.
NOT_AGAIN = {
    "accounts.verify_identity",
    "bills.issue",
    "changes.apply",
    "changes.fail",
    "cycles.close",
    "cycles.close_through",
    "prices.set_price",
    "settlement.settle_due",
    "stock.open_product",
    "usage.accept",
}
# Nouns whose commands move no money or right of an account, or are recorded once more by the
# command that they allow; what imports bring is copied with the usage.
NOUNS_NOT_AGAIN = {
    "approvals",
    "catalog",
    "deliveries",
    "documents",
    "exports",
    "imports",
    "invoices",
    "list_files",
    "parking",
    "people",
    "recipients",
    "sellers",
    "taxes",
    "webhooks",
}


class GoneInReplay(FinanceError):
    """A command names something that, in this replay, was refused before."""

    code = "gone_in_replay"


def again(verb: str, facts: Mapping[str, Any], *, key: str, by: str, at: datetime) -> Any:
    """Do the decision again. Raises FinanceError where the rules refuse it this time."""
    service = AGAIN[verb]
    given = _SPECIAL[verb](facts) if verb in _SPECIAL else _arguments(service, facts)
    if "approved_by" in signature(service).parameters:
        given["approved_by"] = SECOND_PERSON
    return service(**given, key=key, by=by, at=at)


def _arguments(service: Callable[..., Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    kinds = typing.get_type_hints(service)
    return {
        name: _value(name, facts[name], kinds[name])
        for name in signature(service).parameters
        if name in facts
    }


def _value(name: str, fact: Any, kind: Any) -> Any:
    if fact is None:
        return None
    if name in _ROWS:
        model, column = _ROWS[name]
        return _row(model, column, fact)
    if name in _LISTS:
        model, column = _LISTS[name]
        return [_row(model, column, one) for one in fact]
    said = {*typing.get_args(kind), kind}
    if Decimal in said:
        return Decimal(str(fact))
    if datetime in said:
        return datetime.fromisoformat(fact)
    return date.fromisoformat(fact) if date in said else fact


_ROWS: dict[str, tuple[Any, str]] = {
    "account": (Account, "number"),
    "commitment": (Commitment, "code"),
    "family": (Family, "code"),
    "identity": (Identity, "pk"),
    "master": (Account, "number"),
    "member": (Account, "number"),
    "order": (Order, "number"),
    "owner": (Account, "number"),
    "product": (Product, "code"),
    "relationship": (Relationship, "pk"),
    "voucher": (Voucher, "code"),
}
_LISTS: dict[str, tuple[Any, str]] = {
    "families": (Family, "code"),
    "members": (Account, "number"),
    "products": (Product, "code"),
}


def _row(model: Any, column: str, name: Any) -> Any:
    if (found := model.objects.filter(**{column: name}).first()) is None:
        noun = model._meta.verbose_name
        text = f"There is no {noun} {name} here: what should have made it was refused."
        raise GoneInReplay(Reason("L12", "gone_in_replay", text, {str(noun): str(name)}))
    return found


def _change(facts: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(facts) | {"account": _row(Account, "number", facts["account"])}
    if "identity" in facts and given.pop("identity") is None:
        given["loses_identity"] = True
    elif "identity" in facts:
        named = {str(one): one for one in Identity.objects.all()}
        given["identity"] = named[facts["identity"]]
    return given


def _move_many(facts: Mapping[str, Any]) -> dict[str, Any]:
    moves = {member: Decimal(amount) for member, amount in facts["moves"].items()}
    return {"master": _row(Account, "number", facts["master"]), "moves": moves}


def _release(facts: Mapping[str, Any]) -> dict[str, Any]:
    rows = Resource.objects.filter(account__number=facts["account"])
    return {"resource": _row_of(rows, facts["code"])}


def _row_of(rows: Any, code: str) -> Any:
    if (found := rows.filter(code=code).first()) is None:
        text = f"There is no resource {code} here: what should have made it was refused."
        raise GoneInReplay(Reason("L12", "gone_in_replay", text, {"resource": code}))
    return found


def _thresholds(facts: Mapping[str, Any]) -> dict[str, Any]:
    named = {"warn_below": "low_funds", "warn_spend": "spending"}
    given: dict[str, Any] = {
        name: [Decimal(one) for one in facts[kind]] for name, kind in named.items() if kind in facts
    }
    setter = facts["set_by"] and _row(Account, "number", facts["set_by"])
    return given | {"account": _row(Account, "number", facts["account"]), "set_by": setter}


def _policy(facts: Mapping[str, Any]) -> dict[str, Any]:
    above = facts.get("four_eyes_above")
    amount = {} if above is None else {"four_eyes_above": Decimal(above)}
    return {"changes": dict(facts) | amount}


_SPECIAL: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "accounts.change": _change,
    "allocations.move_many": _move_many,
    "policy.change": _policy,
    "resources.release": _release,
    "warnings.set_thresholds": _thresholds,
}
