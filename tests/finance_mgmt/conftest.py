"""What tests of the ground floor may use besides the provider."""

import pytest

from finance_mgmt.queries.books import wrong_funds
from tests.provider import Provider


@pytest.fixture
def ground_floor(db):
    """A provider to whose ledger a test posts what charges and bills would: no floor above."""
    yield Provider()
    assert wrong_funds() == []
