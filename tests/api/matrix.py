"""Which address lets whom do what. One row per write; an address without a row fails the test.

Accounts are those of world.py. `staff` is the permission that staff need; `roles` who may do it
for an account: owners, finance, or nobody. `may` are the owners that get through to the row of
the address, `sees` those that see the row and no more (403); for all others it does not exist.
"""

from dataclasses import dataclass, field
from typing import Any

OWNERS, MONEY, NOBODY = ("owner",), ("owner", "finance"), ()
PAIR = {"member": "G", "amount": "1.00", "currency": "CNY"}


@dataclass(frozen=True)
class Write:
    """One write: on which row, with which body, by whom."""

    staff: str
    roles: tuple[str, ...] = NOBODY
    row: str = ""  # "kind of account": a row that world.py made
    may: str = ""
    sees: str = ""
    body: Any = field(default_factory=dict)
    method: str = "post"


WRITES: dict[str, list[Write]] = {
    "account-users": [Write("appoint_user")],
    "account-users/{id}/dismiss": [Write("appoint_user", row="user M")],
    "accounts": [Write("open_account")],
    "accounts/{number}/change": [Write("open_account", row="account M")],
    "accounts/{number}/credit-limit": [
        Write("set_credit_limit", row="account M", body={"limit": "9.00", "currency": "CNY"})
    ],
    "accounts/{number}/members": [
        Write(
            "open_account",
            OWNERS,
            f"account {name}",
            may=name,
            sees=sees,
            body={"number": "new", "name": "New", "mode": "management"},
        )
        for name, sees in (("M", ""), ("T", "M"))
    ],
    "allocations": [Write("allocate", MONEY, body=PAIR)],
    "reclaims": [Write("reclaim", MONEY, body=PAIR)],
    "transfers": [Write("transfer", MONEY, body=PAIR)],
    "take-backs": [Write("transfer", MONEY, body=PAIR)],
    "top-ups": [Write("top_up")],
    "withdrawals": [Write("withdraw", MONEY, body={"amount": "1.00", "currency": "CNY"})],
    "approvals/{id}/approve": [Write("approve", OWNERS, "approval M", may="M")],
    "approvals/{id}/reject": [Write("approve", OWNERS, "approval M", may="M")],
    "approvals/{id}/withdraw": [Write("finance_mgmt.view_approval", MONEY, "approval M", may="M")],
    "caps": [Write("set_cap", MONEY)],
    "grants": [Write("grant", OWNERS)],
    "grants/{id}": [
        Write("grant", OWNERS, "view_bills G", may="MG", method="delete"),
        Write("grant", OWNERS, "share_discounts G", may="M", sees="G", method="delete"),
    ],
    "accounts/{number}/contact": [
        Write("set_recipient", OWNERS, "account M", may="M", body={"email": "", "language": "en"})
    ],
    "recipients": [Write("set_recipient", OWNERS)],
    "recipients/{id}/change": [Write("set_recipient", OWNERS, "recipient M", may="M")],
    "recipients/{id}": [
        Write("set_recipient", OWNERS, "recipient M", may="M", method="delete"),
    ],
    "webhooks": [Write("set_webhook", OWNERS)],
    "webhooks/{id}/change": [Write("set_webhook", OWNERS, "webhook M", may="M")],
    "webhooks/{id}/replace-secret": [Write("set_webhook", OWNERS, "webhook M", may="M")],
    "webhooks/{id}/test": [Write("set_webhook", OWNERS, "webhook M", may="M")],
    "webhooks/{id}": [Write("set_webhook", OWNERS, "webhook M", may="M", method="delete")],
    "deliveries/{id}/requeue": [Write("set_webhook", MONEY, "delivery M", may="M")],
    "thresholds": [Write("set_thresholds", MONEY)],
    "identities": [Write("verify_identity")],
    "relationships": [Write("link", OWNERS)],
    "relationships/{id}/confirm": [Write("link", OWNERS, "link T", may="T", sees="M")],
    "relationships/{id}/decline": [Write("link", OWNERS, "link T", may="T", sees="M")],
    "relationships/{id}/cancel": [Write("link", OWNERS, "link T", may="M", sees="T")],
    "relationships/{id}/upgrade": [Write("upgrade", OWNERS, "link G", may="M", sees="G")],
    "relationships/{id}/end": [Write("end", OWNERS, "link T", may="M", sees="T")],
    "relationships/{id}/move": [Write("move", row="link T", body={"master": "X"})],
    "relationships/{id}/unified-settlement": [
        Write("settle", OWNERS, "link G", may="MG", body={"is_on": False}),
        Write("settle", OWNERS, "link G", may="M", sees="G", body={"is_on": True}),
    ],
    "runs/{id}/retry": [Write("run_jobs", row="run")],
    "closing/start": [Write("run_jobs")],
    "closing/close": [Write("run_jobs")],
    "closing/close/preview": [Write("run_jobs")],
    "jobs": [Write("run_jobs")],
    "products": [Write("sell")],
    "prices": [Write("sell")],
    "discounts": [Write("give_discount")],
    "vouchers": [Write("issue_voucher")],
    "vouchers/{code}/share": [
        Write("issue_voucher", MONEY, "code M", may="M", body={"share": "private"})
    ],
    "coupons": [Write("issue_voucher")],
    "commitments": [Write("add_commitment")],
    "commitments/{code}/share": [
        Write("add_commitment", MONEY, "code M", may="M", body={"is_shared": True})
    ],
    "resources": [Write("run_resource", OWNERS)],
    "resources/{id}/release": [
        Write("run_resource", OWNERS, "resource T", may="MT"),
        Write("run_resource", OWNERS, "resource G", may="G", sees="M"),
    ],
    "orders": [Write("place_order")],
    "orders/bulk": [Write("place_order")],
    "orders/{number}/pay": [
        Write("place_order", MONEY, "code T", may="MT"),
        Write("place_order", MONEY, "code G", may="G", sees="M"),
        Write("place_order", MONEY, "code R", may="R", sees="M"),
    ],
    "orders/{number}/cancel": [Write("place_order", MONEY, "code T", may="MT")],
    "orders/{number}/refund": [
        Write("refund", MONEY, "code T", may="MT"),
        Write("refund", MONEY, "code R", may="R", sees="M"),
        Write("refund", MONEY, "code M", sees="M", body={"amount": "1.00"}),
    ],
    "orders/{number}/downgrade": [Write("refund", row="code T", body={"amount": "1.00"})],
    "orders/{number}/override-price": [
        Write("override_price", row="code T", body={"amount": "1.00", "currency": "CNY"})
    ],
    "usage": [Write("report_usage")],
    "sources": [Write("report_usage")],
    "imports": [Write("billing.add_usageimport")],
    "what-ifs": [Write("simulation.add_whatif")],
    "adjustments": [Write("adjust")],
    "settlements": [Write("settle", MONEY)],
    "settlements/for-member": [Write("settle", MONEY, body={"member": "G"})],
    "invoice-titles": [Write("invoicing.set_title", MONEY)],
    "tax-rates": [Write("invoicing.set_tax_rate")],
    "sellers": [Write("invoicing.set_seller")],
    "invoices": [Write("invoicing.issue_invoice", MONEY)],
    "credit-notes": [Write("invoicing.issue_credit_note", MONEY)],
}

