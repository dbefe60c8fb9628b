"""The provider's switches and its time zone, as a file gives them."""

from typing import Any

from billing.enums import VoucherShare

from .nodes import Spot
from .rows import Keys, Reader, may
from .values import amount, count_up_to, flag, maybe, word, zone

MOST_DAYS = 3650

POLICY: Keys = {
    "billing_time_zone": may(zone),
    "auto_confirm_same_identity": may(flag),
    "invitation_days": may(count_up_to(MOST_DAYS)),
    "close_delay": may(count_up_to(MOST_DAYS * 86400)),
    "payment_days": may(count_up_to(MOST_DAYS)),
    "default_voucher_share": may(word(VoucherShare)),
    "showback": may(flag),
    "four_eyes_above": may(maybe(amount)),
}


def read(reader: Reader, spot: Spot | None, time_zone: Spot | None) -> dict[str, Any]:
    """The switches that the file changes; what is left out keeps its default."""
    given = reader.pairs(spot, POLICY) if spot else {}
    changes = {name: reader.value(value, POLICY[name].kind) for name, value in given.items()}
    if time_zone is not None:
        named = reader.value(time_zone, zone)
        if changes.get("billing_time_zone", named) != named:
            reader.note(time_zone, "differs from policy.billing_time_zone; give one of them.")
        changes["billing_time_zone"] = named
    return changes
