"""Letters by Django's mail backend, many over one connection."""

import logging
import smtplib
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from .. import queries
from ..enums import NoticeChannel
from ..models import Delivery
from ..services import deliveries
from . import letters

BATCH = 100
BATCH_SECONDS = 20  # then the rest goes back: well before the lease ends

Clock = Callable[[], datetime]
log = logging.getLogger(__name__)


def deliver(*, clock: Clock, worker: str, seconds: int) -> int:
    """Send letters that are due, for about so many seconds. Returns how many were sent.

    Safe to run anywhere, any number of times at once. While the mail server is away nothing is
    lost and nothing counts as an attempt.
    """
    ends, sent = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        batch = deliveries.claim(
            channel=NoticeChannel.EMAIL, limit=BATCH, worker=worker, at=clock()
        )
        if not batch:
            break
        done = _send(batch, min(ends, time.monotonic() + BATCH_SECONDS), clock)
        if done is None:
            break
        sent += done
    return sent


def _send(batch: Sequence[Delivery], ends: Any, clock: Clock) -> int | None:
    """Send a batch over one connection. None: the mail server is away."""
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("The mail server is away: %s", error)
        deliveries.give_back(batch, error=f"Mail server: {error}", wait=True, at=clock())
        return None
    sent = 0
    try:
        for number, delivery in enumerate(batch):
            if time.monotonic() > ends:
                deliveries.give_back(batch[number:], wait=False, at=clock())
                break
            if not _send_one(connection, delivery, clock):
                deliveries.give_back(batch[number + 1 :], wait=False, at=clock())
                break
            sent += 1
    finally:
        connection.close()
    return sent


def _send_one(connection: Any, delivery: Delivery, clock: Clock) -> bool:
    """Whether the connection is still good for the next one."""
    try:
        connection.send_messages([_message(connection, delivery)])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        _note(delivery, code, said, clock)
    except smtplib.SMTPResponseException as error:
        if isinstance(error, smtplib.SMTPSenderRefused):  # our own fault, not the reader's
            _note(delivery, 450, error.smtp_error, clock)
            return False
        _note(delivery, error.smtp_code, error.smtp_error, clock)
    except (OSError, smtplib.SMTPException) as error:
        deliveries.note_failed(delivery, error=f"Mail server: {error}", at=clock())
        return False
    except Exception as error:
        log.exception("Delivery %s can't be written", delivery.pk)
        deliveries.note_failed(delivery, error=f"{type(error).__name__}: {error}", at=clock())
    else:
        deliveries.note_sent(delivery, answer="accepted", at=clock())
    return True


def _note(delivery: Delivery, code: int, said: bytes | str, clock: Clock) -> None:
    """5xx is for good: no such mailbox. 4xx is for now."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    answer = f"{code} {text}"
    is_final = 500 <= code < 600
    deliveries.note_failed(delivery, error=answer, answer=answer, is_final=is_final, at=clock())


def _message(connection: Any, delivery: Delivery) -> EmailMultiAlternatives:
    if delivery.notice is None:
        raise AssertionError("a letter tells a notice")
    zone = queries.policy().zone
    letter = letters.write(delivery.notice, language=delivery.language, zone=zone)
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.text,
        to=[delivery.address],
        connection=connection,
        headers={
            "Message-ID": message_id(delivery),
            "Auto-Submitted": "auto-generated",
            "Content-Language": delivery.language,
        },
    )
    message.attach_alternative(letter.html, "text/html")
    return message


def message_id(delivery: Delivery) -> str:
    """The same at every attempt, so that a mailbox that got it twice shows it once."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{delivery.public_id.hex}@{domain}>"
