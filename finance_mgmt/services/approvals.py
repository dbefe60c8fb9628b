"""A command is asked for by one person and decided by another: four eyes (Z7), consent (L5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from ..enums import ApprovalState
from ..errors import FinanceError, Reason
from ..models import Account, Approval
from ..money import plain
from ..queries import policy
from ..rules import four_eyes
from . import decisions

OPEN_DAYS = 7


class ApprovalRefused(FinanceError):
    """The request can't be decided by this person, or not any more (Z7)."""

    code = "approval_refused"
    example = Reason(
        "Z7", "not_waiting", "This request was decided already.", {"state": "approved"}
    )


def submit(
    *,
    verb: str,
    arguments: Mapping[str, Any],
    amount: Decimal | None = None,
    preview: Mapping[str, Any] | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Any:
    """Carry the command out, or write it down to be approved where a second person is needed.

    `arguments` are primitives: account and order numbers, relationship ids, amounts as text.
    Returns what the command returns, or the waiting Approval.
    """
    if not four_eyes.is_needed(amount, policy().four_eyes_above):
        return _carry_out(verb, arguments, {"approved_by": ""}, key=key, by=by, at=at)
    return ask(
        verb=verb, arguments=arguments, amount=amount, preview=preview, key=key, by=by, at=at
    )


@transaction.atomic
def ask(
    *,
    verb: str,
    arguments: Mapping[str, Any],
    amount: Decimal | None = None,
    preview: Mapping[str, Any] | None = None,
    consent_of: Account | None = None,
    key: str,
    by: str,
    at: datetime,
) -> Approval:
    """Ask for a command to be approved by a second person, or consented to by a member.

    The same key returns the first request. Raises KeyReused.
    """
    facts = {"verb": verb, "arguments": dict(arguments), "amount": amount}
    if consent_of is not None:
        facts["consent_of"] = consent_of.number
    _, is_new = decisions.record(verb="approvals.ask", facts=facts, key=f"ask {key}", by=by, at=at)
    if not is_new:
        return Approval.objects.get(key=key)
    _command(verb)
    return Approval.objects.create(
        key=key,
        verb=verb,
        arguments=dict(arguments),
        preview=dict(preview or {}),
        amount=amount,
        asked_by=by,
        asked_at=at,
        expires_at=at + timedelta(days=policy().invitation_days if consent_of else OPEN_DAYS),
        consent_of=consent_of,
    )


@transaction.atomic
def approve(*, approval: Approval, comment: str = "", key: str, by: str, at: datetime) -> Approval:
    """Approve and carry out, with exactly what was asked. The rules are asked again now.

    What they refuse by then is `failed`, with the reasons as comment; no money moves.
    Raises ApprovalRefused, KeyReused.
    """
    locked = _decide(approval, ApprovalState.APPROVED, comment, "approve", key, by, at)
    if locked.state != ApprovalState.APPROVED or locked.decided_by != by or locked.decided_at != at:
        return locked
    try:
        with transaction.atomic():
            _carry_out(
                locked.verb,
                locked.arguments,
                agreed(locked, by),
                key=locked.key,
                by=locked.asked_by,
                at=at,
            )
    except FinanceError as refusal:
        locked.state, locked.comment = ApprovalState.FAILED, str(refusal)[:500]
        locked.save(update_fields=["state", "comment"])
        locked.reasons = refusal.reasons
    return locked


@transaction.atomic
def reject(*, approval: Approval, comment: str = "", key: str, by: str, at: datetime) -> Approval:
    """Say no to a request. Raises ApprovalRefused, KeyReused."""
    return _decide(approval, ApprovalState.REJECTED, comment, "reject", key, by, at)


@transaction.atomic
def withdraw(*, approval: Approval, key: str, by: str, at: datetime) -> Approval:
    """Take back what one asked for oneself. Raises ApprovalRefused, KeyReused."""
    return _decide(approval, ApprovalState.WITHDRAWN, "", "withdraw", key, by, at)


@transaction.atomic
def expire(*, by: str, at: datetime) -> int:
    """Close requests that nobody decided in time. Returns how many. Safe to repeat."""
    due = Approval.objects.filter(state=ApprovalState.WAITING, expires_at__lte=at)
    return due.update(state=ApprovalState.EXPIRED, decided_at=at)


def _decide(
    approval: Approval,
    state: ApprovalState,
    comment: str,
    verb: str,
    key: str,
    by: str,
    at: datetime,
) -> Approval:
    facts = {"approval": approval.pk, "comment": comment}
    _, is_new = decisions.record(verb=f"approvals.{verb}", facts=facts, key=key, by=by, at=at)
    locked = Approval.objects.select_for_update().get(pk=approval.pk)
    if not is_new:
        return locked
    if locked.state != ApprovalState.WAITING or locked.expires_at <= at:
        text = f"This request is {locked.state}; only a waiting one can be decided."
        raise ApprovalRefused(Reason("Z7", "not_waiting", text, {"state": locked.state}))
    is_withdrawal = state == ApprovalState.WITHDRAWN
    if is_withdrawal != (by == locked.asked_by):
        text = "Nobody decides what they asked for; only they can withdraw it."
        raise ApprovalRefused(Reason("Z7", "same_person", text, {"by": by}, "another person"))
    locked.state, locked.comment, locked.decided_at = state, comment, at
    locked.decided_by = "" if is_withdrawal else by
    locked.save(update_fields=["state", "comment", "decided_at", "decided_by"])
    return locked


def agreed(approval: Approval, by: str) -> dict[str, Any]:
    """How the command is told that somebody else agreed: the member, or a second person."""
    return {"has_consented": True} if approval.consent_of_id else {"approved_by": by}


def _carry_out(
    verb: str,
    arguments: Mapping[str, Any],
    told: Mapping[str, Any],
    *,
    key: str,
    by: str,
    at: datetime,
) -> Any:
    command = import_string(_command(verb))
    loaded = {name: _load(name, value) for name, value in arguments.items()}
    return command(**loaded, **told, key=key, by=by, at=at)


def _command(verb: str) -> str:
    if verb not in settings.APPROVABLE:
        raise AssertionError(f"settings.APPROVABLE does not know {verb!r}")
    return settings.APPROVABLE[verb]


def _load(name: str, value: Any) -> Any:
    path = settings.ARGUMENTS.get(name)
    return import_string(path)(value) if path and value is not None else value


def primitives(**arguments: Any) -> dict[str, Any]:
    """Arguments of a command as they are stored: numbers, ids and texts."""
    return {name: _primitive(value) for name, value in arguments.items() if value is not None}


def _primitive(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return getattr(value, "number", None) or getattr(value, "pk", None) or value
