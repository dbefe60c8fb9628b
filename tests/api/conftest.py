"""API tests: nobody is throttled, but where throttling is what is tested."""

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def no_throttles(monkeypatch):
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    for scope in rates:
        monkeypatch.setitem(rates, scope, None)
