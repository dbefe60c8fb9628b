"""How a scheduled job stands: the table."""

from datetime import timedelta

import pytest

from finance_mgmt.rules.jobs import GRACE, stands
from tests.provider import at

NOON = at("2024-05-10 12:00")
SOON, JUST_OVER = NOON + timedelta(seconds=1), NOON - GRACE
TOO_LONG = JUST_OVER - timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("is_on", "failures", "next_look", "expected"),
    [
        (False, 0, SOON, "off"),
        (False, 3, TOO_LONG, "off"),
        (True, 1, SOON, "failed"),
        (True, 1, None, "failed"),
        (True, 0, None, "waiting"),
        (True, 0, SOON, "on_time"),
        (True, 0, JUST_OVER, "on_time"),
        (True, 0, TOO_LONG, "late"),
    ],
)
def test_a_job_stands(is_on, failures, next_look, expected):
    assert stands(is_on=is_on, failures=failures, next_look=next_look, at=NOON) == expected
