"""How often a person, a group of accounts, or an address may ask.

Without Redis nobody is throttled, and nobody waits for one that says nothing.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from functools import cache
from time import monotonic
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

log = logging.getLogger(__name__)

READS = ("GET", "HEAD", "OPTIONS")
PATIENCE_SECONDS = 1  # with Redis
REST_SECONDS = 10  # for so long it is not asked when it said nothing


class Everything(SimpleRateThrottle):
    """All requests of one person; of one address where nobody signed in.

    Counted per period from its start on, each request by one step: many ask at once.
    """

    scope = "everything"
    _left = 0  # seconds until the next period

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
        key = None if self.rate is None else self.get_cache_key(request, view)
        if key is None:
            return True
        self._left = self.duration - int(self.timer()) % self.duration
        (counted,) = _count([self.counter(key)])
        return counted <= self.num_requests

    def wait(self) -> int:
        """Seconds until it may be tried again."""
        return self._left

    def counter(self, key: str, more: int = 1) -> tuple[str, int, int]:
        """The key of this period, how many requests to add, and how many seconds it is kept."""
        return f"{key}:{int(self.timer()) // self.duration}", more, self.duration


class Writes(Everything):
    """Requests that change something."""

    scope = "writes"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """The person; reads don't count. A view may know better than the method (RPC)."""
        is_reading = getattr(view, "is_reading", request.method in READS)
        return None if is_reading else super().get_cache_key(request, view)


class Group(Everything):
    """All requests for the accounts of one master, its own included, whoever sends them.

    One customer's many programs must not take the provider's time from the others. Staff have
    their own rate only.
    """

    scope = "group"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """The master of the acting account, else the account; nobody for staff."""
        actor = getattr(request, "actor", None)
        if actor is None or actor.sight is None:
            return None
        return f"throttle:{self.scope}:{actor.sight.group}"


class SignIn(Everything):
    """Names and passwords, by address: somebody may be guessing."""

    scope = "sign_in"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """The address; requests without a password don't count."""
        if not request.headers.get("Authorization", "").lower().startswith("basic"):
            return None
        return f"throttle:{self.scope}:{self.get_ident(request)}"


def may_write(users: Sequence[int]) -> list[bool]:
    """Count one request each that changes something; of each in turn, whether it may pass."""
    throttles = [one for one in (Everything(), Writes()) if one.rate is not None]
    wanted = Counter(users)
    counters = [
        one.counter(f"throttle:{one.scope}:{user}", more)
        for one in throttles
        for user, more in wanted.items()
    ]
    counted = iter(_count(counters) if counters else ())
    left = wanted.copy()
    for one in throttles:
        for user, more in wanted.items():
            before = next(counted) - more
            left[user] = min(left[user], one.num_requests - before)
    may = []
    for user in users:
        may.append(left[user] > 0)
        left[user] -= 1
    return may


def _count(counters: Sequence[tuple[str, int, int]]) -> list[int]:
    """Add to counters, in one round trip; what each says then. Nothing, where Redis is away."""
    location = settings.CACHES["default"]["LOCATION"]
    if monotonic() < _away_until.get(location, 0):
        return [0] * len(counters)
    try:
        with _redis(location).pipeline(transaction=False) as steps:
            for key, more, seconds in counters:
                steps.incrby(key, more)
                steps.expire(key, seconds)
            return [int(said) for said in steps.execute()[::2]]
    except RedisError:
        log.warning("Redis is away: nobody is throttled for %s s.", REST_SECONDS)
        _away_until[location] = monotonic() + REST_SECONDS
        return [0] * len(counters)


@cache
def _redis(location: str) -> Redis:
    return Redis.from_url(
        location,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 1),  # a connection may have been closed since it was used
    )


_away_until: dict[str, Any] = {}  # in seconds of the machine that only go up
