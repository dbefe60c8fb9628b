"""How often one person, or one address, may ask. Without Redis nobody is throttled."""

import logging
from typing import Any

from django.conf import settings
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

log = logging.getLogger(__name__)

READS = ("GET", "HEAD", "OPTIONS")


class Everything(SimpleRateThrottle):
    """All requests of one person; of one address where nobody signed in."""

    scope = "everything"

    def get_rate(self) -> str | None:
        """The rate of the settings, as they are now."""
        rates: dict[str, str | None] = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
        return rates[self.scope]

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """The person, else the address."""
        who = request.user.pk if request.user and request.user.is_authenticated else ""
        return f"throttle:{self.scope}:{who or self.get_ident(request)}"

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether this one may pass."""
        try:
            return super().allow_request(request, view)
        except RedisError:
            log.warning("Redis is away: nobody is throttled.")
            return True


class Writes(Everything):
    """Requests that change something."""

    scope = "writes"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """The person; reads don't count. A view may know better than the method (RPC)."""
        is_reading = getattr(view, "is_reading", request.method in READS)
        return None if is_reading else super().get_cache_key(request, view)


class SignIn(Everything):
    """Names and passwords, by address: somebody may be guessing."""

    scope = "sign_in"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """The address; requests without a password don't count."""
        if not request.headers.get("Authorization", "").lower().startswith("basic"):
            return None
        return f"throttle:{self.scope}:{self.get_ident(request)}"
