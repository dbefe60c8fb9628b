"""The one clock: the database's own, unless a connection brings its own."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from finance_mgmt.clock import now, standing_still
from tests.faults.processes import environment

pytestmark = pytest.mark.django_db


def test_it_runs():
    first = now()
    assert timedelta(0) <= now() - first < timedelta(minutes=1)


def test_a_connection_may_bring_its_own():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL app.clock = '2024-10-02T00:00:00+00:00'")
    assert now() == datetime(2024, 10, 2, tzinfo=UTC)


def test_it_stands_still_for_a_page_and_goes_on_after_it(django_assert_num_queries):
    first = now()
    with django_assert_num_queries(1), standing_still():
        shown = [now() for _ in range(3)]
    assert (shown, first < shown[0] < now()) == ([shown[0]] * 3, True)


LATE = """
import datetime, time
real = time.time
time.time = lambda: real() + {hours} * 3600
class Wrong(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(hours={hours})
datetime.datetime = Wrong
import django; django.setup()
from finance_mgmt.clock import now
print(now().isoformat())
"""


@pytest.mark.case("F20")
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_worker_whose_own_clock_is_wrong_closes_nothing_early(hours):
    """Every job takes its instant from here: beside it no product code reads a clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (before,) = cursor.fetchone()
    python = [sys.executable, "-c", LATE.format(hours=hours)]
    said = subprocess.run(python, env=environment(), capture_output=True, text=True, check=True)
    found = datetime.fromisoformat(said.stdout.strip())
    assert timedelta(0) <= found - before < timedelta(minutes=30)
