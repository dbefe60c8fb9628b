"""Who may invoice whose consumption, and under which title (I2-I5). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from finance_mgmt.enums import Mode, Permission
from finance_mgmt.errors import Reason
from finance_mgmt.money import ZERO, plain
from finance_mgmt.rules.terms import Standing


@dataclass(frozen=True)
class Request:
    """Who wants to invoice whose charges: account ids, and each owner's standing now."""

    issuer: int
    owners: tuple[int, ...]
    standings: dict[int, Standing]
    payers: frozenset[int]  # who paid for what is chosen; the invoice carries their title
    titles: Mapping[int, tuple[str, str]]  # name and tax number
    apart: frozenset[int] = frozenset()  # owners in management, named beside what others paid


def judge(request: Request) -> list[Reason]:
    """All reasons against the invoice; empty: it may be issued (I2-I4)."""
    if not request.owners:
        return [Reason("I1", "nobody_named", "Name whose charges are invoiced.", {})]
    if request.payers <= {request.issuer} and not request.apart:
        return _own(request)
    if len(request.owners) > 1:
        text = "In management an invoice is for one member at a time."
        return [Reason("I3", "several_members", text, {"members": len(request.owners)})]
    return _for_member(request, request.owners[0])


def judge_arrears(arrears: Decimal, left_out: Decimal) -> list[Reason]:
    """With arrears, what is left out must be worth at least the arrears (I5)."""
    if left_out >= arrears or arrears <= ZERO:
        return []
    text = (
        f"{plain(arrears, 2)} is in arrears: leave out charges worth at least that,"
        " or settle first."
    )
    facts = {"arrears": arrears, "left_out": left_out}
    return [Reason("I5", "arrears_not_covered", text, facts, "the payer: settle")]


def _own(request: Request) -> list[Reason]:
    standing = request.standings[request.issuer]
    if standing.mode == Mode.MANAGEMENT and standing.grants_master(Permission.FORBID_INVOICING):
        text = "The master issues this account's invoices."
        return [Reason("I3", "invoicing_forbidden", text, {}, "the master")]
    return []


def _for_member(request: Request, owner: int) -> list[Reason]:
    standing = request.standings[owner]
    powers = (Permission.FORBID_INVOICING, Permission.MANAGE_INVOICES)
    may = any(standing.grants_master(power) for power in powers)
    is_master = standing.master == request.issuer and standing.mode == Mode.MANAGEMENT
    if request.payers != {owner} or not is_master or not may:
        text = "Only the payer may invoice this, or its master where it granted that."
        return [Reason("I4", "not_allowed", text, {}, "the member: grant manage_invoices")]
    forbids = standing.grants_master(Permission.FORBID_INVOICING)
    if forbids and request.titles.get(owner) != request.titles.get(request.issuer):
        text = "The titles of master and member differ."
        return [Reason("I3", "titles_differ", text, {}, "the provider's finance staff")]
    return []
