"""API tests: nobody is throttled, but where throttling is what is tested."""

import pytest
from django.conf import settings
from django.core.cache import cache


@pytest.fixture(autouse=True)
def no_throttles(monkeypatch):
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    for scope in rates:
        monkeypatch.setitem(rates, scope, None)


@pytest.fixture
def rate(monkeypatch):
    """Sets a rate, such as `rate("writes", "5/h")`; nobody was counted before."""
    cache.clear()

    def limit(scope: str, text: str) -> None:
        monkeypatch.setitem(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], scope, text)

    yield limit
    cache.clear()
