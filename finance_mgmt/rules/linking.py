"""May this member be linked to this master? One staircase, every failing step named (L12). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from ..enums import Channel, Mode
from ..errors import Reason
from ..money import ZERO, plain, shown


@dataclass(frozen=True)
class Party:
    """One end, as far as the rules look at it. `identity` None: not verified."""

    number: str
    identity: int | None
    channel: Channel
    currency: str
    credit_limit: Decimal
    available: Decimal
    is_master_now: bool = False  # of anybody, at or after the instant
    is_member_now: bool = False  # of somebody, at or after the instant
    open_invitations: tuple[str, ...] = ()  # numbers of the masters that invite it
    allocated_in: Decimal = ZERO
    restored_available: Decimal = ZERO  # with its own credit line counted in full (L10)
    facts: Mapping[str, Any] = field(default_factory=dict)  # from LINK_FACTS of upper floors


def judge(*, master: Party, member: Party, mode: Mode, has_acknowledged: bool) -> list[Reason]:
    """All reasons against the link, in the order of the rules; empty: it may be made (L1-L4)."""
    if master.number == member.number:
        return [_reason("L1", "linked_to_itself", "An account can't be linked to itself.")]
    reasons = _chains(master, member)
    if mode == Mode.TRUSTEESHIP:
        reasons += _trusteeship(master, member)
        reasons += _open_cycle(member, master, member, has_acknowledged)
    else:
        reasons += _management(master, member)
    return reasons + _clean_member(member) + _other_invitations(member)


def judge_upgrade(*, master: Party, member: Party, has_acknowledged: bool) -> list[Reason]:
    """All reasons against management becoming trusteeship in place (L7: L2-L4, and reclaim)."""
    reasons = _trusteeship(master, member) + _open_cycle(member, master, member, has_acknowledged)
    reasons += _clean_member(member) + _other_invitations(member)
    return reasons + _allocated("L7", member)


def judge_end(*, member: Party) -> list[Reason]:
    """All reasons against ending a relationship of either mode (L10)."""
    return _allocated("L10", member) + _clean_member(member, rule="L10") + _own_funds(member)


def judge_move(
    *, former: Party, master: Party, member: Party, mode: Mode, has_acknowledged: bool
) -> list[Reason]:
    """All reasons against a move between masters at one instant: both ends' rules (L8).

    The new end's are L1, L2 and L4, and L3 asked of the payer of the open cycle: in trusteeship
    the former master, at least 0. The former end's are those of L10; its orders and bills are
    asked for by L4 already. Its own-funds rule is asked, too: a move is no way around an end that
    would be refused, and hands no master a member that owes more than its own line bears.
    """
    if master.number in (former.number, member.number):
        text = f"{member.number} can't move to {master.number}."
        return [_reason("L8", "moved_to_itself", text, master=master.number)]
    reasons = _chains(master, replace(member, is_member_now=False))
    if mode == Mode.TRUSTEESHIP:
        reasons += _trusteeship(master, member)
        reasons += _open_cycle(former, master, member, has_acknowledged, rule="L8")
    else:
        reasons += _management(master, member)
    reasons += _clean_member(member) + _other_invitations(member)
    return reasons + _allocated("L10", member) + _own_funds(member)


def _chains(master: Party, member: Party) -> list[Reason]:
    reasons = []
    if member.is_member_now:
        text = f"{member.number} already has a master. End that relationship first, or move it."
        reasons.append(_reason("L1", "member_has_a_master", text, member=member.number))
    if member.is_master_now:
        text = f"{member.number} is a master itself. A master is nobody's member."
        reasons.append(_reason("L1", "member_is_a_master", text, member=member.number))
    if master.is_member_now:
        text = f"{master.number} is a member itself. A member is nobody's master."
        reasons.append(_reason("L1", "master_is_a_member", text, master=master.number))
    return reasons


def _trusteeship(master: Party, member: Party) -> list[Reason]:
    reasons = []
    for end, party in (("master", master), ("member", member)):
        if party.identity is None:
            text = f"{party.number} has no verified identity. Trusteeship needs one."
            reasons.append(_reason("L2", f"{end}_not_verified", text, account=party.number))
    if None not in (master.identity, member.identity) and master.identity != member.identity:
        text = "Trusteeship needs the same verified identity on both ends. Use management instead."
        reasons.append(_reason("L2", "identities_differ", text))
    for end, party in (("master", master), ("member", member)):
        if party.channel == Channel.RESELLER:
            text = f"{party.number} was sold by a reseller. Trusteeship is for direct customers."
            reasons.append(_reason("L2", f"{end}_is_reseller", text, account=party.number))
    if master.credit_limit <= ZERO:
        text = f"{master.number} has no credit line. Ask the provider for one: members use credit."
        reasons.append(_reason("L2", "master_has_no_credit_line", text, master=master.number))
    return reasons + _same_currency(master, member)


def _management(master: Party, member: Party) -> list[Reason]:
    reasons = []
    for end, party in (("master", master), ("member", member)):
        if party.channel == Channel.RESELLER:
            text = f"{party.number} was sold by a reseller. Management is for direct customers."
            reasons.append(_reason("L2", f"{end}_is_reseller", text, account=party.number))
    return reasons + _same_currency(master, member)


def _same_currency(master: Party, member: Party) -> list[Reason]:
    if master.currency == member.currency:
        return []
    text = f"Both ends need one currency: {master.currency} and {member.currency} differ."
    return [
        _reason("L2", "currencies_differ", text, master=master.currency, member=member.currency)
    ]


def _open_cycle(
    payer: Party, master: Party, member: Party, has_acknowledged: bool, rule: str = "L3"
) -> list[Reason]:
    reasons = []
    has_open_cycle = bool(member.facts.get("has_open_usage"))
    if has_open_cycle and not has_acknowledged:
        text = f"The cycle in progress stays with {payer.number}. Acknowledge that to go on."
        reasons.append(_reason(rule, "notice_not_acknowledged", text, payer=payer.number))
    must_be_above = has_open_cycle and payer.number == member.number
    if payer.available < ZERO or (must_be_above and payer.available == ZERO):
        bound = "above 0" if must_be_above else "at least 0"
        found = shown(payer.available, payer.currency)
        text = f"{payer.number} needs available funds {bound}; it has {found}."
        end = "member" if payer.number == member.number else "former_master"
        reasons.append(_reason(rule, f"{end}_funds_too_low", text, available=payer.available))
    if master.available < ZERO:
        text = f"{master.number} needs available funds of at least 0; it has"
        text = f"{text} {shown(master.available, master.currency)}."
        reasons.append(_reason("L3", "master_funds_too_low", text, available=master.available))
    return reasons


def _clean_member(member: Party, rule: str = "L4") -> list[Reason]:
    reasons = []
    if closed := member.facts.get("closed_since"):
        text = (
            f"A cycle of {member.number} that began at this instant or later is closed. Try again."
        )
        reasons.append(_reason("C1", "closed_since", text, closed_through=closed))
    if orders := member.facts.get("open_orders"):
        text = f"{member.number} has unpaid orders: {orders}. Pay or cancel them first."
        reasons.append(_reason(rule, "unpaid_orders", text, orders=orders))
    if bills := member.facts.get("bills_past_due"):
        text = f"{member.number} has bills past due: {', '.join(bills)}. Settle them first."
        reasons.append(_reason(rule, "bills_past_due", text, bills=bills))
    return reasons


def _other_invitations(member: Party) -> list[Reason]:
    if not member.open_invitations:
        return []
    masters = ", ".join(member.open_invitations)
    text = f"{member.number} has an open invitation of {masters}. Answer or cancel it first."
    return [_reason("L4", "other_invitation", text, masters=list(member.open_invitations))]


def _own_funds(member: Party) -> list[Reason]:
    """With the own line restored (L10)."""
    if member.restored_available >= ZERO:
        return []
    text = f"{member.number} needs own available funds of at least 0; it has"
    text = f"{text} {shown(member.restored_available, member.currency)}."
    return [_reason("L10", "member_funds_too_low", text, available=member.restored_available)]


def _allocated(rule: str, member: Party) -> list[Reason]:
    if not member.allocated_in:
        return []
    text = f"{plain(member.allocated_in, 2)} of credit is allocated to {member.number}."
    text = f"{text} Reclaim it first."
    return [_reason(rule, "credit_not_reclaimed", text, allocated_in=member.allocated_in)]


_WHO_MENDS = {
    "notice_not_acknowledged": "the caller",
    "closed_since": "the caller: try again",
    "unpaid_orders": "the member",
    "bills_past_due": "the member",
    "member_funds_too_low": "the member: top up",
    "master_funds_too_low": "the master: top up or settle",
    "former_master_funds_too_low": "the former master: top up or settle",
    "other_invitation": "the member",
    "credit_not_reclaimed": "the master: reclaim the credit",
    "master_has_no_credit_line": "the provider's finance staff",
}


def _reason(rule: str, code: str, message: str, **facts: Any) -> Reason:
    return Reason(rule, code, message, facts, _WHO_MENDS.get(code, "the provider's finance staff"))
