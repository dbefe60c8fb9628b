"""The lists of a scenario's outcome and their columns, as the contract promises them.

Keys may be added, never renamed. Said once: the writer fills them, `expect` compares by them.
"""

from enum import Enum, auto


class Column(Enum):
    """What a column holds, and so how it is written and compared."""

    TEXT = auto()  # compared letter by letter; nothing and "" are the same
    FLAG = auto()  # true or false
    NUMBER = auto()  # compared as a number
    INSTANT = auto()  # compared as an instant, whatever the offset
    TEXTS = auto()  # texts in any order
    ROWS = auto()  # rows of free form: each expected one must be there
    FREE = auto()  # anything: compared by what it looks like


_TEXT, _FLAG, _NUMBER = Column.TEXT, Column.FLAG, Column.NUMBER
_INSTANT, _TEXTS, _ROWS, _FREE = Column.INSTANT, Column.TEXTS, Column.ROWS, Column.FREE

LISTS: dict[str, dict[str, Column]] = {
    "refusals": {
        "event": _NUMBER,
        "at": _INSTANT,
        "verb": _TEXT,
        "code": _TEXT,
        "rules": _TEXTS,
        "reasons": _ROWS,
    },
    "relationships": {
        "master": _TEXT,
        "member": _TEXT,
        "mode": _TEXT,
        "state": _TEXT,
        "effective_from": _INSTANT,
        "effective_to": _INSTANT,
        "grants": _TEXTS,
    },
    "charges": {
        "kind": _TEXT,
        "owner": _TEXT,
        "payer": _TEXT,
        "product": _TEXT,
        "resource": _TEXT,
        "period_start": _INSTANT,
        "period_end": _INSTANT,
        "quantity": _NUMBER,
        "list_amount": _NUMBER,
        "covered_amount": _NUMBER,
        "discount_amount": _NUMBER,
        "voucher_amount": _NUMBER,
        "payable_amount": _NUMBER,
        "discount_of": _TEXT,
        "bill": _TEXT,
        "late": _FLAG,
        "rules": _TEXTS,
    },
    "coverage": {
        "commitment": _TEXT,
        "owner": _TEXT,
        "product": _TEXT,
        "period_start": _INSTANT,
        "quantity": _NUMBER,
        "amount": _NUMBER,
    },
    "orders": {
        "id": _TEXT,
        "owner": _TEXT,
        "payer": _TEXT,
        "status": _TEXT,
        "list_amount": _NUMBER,
        "discount_amount": _NUMBER,
        "voucher_amount": _NUMBER,
        "payable_amount": _NUMBER,
        "from_cash": _NUMBER,
        "from_credit": _NUMBER,
        "refunded": _NUMBER,
    },
    "bills": {
        "account": _TEXT,
        "month": _TEXT,
        "total": _NUMBER,
        "round_off": _NUMBER,
        "from_cash": _NUMBER,
        "on_credit": _NUMBER,
        "outstanding": _NUMBER,
        "due_on": _TEXT,
        "status": _TEXT,
        "charges": _NUMBER,
    },
    "settlements": {
        "at": _INSTANT,
        "bill": _TEXT,
        "by": _TEXT,
        "account": _TEXT,
        "amount": _NUMBER,
    },
    "funds": {
        "account": _TEXT,
        "cash": _NUMBER,
        "transferred_in": _NUMBER,
        "credit_limit": _NUMBER,
        "effective_limit": _NUMBER,
        "allocated_in": _NUMBER,
        "allocated_out": _NUMBER,
        "used": _NUMBER,
        "unsettled": _NUMBER,
        "available": _NUMBER,
        "headroom": _NUMBER,
        "overshoot": _NUMBER,
    },
    "movements": {
        "at": _INSTANT,
        "account": _TEXT,
        "owner": _TEXT,
        "kind": _TEXT,
        "from": _TEXT,
        "to": _TEXT,
        "amount": _NUMBER,
        "reason": _TEXT,
    },
    "vouchers": {"id": _TEXT, "owner": _TEXT, "remaining": _NUMBER, "frozen": _FLAG},
    "resources": {
        "resource": _TEXT,
        "account": _TEXT,
        "product": _TEXT,
        "status": _TEXT,
        "subject": _TEXT,
        "refundable": _FREE,
    },
    "notices": {
        "at": _INSTANT,
        "to": _TEXT,
        "about": _TEXT,
        "kind": _TEXT,
        "threshold": _NUMBER,
    },
    "invoices": {
        "number": _TEXT,
        "issuer": _TEXT,
        "title": _TEXT,
        "members": _TEXTS,
        "total": _NUMBER,
        "tax": _NUMBER,
        "status": _TEXT,
        "lines": _NUMBER,
    },
    "credit_notes": {"number": _TEXT, "invoice": _TEXT, "total": _NUMBER},
    "previews": {
        "event": _NUMBER,
        "at": _INSTANT,
        "verb": _TEXT,
        "would": _FREE,
        "reasons": _ROWS,
    },
}

# Columns that we add to the contract's.
MORE: dict[str, dict[str, Column]] = {
    "relationships": {"trusteeship_from": _INSTANT, "grants_to_member": _TEXTS},
    "charges": {"month": _TEXT},
    "movements": {"from_account": _TEXT, "to_account": _TEXT},
    "invoices": {"id": _TEXT},
}

CHECKS = ("ledger_balanced", "bills_add_up", "usage_charged_once", "limits_kept")


def columns(name: str) -> dict[str, Column]:
    """All columns of a list that a row has and that may be expected."""
    return LISTS[name] | MORE.get(name, {})
