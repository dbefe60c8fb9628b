"""What every test may use: a small provider with its customers, made through the services."""

import pytest

from tests.provider import Provider


@pytest.fixture
def provider(db):
    """A provider whose books are empty; its books must be right when the test ends."""
    yield (it := Provider())
    it.verify_books()
