"""Webhooks of an account: where its programs are told (W4, RELIABILITY S19)."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from ipaddress import ip_network

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from ..enums import DeliveryState, NoticeChannel, NoticeKind
from ..errors import FinanceError, Reason
from ..models import Account, Delivery, Webhook
from ..models.deliveries import OPEN_STATES
from ..rules import addresses, signatures
from . import decisions, locks, notices

MOST_PER_ACCOUNT = 10
MOST_DEAD_IN_A_ROW = 5
BOTH_SECRETS_SIGN = timedelta(hours=24)


class WebhookRefused(FinanceError):
    """The webhook can't be made or changed like this (W4)."""

    code = "webhook_refused"
    example = Reason(
        "W4",
        "there_already",
        "This account has this webhook already.",
        {"url": "https://acme.example.com/billing"},
    )


@transaction.atomic
def add(
    *, account: Account, url: str, kinds: Collection[NoticeKind], key: str, by: str, at: datetime
) -> Webhook:
    """Post notices of some kinds to an address from now on.

    Raises AddressRefused, WebhookRefused, KeyReused.
    """
    facts = {"account": account.number, "url": url, "kinds": sorted(kinds)}
    decision, is_new = decisions.record(verb="webhooks.add", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Webhook.objects.get(decision=decision)
    target(url)
    locks.lock_accounts([account.pk])
    present = Webhook.objects.filter(account=account, removed_at__isnull=True)
    if present.filter(url=url).exists():
        text = "There is a webhook with this address already. Change that one."
        raise WebhookRefused(Reason("W4", "there_already", text, {"url": url}))
    if present.count() >= MOST_PER_ACCOUNT:
        text = f"An account has at most {MOST_PER_ACCOUNT} webhooks. Remove one first."
        raise WebhookRefused(Reason("W4", "too_many", text, {"most": MOST_PER_ACCOUNT}))
    return Webhook.objects.create(
        account=account,
        url=url,
        kinds=sorted(kinds),
        seed=secrets.token_hex(32),
        created_at=at,
        decision=decision,
    )


@transaction.atomic
def change(
    *,
    webhook: Webhook,
    kinds: Collection[NoticeKind] | None = None,
    is_active: bool | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Webhook:
    """Change which kinds go there, switch it off, or on again with a clean slate.

    Raises WebhookRefused, KeyReused.
    """
    wanted = None if kinds is None else sorted(kinds)
    facts = {"webhook": webhook.pk, "kinds": wanted, "is_active": is_active}
    _, is_new = decisions.record(verb="webhooks.change", facts=facts, key=key, by=by, at=at)
    locked = _lock(webhook)
    if not is_new:
        return locked
    _judge_present(locked)
    if wanted is not None:
        locked.kinds = wanted
    if is_active:
        locked.is_active, locked.dead_in_a_row, locked.off_reason = True, 0, ""
        locked.paused_until = None
    elif is_active is not None:
        _stop(locked, f"Switched off by {by}.")
    locked.save()
    return locked


@transaction.atomic
def replace_secret(*, webhook: Webhook, key: str, by: str, at: datetime) -> Webhook:
    """Give it a new secret; the old one goes on signing beside it for a day.

    Raises WebhookRefused, KeyReused.
    """
    facts = {"webhook": webhook.pk}
    _, is_new = decisions.record(verb="webhooks.replace_secret", facts=facts, key=key, by=by, at=at)
    locked = _lock(webhook)
    if is_new:
        _judge_present(locked)
        locked.earlier_seed, locked.seed = locked.seed, secrets.token_hex(32)
        locked.earlier_until = at + BOTH_SECRETS_SIGN
        locked.save(update_fields=["earlier_seed", "seed", "earlier_until"])
    return locked


@transaction.atomic
def remove(*, webhook: Webhook, key: str, by: str, at: datetime) -> Webhook:
    """Post nothing more there; what was on its way is given up. Raises WebhookRefused."""
    facts = {"webhook": webhook.pk}
    _, is_new = decisions.record(verb="webhooks.remove", facts=facts, key=key, by=by, at=at)
    locked = _lock(webhook)
    if is_new:
        _judge_present(locked)
        _stop(locked, f"Removed by {by}.")
        locked.removed_at = at
        locked.save()
    return locked


@transaction.atomic
def send_test(*, webhook: Webhook, key: str, by: str, at: datetime) -> Delivery:
    """Queue a test event. Raises WebhookRefused, KeyReused."""
    facts = {"webhook": webhook.pk}
    decision, is_new = decisions.record(
        verb="webhooks.send_test", facts=facts, key=key, by=by, at=at
    )
    if not is_new:
        return Delivery.objects.filter(webhook=webhook, notice=None, queued_at=decision.at)[0]
    locked = _lock(webhook)
    _judge_present(locked)
    if not locked.is_active:
        text = "This webhook is switched off. Switch it on first."
        raise WebhookRefused(Reason("W4", "switched_off", text, {"webhook": webhook.pk}))
    return Delivery.objects.create(
        account=locked.account,
        channel=NoticeChannel.WEBHOOK,
        address=locked.url,
        webhook=locked,
        queued_at=at,
        next_attempt_at=at,
    )


def target(url: str) -> addresses.Target:
    """Where an address leads, if the settings allow it. Raises AddressRefused."""
    networks = map(ip_network, settings.WEBHOOK_NETWORKS)
    return addresses.read(url, ports=settings.WEBHOOK_PORTS, networks=networks)


def secret_text(webhook: Webhook) -> str:
    """The secret as its owner stores it. Shown once."""
    return signatures.secret_text(_secret(webhook.seed, settings.SECRET_KEY))


def signing_secrets(webhook: Webhook, at: datetime) -> list[bytes]:
    """All secrets that sign now: the newest first, a replaced one for a day, and those that
    followed from an earlier SECRET_KEY."""
    seeds = [webhook.seed]
    if webhook.earlier_until is not None and at < webhook.earlier_until:
        seeds.append(webhook.earlier_seed)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [_secret(seed, key) for seed in seeds for key in keys]


def note_failure(webhook: Webhook, *, is_dead: bool, is_gone: bool, at: datetime) -> None:
    """Count what was given up; too often in a row, or a plain "gone", switches it off (W4).

    The account is told by letter, in the transaction of the caller.
    """
    locked = _lock(webhook)
    locked.dead_in_a_row += is_dead
    if locked.is_active and (is_gone or locked.dead_in_a_row >= MOST_DEAD_IN_A_ROW):
        count = locked.dead_in_a_row
        reason = "It answered that it is gone." if is_gone else f"{count} events were given up."
        _stop(locked, reason)
        facts = {"url": locked.url, "reason": reason}
        account = locked.account_id
        notices.tell([account], kind=NoticeKind.WEBHOOK_OFF, about=account, at=at, facts=facts)
    locked.save()


def pause(webhook: Webhook, *, until: datetime | None) -> None:
    """Post nothing there for a while: nobody answers. None: it answers again."""
    Webhook.objects.filter(pk=webhook.pk).update(paused_until=until)


def note_success(webhook: Webhook) -> None:
    """It answers: what was given up before is forgotten."""
    if webhook.dead_in_a_row or webhook.paused_until is not None:
        rows = Webhook.objects.filter(pk=webhook.pk)
        rows.update(dead_in_a_row=0, paused_until=None)


def _stop(webhook: Webhook, reason: str) -> None:
    webhook.is_active, webhook.off_reason = False, reason
    Delivery.objects.filter(webhook=webhook, state__in=OPEN_STATES).update(
        state=DeliveryState.DEAD, error=reason, claimed_by=""
    )


def _secret(seed: str, secret_key: str) -> bytes:
    return salted_hmac(
        "finance_mgmt.webhooks", seed, secret=secret_key, algorithm="sha256"
    ).digest()


def _lock(webhook: Webhook) -> Webhook:
    rows = Webhook.objects.select_related("account").select_for_update(of=("self",))
    return rows.get(pk=webhook.pk)


def _judge_present(webhook: Webhook) -> None:
    if webhook.removed_at is not None:
        text = "This webhook was removed. Make a new one."
        raise WebhookRefused(Reason("W4", "removed", text, {"at": webhook.removed_at}))
