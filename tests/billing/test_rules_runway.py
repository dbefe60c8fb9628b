"""How long funds last at this pace: the table (W1)."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.rules.runway import MOST_DAYS, Runway, runway
from tests.provider import at

NOON = at("2024-05-10 12:00")


@pytest.mark.rule("W1", "R3")
@pytest.mark.parametrize(
    ("available", "per_day", "days", "lasts"),
    [
        ("-0.01", "5", 0, timedelta(0)),
        ("-0.01", "0", 0, timedelta(0)),
        ("0", "5", 0, timedelta(0)),
        ("0", "0", None, None),
        ("15", "-1", None, None),
        ("15", "5", 3, timedelta(days=3)),
        ("14.99", "5", 2, timedelta(days=2, seconds=86_227)),
        ("1", "3", 0, timedelta(hours=8)),
        ("1", "0.000000000000000001", None, None),
        (str(MOST_DAYS), "1", MOST_DAYS, timedelta(days=MOST_DAYS)),
        (f"{MOST_DAYS}.01", "1", None, None),
    ],
)
def test_a_runway(available, per_day, days, lasts):
    assert runway(available=Decimal(available), per_day=Decimal(per_day), at=NOON) == Runway(
        Decimal(available), Decimal(per_day), days, None if lasts is None else NOON + lasts
    )
