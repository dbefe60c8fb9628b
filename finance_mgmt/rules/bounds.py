"""How much may move between accounts, and why not more (F6, F7). Pure."""

from dataclasses import dataclass
from decimal import Decimal

from ..errors import Reason
from ..money import ZERO, plain
from .credit import Figures


@dataclass(frozen=True)
class Bound:
    """The most that may move, the rule and the published formula it comes from."""

    rule: str
    code: str
    most: Decimal
    formula: str

    def judge(self, amount: Decimal) -> list[Reason]:
        """Why this amount may not move; empty: it may."""
        if amount <= self.most:
            return []
        most = max(self.most, ZERO)
        text = f"At most {plain(most, 2)} can move ({self.formula})."
        facts = {"amount": amount, "most": most, "formula": self.formula}
        return [Reason(self.rule, self.code, text, facts)]


def allocation(master: Figures) -> Bound:
    """Credit that a master may allocate: its headroom (F6)."""
    return Bound("F6", "above_headroom", master.headroom, "headroom of the master")


def reclaim(member: Figures) -> Bound:
    """Credit that a master may reclaim: the unused part (F6)."""
    most = min(member.allocated_in - member.used, member.available)
    return Bound("F6", "above_unused", most, "min(allocated in - used, available) of the member")


def own_cash(account: Figures) -> Bound:
    """Cash that may be withdrawn or transferred: never what was transferred in (F7)."""
    most = min(account.cash - account.transferred_in, account.available)
    return Bound("F7", "above_free_cash", most, "min(cash - transferred in, available)")


def take_back(member: Figures, left_between: Decimal) -> Bound:
    """Cash that a master may take back: what it transferred itself and is still there (F7)."""
    most = min(member.transferred_in, left_between, member.available)
    formula = "min(transferred in, left between the two, available) of the member"
    return Bound("F7", "above_transferred", most, formula)