# Previews ask for the same as their commands.
PREVIEWED = (
    "accounts/{number}/credit-limit",
    "accounts/{number}/members",
    "adjustments",
    "allocations",
    "credit-notes",
    "grants",
    "invoice-titles",
    "invoices",
    "orders",
    "orders/{number}/override-price",
    "orders/{number}/pay",
    "orders/{number}/refund",
    "reclaims",
    "relationships",
    "relationships/{id}/confirm",
    "relationships/{id}/end",
    "relationships/{id}/move",
    "relationships/{id}/upgrade",
    "sellers",
    "settlements",
    "settlements/for-member",
    "take-backs",
    "transfers",
    "withdrawals",
)
WRITES |= {f"{path}/preview": WRITES[path] for path in PREVIEWED}

# A person's own (test_tokens.py), and what test_reads.py walks through.
OF_THE_PERSON = {"post tokens", "get tokens", "delete tokens/{prefix}", "get me"}
READS = {
    "accounts": "number",
    "account-users": "id",
    "adjustments": "id",
    "approvals": "id",
    "bills": "id",
    "caps": "id",
    "charges": "id",
    "closing": "",
    "commitments": "code",
    "coupons": "code",
    "credit-notes": "number",
    "decisions": "id",
    "deliveries": "id",
    "discounts": "id",
    "families": "code",
    "grants": "id",
    "identities": "id",
    "imports": "id",
    "invoice-titles": "id",
    "invoices": "number",
    "movements": "id",
    "notices": "id",
    "orders": "number",
    "prices": "id",
    "products": "code",
    "recipients": "id",
    "relationships": "id",
    "resources": "id",
    "runs": "id",
    "sellers": "id",
    "settlements": "id",
    "sources": "code",
    "tax-rates": "id",
    "thresholds": "id",
    "usage": "id",
    "vouchers": "code",
    "webhooks": "id",
    "what-ifs": "id",
}
# Movements of one kind each: rows of "movements" (test_money_lists).
MOVES = ("allocations", "reclaims", "take-backs", "top-ups", "transfers", "withdrawals")
NESTED = {
    "accounts/{number}/contact",
    "accounts/{number}/credit-limit",
    "accounts/{number}/funds",
    "accounts/{number}/runway",
    "accounts/{number}/invoice-candidates",
    "accounts/{number}/terms",
    "accounts/{number}/timeline",
    "bills/{id}/focus",
    "bills/{id}/lines",
    "bills/{id}/owners",
    "credit-notes/{number}/pdf",
    "credit-notes/{number}/xml",
    "imports/{id}/rows",
    "invoices/owed",
    "invoices/{number}/pdf",
    "invoices/{number}/xml",
    "invoices/{number}/lines",
    "charges/{id}/explanation",
    "sellers/current",
    "showback",
    "showback/file",
}


def addresses() -> set[str]:
    """All of the above, as the schema names them."""
    reads = {f"get {path}" for path in READS} | {f"get {path}" for path in NESTED}
    reads |= {f"get {path}/{{{key}}}" for path, key in READS.items() if key}
    reads |= {f"get {path}{row}" for path in MOVES for row in ("", "/{id}")}
    writes = {f"{rows[0].method} {path}" for path, rows in WRITES.items()}
    return reads | writes | OF_THE_PERSON
