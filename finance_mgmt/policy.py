"""The provider's switches, with their defaults (DOMAIN 6). One frozen value, stored as one row."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Policy:
    """What the provider decided for these books."""

    billing_time_zone: str = "Asia/Shanghai"  # C5: where cycles are cut
    auto_confirm_same_identity: bool = True  # L5
    invitation_days: int = 7  # L5
    close_delay: int = 0  # C4: seconds after a cycle's end
    payment_days: int = 15  # B5
    default_voucher_share: str = "all_trusteeship_members"  # V3
    showback: bool = False  # B4
    four_eyes_above: Decimal | None = None  # Z7: None = off

    @property
    def zone(self) -> ZoneInfo:
        """The billing time zone."""
        return ZoneInfo(self.billing_time_zone)

    @property
    def close_after(self) -> timedelta:
        """How long after its end a cycle stays open (C4)."""
        return timedelta(seconds=self.close_delay)
