"""What the trail says in plain words: commands by their verbs, facts by their names (Z8).

Only for people: a verb or a name that is not here is shown as it was written down.
"""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from .fact_words import FACTS

ACTORS = {  # scheduled jobs; people are called by their names
    "job:approvals": lazy("job: requests that expire"),
    "job:bill": lazy("job: issue bills"),
    "job:changes": lazy("job: planned changes"),
    "job:close": lazy("job: close cycles"),
    "job:invitations": lazy("job: invitations that expire"),
    "job:resources": lazy("job: suspend and resume"),
    "job:settle": lazy("job: settle what is due"),
    "job:verify": lazy("job: recompute the books"),
    "job:warnings": lazy("job: warnings"),
}
VERBS = {
    "accounts.change": lazy("Account changed"),
    "accounts.open": lazy("Account opened"),
    "accounts.verify_identity": lazy("Identity verified"),
    "adjustments.adjust": lazy("Bill adjusted"),
    "allocations.move_many": lazy("Credit allocated to members"),
    "approvals.approve": lazy("Request approved"),
    "approvals.ask": lazy("Approval asked for"),
    "approvals.expire": lazy("Request expired"),
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
    "credit_notes.issue": lazy("Credit note issued"),
    "cycles.close": lazy("Cycles closed"),
    "cycles.close_through": lazy("Cycles closed up to an instant"),
    "cycles.start_closing": lazy("Closing started"),
    "deliveries.requeue": lazy("Delivery tried again"),
    "documents.render": lazy("Document made"),
    "exports.ask": lazy("File of a bill asked for"),
    "grants.grant": lazy("Powers granted"),
    "grants.revoke": lazy("Powers given up"),
    "imports.receive": lazy("File received"),
    "imports.resolve": lazy("Parked row resolved"),
    "invoices.issue": lazy("Invoice issued"),
    "list_files.ask": lazy("File of a list asked for"),
    "orders.cancel": lazy("Order cancelled"),
    "orders.override_price": lazy("Price overridden"),
    "orders.pay": lazy("Order paid"),
    "orders.place": lazy("Order placed"),
    "parking.park": lazy("Account parked"),
    "parking.release": lazy("Account released"),
    "people.appoint": lazy("User appointed"),
    "people.dismiss": lazy("User dismissed"),
    "people.issue_token": lazy("API token issued"),
    "people.revoke_token": lazy("API token revoked"),
    "policy.change": lazy("Policy changed"),
    "prices.add_discount": lazy("Discount given"),
    "prices.set_price": lazy("Price set"),
    "recipients.add": lazy("Recipient added"),
    "recipients.change": lazy("Recipient changed"),
    "recipients.remove": lazy("Recipient removed"),
    "recipients.set_contact": lazy("Billing e-mail set"),
    "refunds.downgrade": lazy("Order downgraded"),
    "refunds.refund": lazy("Order refunded"),
    "relationships.cancel": lazy("Invitation cancelled"),
    "relationships.confirm": lazy("Invitation confirmed"),
    "relationships.decline": lazy("Invitation declined"),
    "relationships.expire": lazy("Invitation expired"),
    "relationships.link": lazy("Member linked"),
    "resources.release": lazy("Resource released"),
    "resources.start": lazy("Resource started"),
    "sellers.set_seller": lazy("Seller set"),
    "settlement.settle": lazy("Bill settled"),
    "settlement.settle_due": lazy("Bill settled when due"),
    "settlement.settle_for": lazy("Bill settled by the master"),
    "settlement.switch_unified": lazy("Unified settlement switched"),
    "stock.open_product": lazy("Product added"),
    "taxes.set_rate": lazy("Tax rate set"),
    "titles.set_title": lazy("Invoice title set"),
    "usage.accept": lazy("Usage reported"),
    "vouchers.issue": lazy("Voucher issued"),
    "vouchers.share": lazy("Voucher shared or not"),
    "warnings.set_thresholds": lazy("Thresholds set"),
    "webhooks.add": lazy("Webhook added"),
    "webhooks.change": lazy("Webhook changed"),
    "webhooks.remove": lazy("Webhook removed"),
    "webhooks.replace_secret": lazy("Webhook secret replaced"),
    "webhooks.send_test": lazy("Webhook tested"),
}

# Facts that hold a word of ours, as the database has it: trusteeship, view_bills.
WORDS = (
    "channel",
    "cycle",
    "grants",
    "kind",
    "mode",
    "permission",
    "permissions",
    "share",
    "state",
)


def actor(by: str) -> Any:
    """Who did it: a person by name, a job in words."""
    return ACTORS.get(by, by)


def said(verb: str) -> Any:
    """A command in words."""
    return VERBS.get(verb, verb)


def named(fact: str) -> Any:
    """The name of a fact in words."""
    return FACTS.get(fact, fact.replace("_", " "))


def value_of(name: str, value: Any) -> Any:
    """A fact's value in words: the command that is asked for, yes or no, a word of ours."""
    if name == "verb":
        return said(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name in WORDS and isinstance(value, str) and value:
        return ", ".join(_(one.replace("_", " ")) for one in value.split(", "))
    return value
