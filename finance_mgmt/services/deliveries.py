"""Notices on their way: handed out, claimed by a lease, noted as sent or failed (W4).

Sending itself happens outside, in finance_mgmt/delivery: here are only the rows. A row is claimed
in one transaction and noted in another; a worker that dies in between leaves a lease that runs
out, and the same delivery, with the same id, is sent again.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet

from ..enums import DeliveryState, NoticeChannel
from ..errors import FinanceError, Reason
from ..models import Account, Delivery, Notice, Outgoing, Recipient, Webhook
from ..rules import backoff
from . import decisions, webhooks

LEASE = timedelta(seconds=90)
BATCH = 500
LONGEST_TEXT = 500

_CLAIM = """
UPDATE finance_mgmt_delivery SET state = 'sending', attempts = attempts + 1,
    claimed_by = %(who)s, next_attempt_at = %(lease)s
WHERE id IN (
    SELECT delivery.id FROM finance_mgmt_delivery delivery
    LEFT JOIN finance_mgmt_webhook webhook ON webhook.id = delivery.webhook_id
    WHERE delivery.channel = %(channel)s AND delivery.state IN ('queued', 'sending', 'failed')
      AND delivery.next_attempt_at <= %(at)s AND delivery.attempts < %(most)s
      AND (webhook.paused_until IS NULL OR webhook.paused_until <= %(at)s)
    ORDER BY delivery.next_attempt_at, delivery.id
    LIMIT %(limit)s FOR UPDATE OF delivery SKIP LOCKED
) RETURNING id
"""


class DeliveryRefused(FinanceError):
    """The delivery can't go back into the queue (W4)."""

    code = "delivery_refused"
    example = Reason(
        "W4",
        "not_failed",
        "Only what could not be delivered is sent again.",
        {"state": "delivered"},
    )


@transaction.atomic
def hand_out(*, at: datetime) -> int:
    """Make a delivery for each recipient of notices that just came. Returns how many notices.

    Safe to run at once: each notice is taken by one, and goes once to each address.
    """
    rows = Outgoing.objects.select_for_update(skip_locked=True).order_by("notice_id")[:BATCH]
    taken = list(rows.values_list("notice_id", flat=True))
    if taken:
        notices = list(Notice.objects.filter(pk__in=taken).select_related("to").order_by("pk"))
        Delivery.objects.bulk_create(_made(notices, at), ignore_conflicts=True)
        Outgoing.objects.filter(pk__in=taken).delete()
    return len(taken)


def claim(*, channel: NoticeChannel, limit: int, worker: str, at: datetime) -> list[Delivery]:
    """Take deliveries that are due; each belongs to this worker until its lease ends."""
    facts: dict[str, str | int | datetime] = {
        "who": worker,
        "channel": str(channel),
        "at": at,
        "lease": at + LEASE,
        "limit": limit,
        "most": backoff.MOST_ATTEMPTS,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, facts)
        taken = [row[0] for row in cursor.fetchall()]
    related = Delivery.objects.select_related("notice__to", "notice__about", "webhook", "account")
    return list(related.filter(pk__in=taken, claimed_by=worker).order_by("pk"))


def note_sent(delivery: Delivery, *, answer: str, at: datetime) -> None:
    """It arrived: the receiver said so."""
    with transaction.atomic():
        _mine(delivery).update(
            state=DeliveryState.SENT,
            sent_at=at,
            answer=_cut(answer),
            error="",
            claimed_by="",
        )
        if delivery.webhook is not None:
            webhooks.note_success(delivery.webhook)


def note_failed(
    delivery: Delivery,
    *,
    error: str,
    answer: str = "",
    is_final: bool = False,
    is_gone: bool = False,
    at: datetime,
) -> None:
    """It did not arrive: again later, or given up. `is_gone`: nobody will ever be there (410)."""
    wait = None if is_final else backoff.wait_after(delivery.attempts, random.randrange)
    with transaction.atomic():
        noted = _mine(delivery).update(
            state=DeliveryState.DEAD if wait is None else DeliveryState.FAILED,
            next_attempt_at=at if wait is None else at + wait,
            error=_cut(error),
            answer=_cut(answer),
            claimed_by="",
        )
        if noted and wait is None and delivery.webhook and delivery.notice_id:
            webhooks.note_failure(delivery.webhook, is_dead=True, is_gone=is_gone, at=at)


