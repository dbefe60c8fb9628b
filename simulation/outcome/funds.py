"""What accounts have and owe, how it moved, and their vouchers."""

from collections.abc import Iterator

from billing.models import Voucher
from finance_mgmt import queries
from finance_mgmt.enums import Mode
from finance_mgmt.models import Account, Movement

from .view import BEGINNING, Entry, View, money


def funds(view: View) -> Iterator[Entry]:
    """Every account's figures, with what follows from its terms (F1-F4)."""
    numbers = dict(Account.objects.values_list("pk", "number"))
    for pk, figures in queries.figures_of(list(numbers), view.at).items():
        row = {
            "account": numbers[pk],
            "cash": money(figures.cash),
            "transferred_in": money(figures.transferred_in),
            "credit_limit": money(figures.credit_limit),
            "effective_limit": money(figures.effective_limit),
            "allocated_in": money(figures.allocated_in),
            "allocated_out": money(figures.allocated_out),
            "used": money(figures.used),
            "unsettled": money(figures.unsettled),
            "available": money(figures.available),
            "headroom": money(figures.headroom),
            "overshoot": money(figures.overshoot),
        }
        yield Entry(BEGINNING, numbers[pk], row)


def movements(view: View) -> Iterator[Entry]:
    """The ledger. `from` and `to` are pockets, `account` the giver, or the taker of new money."""
    rows = Movement.objects.select_related("from_account", "to_account", "owner")
    for movement in rows:
        giver, taker = movement.from_account, movement.to_account
        row = {
            "at": view.instant(movement.at),
            "account": (giver or taker).number,
            "owner": movement.owner.number if movement.owner else None,
            "kind": str(movement.kind),
            "from": str(movement.from_pocket),
            "to": str(movement.to_pocket),
            "amount": money(movement.amount),
            "reason": movement.reason,
            "from_account": giver.number if giver else None,
            "to_account": taker.number if taker else None,
        }
        yield Entry(movement.at, movement.pk, row)


def vouchers(view: View) -> Iterator[Entry]:
    """Vouchers; frozen while their owner is a trusteeship member (V4)."""
    rows = list(Voucher.objects.select_related("owner"))
    stands = queries.standings({row.owner_id for row in rows}, view.at)
    for voucher in rows:
        row = {
            "id": voucher.code,
            "owner": voucher.owner.number,
            "remaining": money(voucher.remaining),
            "frozen": stands[voucher.owner_id].mode == Mode.TRUSTEESHIP,
        }
        yield Entry(voucher.issued_at, voucher.code, row)
