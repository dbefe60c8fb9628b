"""How long available funds last at the pace of the last days (W1). Pure.

| available  | spent per day | days left                        | runs out at                   |
|------------|---------------|----------------------------------|-------------------------------|
| below 0    | any           | 0                                | now: resources stop (R3)      |
| 0 or more  | 0 or less     | none: nothing runs out           | none                          |
| 0 or more  | above 0       | whole days of available/per day  | now + available/per day, exact|
| 0 or more  | above 0, tiny | none beyond MOST_DAYS            | none                          |
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal

from finance_mgmt.money import ZERO

MOST_DAYS = 3_650
_SECONDS_OF_A_DAY = Decimal(86_400)


@dataclass(frozen=True)
class Runway:
    """At this pace. `days_left` and `runs_out_at` None: as far as one can see, never."""

    available: Decimal
    per_day: Decimal
    days_left: int | None
    runs_out_at: datetime | None


def runway(*, available: Decimal, per_day: Decimal, at: datetime) -> Runway:
    """How long `available` lasts from the instant on."""
    if available < ZERO:
        return Runway(available, per_day, 0, at)
    if per_day <= ZERO or available > per_day * MOST_DAYS:
        return Runway(available, per_day, None, None)
    days = available / per_day
    seconds = int((days * _SECONDS_OF_A_DAY).to_integral_value(ROUND_FLOOR))
    whole = int(days.to_integral_value(ROUND_FLOOR))
    return Runway(available, per_day, whole, at + timedelta(seconds=seconds))
