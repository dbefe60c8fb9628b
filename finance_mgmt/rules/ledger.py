"""Which figure of an account's funds a pocket is, and in which direction it counts (F1, F10)."""

from ..enums import Pocket

# pocket -> ((figure, sign of what comes in), ...). A draw from `credit` raises `used`.
FIGURES: dict[str, tuple[tuple[str, int], ...]] = {
    Pocket.CASH: (("cash", 1),),
    Pocket.TRANSFERRED_CASH: (("cash", 1), ("transferred_in", 1)),
    Pocket.CREDIT_LIMIT: (("credit_limit", 1),),
    Pocket.ALLOCATED_IN: (("allocated_in", 1),),
    Pocket.ALLOCATED_OUT: (("allocated_out", -1),),
    Pocket.CREDIT: (("used", -1),),
    Pocket.UNSETTLED_OWN: (("unsettled_own", -1),),
    Pocket.UNSETTLED_MEMBERS: (("unsettled_members", -1),),
    Pocket.PROVIDER: (),
}

ALL_FIGURES = tuple(dict.fromkeys(name for pairs in FIGURES.values() for name, _ in pairs))
