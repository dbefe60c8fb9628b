"""The published formulas of funds (F2-F4). Pure."""

from dataclasses import dataclass
from decimal import Decimal

from ..money import ZERO


@dataclass(frozen=True)
class Figures:
    """The stored figures of one account, in its currency, and what follows from them.

    `is_own_line_frozen`: dormant in trusteeship (L13) or replaced by the master's (share_credit).
    """

    cash: Decimal
    transferred_in: Decimal
    credit_limit: Decimal
    allocated_in: Decimal
    allocated_out: Decimal
    used: Decimal
    unsettled_own: Decimal
    unsettled_members: Decimal
    is_own_line_frozen: bool = False

    @property
    def counted_limit(self) -> Decimal:
        """The own line as far as it counts: frozen, it carries old debt and nothing new (F2)."""
        if not self.is_own_line_frozen:
            return self.credit_limit
        return min(self.credit_limit, max(self.used + self.unsettled_own, ZERO))

    @property
    def effective_limit(self) -> Decimal:
        """limit + allocated in - allocated out (F2)."""
        return self.counted_limit + self.allocated_in - self.allocated_out

    @property
    def unsettled(self) -> Decimal:
        """What closed cycles cost the payer and no bill has drawn yet (F1)."""
        return self.unsettled_own + self.unsettled_members

    @property
    def available(self) -> Decimal:
        """cash + effective limit - used - unsettled (F3)."""
        return self.cash + self.effective_limit - self.used - self.unsettled

    @property
    def headroom(self) -> Decimal:
        """What an order of a trusteeship member may use: credit only, never the cash (F4).

        What is still to be billed in the account's favour is no credit: `used` stays within the
        limit (F5).
        """
        credit = self.effective_limit - self.used - max(self.unsettled_members, ZERO)
        return min(credit, self.available)

    @property
    def spendable(self) -> Decimal:
        """What an own order may use: the available funds, credit within the limit (F5)."""
        credit = max(self.effective_limit - self.used, ZERO)
        return min(self.available, self.cash + credit)

    @property
    def overshoot(self) -> Decimal:
        """How far metered usage took `used` over the effective limit (F5)."""
        return max(self.used - self.effective_limit, ZERO)
