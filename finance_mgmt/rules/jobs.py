"""How a scheduled job stands: on time, late, failed or off. Pure.

| switched on | failed since it last ended well | looked ever | next look is over by | stands  |
|-------------|---------------------------------|-------------|----------------------|---------|
| no          |                                 |             |                      | off     |
| yes         | yes                             |             |                      | failed  |
| yes         | no                              | no          |                      | waiting |
| yes         | no                              | yes         | more than GRACE      | late    |
| yes         | no                              | yes         | less, or not yet     | on_time |
"""

from datetime import datetime, timedelta
from enum import StrEnum

GRACE = timedelta(minutes=2)


class JobStanding(StrEnum):
    """How a job stands."""

    OFF = "off"
    FAILED = "failed"
    WAITING = "waiting"  # it never looked yet
    LATE = "late"
    ON_TIME = "on_time"


def stands(*, is_on: bool, failures: int, next_look: datetime | None, at: datetime) -> JobStanding:
    """How a job stands at the instant; `next_look` None: it never looked."""
    if not is_on:
        return JobStanding.OFF
    if failures:
        return JobStanding.FAILED
    if next_look is None:
        return JobStanding.WAITING
    return JobStanding.LATE if at - next_look > GRACE else JobStanding.ON_TIME
