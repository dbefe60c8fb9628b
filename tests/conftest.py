"""What every test may use: a small provider with its customers, made through the services."""

import pytest
from django.db import connection

from tests.provider import Provider


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """At the end, whoever is still connected (a killed worker) must not keep the database."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )


@pytest.fixture
def provider(db):
    """A provider whose books are empty; its books must be right when the test ends."""
    yield (it := Provider())
    it.verify_books()
