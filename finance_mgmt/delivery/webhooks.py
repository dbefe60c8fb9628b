"""Events to webhooks, signed; again with back-off where they were not taken (W4)."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_network

from django.conf import settings

from ..enums import NoticeChannel
from ..models import Delivery
from ..rules import signatures
from ..rules.addresses import AddressRefused
from ..rules.backoff import AWAY
from ..services import deliveries
from ..services import webhooks as endpoints
from . import events, guarded_http

BATCH = 50
BATCH_SECONDS = 20
LONGEST_PAUSE = timedelta(hours=1)
GONE = 410
BUSY = (429, 503)

Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


def deliver(*, clock: Clock, worker: str, seconds: int) -> int:
    """Post events that are due, for about so many seconds. Returns how many were taken.

    Safe to run anywhere, any number of times at once. A webhook that does not answer at all is
    left alone for a while; what else waits for it counts no attempt.
    """
    ends, sent = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        batch = deliveries.claim(
            channel=NoticeChannel.WEBHOOK, limit=BATCH, worker=worker, at=clock()
        )
        if not batch:
            break
        sent += _post_all(batch, clock)
    return sent


def _post_all(batch: list[Delivery], clock: Clock) -> int:
    ends, sent = time.monotonic() + BATCH_SECONDS, 0
    silent: set[int | None] = set()
    left = []
    for delivery in batch:
        if time.monotonic() > ends or delivery.webhook_id in silent:
            left.append(delivery)
            continue
        pause = _post(delivery, clock)
        if pause is None:
            sent += 1
        elif pause and delivery.webhook:
            silent.add(delivery.webhook_id)
            endpoints.pause(delivery.webhook, until=clock() + pause)
    if left:
        deliveries.give_back(left, wait=False, at=clock())
    return sent


def _post(delivery: Delivery, clock: Clock) -> timedelta | None:
    """None: it was taken. Else how long to leave the webhook alone; 0: go on with the next."""
    at = clock()
    try:
        answer = _send(delivery, at)
    except AddressRefused as refusal:
        deliveries.note_failed(delivery, error=str(refusal), is_final=True, at=at)
        return timedelta(0)
    except guarded_http.NoAnswer as error:
        deliveries.note_failed(delivery, error=str(error), at=clock())
        return AWAY
    said = f"{answer.status} {answer.text}".strip()
    if 200 <= answer.status < 300:
        deliveries.note_sent(delivery, answer=said, at=clock())
        return None
    deliveries.note_failed(
        delivery,
        error=_why(answer.status),
        answer=said,
        is_final=answer.status == GONE,
        is_gone=answer.status == GONE,
        at=clock(),
    )
    return _asked_pause(answer) if answer.status in BUSY else timedelta(0)


def _send(delivery: Delivery, at: datetime) -> guarded_http.Answer:
    webhook = delivery.webhook
    if webhook is None:
        raise AssertionError("an event goes to a webhook")
    body, message_id, timestamp = events.body(delivery), events.message_id(delivery), at.timestamp()
    secrets = endpoints.signing_secrets(webhook, at)
    headers = {
        "Content-Type": events.MEDIA_TYPE,
        "User-Agent": "group-billing/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(timestamp)),
        "webhook-signature": signatures.sign(
            secrets, message_id=message_id, timestamp=int(timestamp), body=body
        ),
    }
    networks = [ip_network(one) for one in settings.WEBHOOK_NETWORKS]
    return guarded_http.post(
        endpoints.target(webhook.url), body=body, headers=headers, networks=networks
    )


def _why(status: int) -> str:
    if 300 <= status < 400:
        return f"It answered {status}: redirects are not followed."
    return f"It answered {status}."


def _asked_pause(answer: guarded_http.Answer) -> timedelta:
    text = answer.retry_after
    if text.isascii() and text.isdecimal() and len(text) < 7:
        return min(timedelta(seconds=int(text)), LONGEST_PAUSE) or AWAY
    return AWAY
