"""What the trail says in plain words: commands by their verbs, facts by their names (Z8).

Only for people: a verb or a name that is not here is shown as it was written down.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

VERBS = {
    "accounts.change": lazy("Account changed"),
    "accounts.open": lazy("Account opened"),
    "accounts.verify_identity": lazy("Identity verified"),
    "adjustments.adjust": lazy("Bill adjusted"),
    "allocations.move_many": lazy("Credit allocated to members"),
    "approvals.approve": lazy("Request approved"),
    "approvals.ask": lazy("Approval asked for"),
    "approvals.reject": lazy("Request rejected"),
    "approvals.withdraw": lazy("Request withdrawn"),
    "bills.issue": lazy("Bill issued"),
    "caps.set_cap": lazy("Member capped"),
    "cash.take_back": lazy("Cash taken back"),
    "cash.top_up": lazy("Account topped up"),
    "cash.transfer": lazy("Cash transferred"),
    "cash.withdraw": lazy("Cash withdrawn"),
    "catalog.ensure_source": lazy("Usage source named"),
    "catalog.load_price_book": lazy("Prices loaded"),
    "catalog.name_account": lazy("Account named to a source"),
    "changes.apply": lazy("Planned change took effect"),
    "changes.cancel": lazy("Planned change cancelled"),
    "changes.end": lazy("Relationship ended"),
    "changes.fail": lazy("Planned change failed"),
    "changes.move": lazy("Member moved"),
    "changes.upgrade": lazy("Relationship upgraded"),
    "commitments.add": lazy("Commitment added"),
    "commitments.share": lazy("Commitment shared or not"),
    "coupons.issue": lazy("Coupon issued"),
    "credit.allocate": lazy("Credit allocated"),
    "credit.reclaim": lazy("Credit reclaimed"),
    "credit.set_limit": lazy("Credit limit set"),
    "cycles.close": lazy("Cycles closed"),
    "cycles.close_through": lazy("Cycles closed up to an instant"),
    "cycles.start_closing": lazy("Closing started"),
    "grants.grant": lazy("Powers granted"),
    "grants.revoke": lazy("Powers given up"),
    "imports.receive": lazy("File received"),
    "imports.resolve": lazy("Parked row resolved"),
    "invoices.issue": lazy("Invoice issued"),
    "orders.cancel": lazy("Order cancelled"),
    "orders.override_price": lazy("Price overridden"),
    "orders.pay": lazy("Order paid"),
    "orders.place": lazy("Order placed"),
    "parking.park": lazy("Account parked"),
    "parking.release": lazy("Account released"),
    "people.appoint": lazy("User appointed"),
    "people.dismiss": lazy("User dismissed"),
    "policy.change": lazy("Policy changed"),
    "prices.add_discount": lazy("Discount given"),
    "prices.set_price": lazy("Price set"),
    "recipients.add": lazy("Recipient added"),
    "recipients.remove": lazy("Recipient removed"),
    "recipients.set_contact": lazy("Billing e-mail set"),
    "refunds.downgrade": lazy("Order downgraded"),
    "refunds.refund": lazy("Order refunded"),
    "relationships.cancel": lazy("Invitation cancelled"),
    "relationships.confirm": lazy("Invitation confirmed"),
    "relationships.decline": lazy("Invitation declined"),
    "relationships.link": lazy("Member linked"),
    "resources.release": lazy("Resource released"),
    "resources.start": lazy("Resource started"),
    "sellers.set_seller": lazy("Seller set"),
    "settlement.settle": lazy("Bill settled"),
    "settlement.settle_due": lazy("Bill settled when due"),
    "settlement.settle_for": lazy("Bill settled by the master"),
    "settlement.switch_unified": lazy("Unified settlement switched"),
    "taxes.set_rate": lazy("Tax rate set"),
    "titles.set_title": lazy("Invoice title set"),
    "usage.accept": lazy("Usage reported"),
    "vouchers.issue": lazy("Voucher issued"),
    "vouchers.share": lazy("Voucher shared or not"),
    "warnings.set_thresholds": lazy("Thresholds set"),
    "webhooks.add": lazy("Webhook added"),
    "webhooks.remove": lazy("Webhook removed"),
}

FACTS = {
    "account": lazy("account"),
    "after": lazy("after"),
    "amount": lazy("amount"),
    "arguments": lazy("arguments"),
    "charges": lazy("charges"),
    "code": lazy("code"),
    "currency": lazy("currency"),
    "effective_at": lazy("takes effect"),
    "expires_at": lazy("expires at"),
    "file": lazy("file"),
    "grants": lazy("powers"),
    "identity": lazy("verified identity"),
    "key": lazy("record key"),
    "kind": lazy("kind"),
    "limit": lazy("credit limit"),
    "list_amount": lazy("list price"),
    "master": lazy("master"),
    "member": lazy("member"),
    "members": lazy("members"),
    "mode": lazy("mode"),
    "month": lazy("month"),
    "months": lazy("months"),
    "name": lazy("name"),
    "number": lazy("number"),
    "order": lazy("order"),
    "owner": lazy("owner"),
    "owners": lazy("owners"),
    "payer": lazy("payer"),
    "payers": lazy("payers"),
    "product": lazy("product"),
    "reason": lazy("reason"),
    "records": lazy("records"),
    "relationship": lazy("relationship"),
    "resource": lazy("resource"),
    "resources": lazy("resources"),
    "rows": lazy("rows"),
    "run": lazy("run"),
    "sha256": lazy("fingerprint"),
    "source": lazy("source"),
    "starts_at": lazy("starts at"),
    "step": lazy("step"),
    "through": lazy("through"),
    "units": lazy("units"),
    "verb": lazy("command"),
}


def said(verb: str) -> Any:
    """A command in words."""
    return VERBS.get(verb, verb)


def named(fact: str) -> Any:
    """The name of a fact in words."""
    return FACTS.get(fact, fact.replace("_", " "))


def value_of(name: str, value: Any) -> Any:
    """A fact's value in words: the command that is asked for, yes or no."""
    if name == "verb":
        return said(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return value
