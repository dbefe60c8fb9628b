"""What a refusal may tell whom: of others only what terms and grants give (Z6, L12).

The rules name every fact they found. A master that invites a stranger must not read the
stranger's funds from the refusal: it learns what is wrong and who can mend it, without the fact.
"""

from dataclasses import replace
from typing import Any

from ..errors import Reason

# Reasons with facts about one party -> which party, and what is said instead.
PRIVATE = {
    ("L3", "member_funds_too_low"): ("member", "The member's available funds are too low."),
    ("L3", "master_funds_too_low"): ("master", "The master's available funds are too low."),
    ("L8", "member_funds_too_low"): ("member", "The member's available funds are too low."),
    ("L8", "former_master_funds_too_low"): (
        "former",
        "The former master's available funds are too low.",
    ),
    ("L10", "member_funds_too_low"): ("member", "The member's available funds are too low."),
    ("L4", "unpaid_orders"): ("member", "The member has unpaid orders."),
    ("L10", "unpaid_orders"): ("member", "The member has unpaid orders."),
    ("L4", "bills_past_due"): ("member", "The member has bills past due."),
    ("L10", "bills_past_due"): ("member", "The member has bills past due."),
    ("L4", "other_invitation"): ("member", "The member has another open invitation."),
    ("F4", "funds_too_low"): ("payer", "The payer's headroom is too low for this order."),
    ("F5", "funds_too_low"): ("payer", "The payer's available funds are too low for this order."),
    ("S3", "in_arrears"): ("payer", "The payer is in arrears."),
    ("R3", "funds_below_zero"): ("payer", "The funds that decide are below 0."),
}


def discreet(reason: Reason, request: Any) -> Reason:
    """The reason as this actor may read it. An unknown party counts as somebody else's."""
    actor = getattr(request, "actor", None)
    known = PRIVATE.get((reason.rule, reason.code))
    if known is None or actor is None or actor.sight is None:
        return reason
    party, instead = known
    if getattr(request, "parties", {}).get(party) in actor.sight.finances:
        return reason
    return replace(reason, message=instead, facts={})
