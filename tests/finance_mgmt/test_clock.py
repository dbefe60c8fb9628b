"""The one clock: the database's own, unless a connection brings its own."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from finance_mgmt.clock import now

pytestmark = pytest.mark.django_db


def test_it_runs():
    first = now()
    assert timedelta(0) <= now() - first < timedelta(minutes=1)


def test_a_connection_may_bring_its_own():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL app.clock = '2024-10-02T00:00:00+00:00'")
    assert now() == datetime(2024, 10, 2, tzinfo=UTC)
