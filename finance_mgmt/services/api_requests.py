"""A write through the API is done once per key; its answer is stored with its effect (F11)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction

from ..errors import FinanceError, KeyReused, Reason
from ..models import ApiRequest
from . import again

MOST_TRIES = 5
MOST_FORGOTTEN = 5_000  # at once

_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"


class InFlight(FinanceError):
    """A request with the same key is being worked on (F11)."""

    code = "in_flight"
    example = Reason(
        "F11",
        "in_flight",
        "A request with this key is being worked on. Ask again in a moment.",
        {},
        "the caller: wait, then repeat",
    )


@dataclass(frozen=True)
class Asked:
    """One request: whose key it is, and a fingerprint of all that was asked."""

    user: int
    account: int | None
    key: str
    fingerprint: str
    method: str
    path: str


def once(
    asked: Asked, *, at: datetime, do: Callable[[], tuple[int, str]]
) -> tuple[ApiRequest, bool]:
    """Do it and store status and answer with it, or return what was stored for the key.

    Returns the request and whether it was done before. A refusal is not stored: nothing happened,
    so the same key may be tried again. Raises InFlight, KeyReused, and what `do` raises.
    """
    for attempt in range(1, MOST_TRIES + 1):
        try:
            with transaction.atomic():
                return _once(asked, at, do)
        except OperationalError as error:
            if not again.was_broken_off(error) or attempt == MOST_TRIES:
                raise
            again.wait_a_little(attempt)
    raise AssertionError("the last attempt returns or raises")


@transaction.atomic
def forget(*, before: datetime) -> int:
    """Delete some of the answers stored before an instant, oldest first. Returns how many.

    Their keys stay used: a decision keeps each, so a repeated command is still done once (F11).
    """
    old = ApiRequest.objects.filter(at__lt=before).order_by("at")[:MOST_FORGOTTEN]
    deleted, _ = ApiRequest.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return deleted


def _once(asked: Asked, at: datetime, do: Callable[[], tuple[int, str]]) -> tuple[ApiRequest, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_TRY_LOCK, [f"api {asked.account}/{asked.user} {asked.key}"])
        if not cursor.fetchone()[0]:
            text = "A request with this key is being worked on. Ask again in a moment."
            raise InFlight(Reason("F11", "in_flight", text, {}, "the caller: wait, then repeat"))
    earlier = ApiRequest.objects.filter(
        user_id=asked.user, account_id=asked.account, key=asked.key
    ).first()
    if earlier is not None:
        if earlier.fingerprint != asked.fingerprint:
            text = "This key was used for another request. Use a new key for a new command."
            facts = {"method": earlier.method, "path": earlier.path}
            raise KeyReused(Reason("F11", "key_reused", text, facts, "the caller"))
        return earlier, True
    status, answer = do()
    request = ApiRequest.objects.create(
        user_id=asked.user,
        account_id=asked.account,
        key=asked.key,
        fingerprint=asked.fingerprint,
        method=asked.method,
        path=asked.path,
        status=status,
        answer=answer,
        at=at,
    )
    return request, False
