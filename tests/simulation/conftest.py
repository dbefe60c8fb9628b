"""Scenarios in tests: played in sandboxes of their own, so no test database is needed."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
STORIES = sorted((HERE.parent / "scenarios").glob("*.yaml"))


@pytest.fixture
def server(django_db_blocker):
    """Lets the test talk to the database server. What it plays has a database of its own."""
    with django_db_blocker.unblock():
        yield