def give_back(rows: Iterable[Delivery], *, error: str = "", wait: bool, at: datetime) -> None:
    """Put claimed deliveries back untried: nobody was there at all, or time was up.

    It is not their fault, so it counts as no attempt.
    """
    ids = [row.pk for row in rows]
    later = at + backoff.spread(backoff.AWAY, random.randrange) if wait else at
    held = Delivery.objects.filter(pk__in=ids, state=DeliveryState.SENDING)
    for claimed_by in {row.claimed_by for row in rows}:
        held.filter(claimed_by=claimed_by).update(
            state=DeliveryState.QUEUED,
            attempts=F("attempts") - 1,
            next_attempt_at=later,
            error=_cut(error),
            claimed_by="",
        )


@transaction.atomic
def give_up(*, at: datetime) -> int:
    """Give up what took its worker down at each attempt. Returns how many."""
    lost = Delivery.objects.filter(
        state=DeliveryState.SENDING,
        next_attempt_at__lte=at,
        attempts__gte=backoff.MOST_ATTEMPTS,
    )
    return lost.update(
        state=DeliveryState.DEAD, error="Its worker died at each attempt.", claimed_by=""
    )


@transaction.atomic
def requeue(*, delivery: Delivery, key: str, by: str, at: datetime) -> Delivery:
    """Try a delivery that was given up from the beginning. It keeps its id.

    Raises DeliveryRefused, KeyReused.
    """
    facts = {"delivery": delivery.pk}
    _, is_new = decisions.record(verb="deliveries.requeue", facts=facts, key=key, by=by, at=at)
    locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if is_new:
        _judge_requeue(locked)
        locked.state, locked.attempts, locked.next_attempt_at = DeliveryState.QUEUED, 0, at
        locked.save(update_fields=["state", "attempts", "next_attempt_at"])
    return locked


def _judge_requeue(delivery: Delivery) -> None:
    if delivery.state not in (DeliveryState.DEAD, DeliveryState.FAILED):
        text = "Only what failed or was given up can be tried again."
        raise DeliveryRefused(Reason("W4", "not_failed", text, {"state": delivery.state}))
    if delivery.webhook and not delivery.webhook.is_active:
        text = "The webhook is switched off. Switch it on first."
        raise DeliveryRefused(Reason("W4", "switched_off", text, {"webhook": delivery.webhook_id}))


def _mine(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.SENDING, claimed_by=delivery.claimed_by
    )


def _made(notices: Sequence[Notice], at: datetime) -> list[Delivery]:
    """The deliveries of these notices: letters by preference, events to each webhook."""
    accounts = {notice.to_id for notice in notices}
    people = _recipients(accounts)
    programs = defaultdict(list)
    for webhook in Webhook.objects.filter(
        account__in=accounts, is_active=True, removed_at__isnull=True
    ):
        programs[webhook.account_id].append(webhook)
    made = []
    for notice in notices:
        said = {"notice": notice, "account_id": notice.to_id, "queued_at": at}
        said["next_attempt_at"] = at
        made += [
            Delivery(channel=NoticeChannel.EMAIL, address=address, language=language, **said)
            for address, language in letters_to(notice, people.get(notice.to_id))
        ]
        made += [
            Delivery(channel=NoticeChannel.WEBHOOK, address=one.url, webhook=one, **said)
            for one in programs[notice.to_id]
            if notice.kind in one.kinds
        ]
    return made


def _recipients(accounts: Iterable[int]) -> dict[int, list[Recipient]]:
    found = defaultdict(list)
    rows = Recipient.objects.filter(account__in=accounts, removed_at__isnull=True)
    for row in rows.select_related("account_user__user").order_by("pk"):
        if row.account_user is None or _acts(row):
            found[row.account_id].append(row)
    return found


def _acts(recipient: Recipient) -> bool:
    person = recipient.account_user
    return person.dismissed_at is None and person.user.is_active


def letters_to(notice: Notice, recipients: Sequence[Recipient] | None) -> list[tuple[str, str]]:
    """Addresses and languages: recipients that want the kind; none named, the billing e-mail.

    A notice may name an address of its own, such as that of an invoice's title.
    """
    if not recipients:
        account: Account = notice.to
        if own := notice.facts.get("email"):
            return [(own, notice.facts.get("language", account.language))]
        return [(account.billing_email, account.language)] if account.billing_email else []
    wanted = {
        one.address.lower(): (one.address, one.language)
        for one in recipients
        if notice.kind in one.kinds and one.address
    }
    return list(wanted.values())


def _cut(text: str) -> str:
    return text.replace("\0", "")[:LONGEST_TEXT]
