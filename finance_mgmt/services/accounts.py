"""Opening accounts and proving who they are."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from ..enums import Channel
from ..errors import FinanceError, Reason
from ..models import Account, Funds, Identity, Movement, Relationship
from ..models.relationships import DATED_STATES
from . import decisions, locks


class AccountRefused(FinanceError):
    """The account can't be changed like this (L11)."""

    code = "account_refused"
    example = Reason(
        "F1",
        "number_taken",
        "Account number ACME is taken. Choose another one.",
        {"number": "ACME"},
    )


@transaction.atomic
def open(
    *,
    number: str,
    name: str,
    currency: str,
    identity: Identity | None = None,
    channel: Channel = Channel.DIRECT,
    key: str,
    by: str,
    at: datetime,
) -> Account:
    """Open an account together with its funds row, all figures 0 (F1).

    Raises AccountRefused, KeyReused.
    """
    facts = {
        "number": number,
        "name": name,
        "currency": currency,
        "identity": identity and identity.pk,
        "channel": channel,
    }
    decision, is_new = decisions.record(verb="accounts.open", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Account.objects.get(decision=decision)
    if Account.objects.filter(number=number).exists():
        text = f"There is an account {number} already. Choose another number."
        raise AccountRefused(Reason("F1", "number_taken", text, {"number": number}))
    account = Account.objects.create(
        number=number,
        name=name,
        currency=currency,
        identity=identity,
        channel=channel,
        opened_at=at,
        decision=decision,
    )
    Funds.objects.create(account=account)
    return account


@transaction.atomic
def verify_identity(
    *, legal_name: str, registration_number: str, key: str, by: str, at: datetime
) -> Identity:
    """Note that the provider has proven a legal person. The same person is the same row (L2)."""
    facts = {"legal_name": legal_name, "registration_number": registration_number}
    decisions.record(verb="accounts.verify_identity", facts=facts, key=key, by=by, at=at)
    identity, _ = Identity.objects.get_or_create(**facts, defaults={"verified_at": at})
    return identity


@transaction.atomic
def change(
    *,
    account: Account,
    identity: Identity | None = None,
    channel: Channel | None = None,
    currency: str | None = None,
    loses_identity: bool = False,
    key: str,
    by: str,
    at: datetime,
) -> Account:
    """Change who an account is, how it was sold or its currency: not while linked (L11).

    `loses_identity`: nothing is proven any more, the account is not verified. The currency stays
    once money has moved. Raises AccountRefused, KeyReused.
    """
    if loses_identity and identity is not None:
        raise AssertionError("an account loses its identity or has another one")
    wanted = {"identity": identity, "channel": channel, "currency": currency}
    changes: dict[str, object] = {
        name: value for name, value in wanted.items() if value is not None
    }
    if loses_identity:
        changes["identity"] = None
    facts = {"account": account.number} | {
        name: None if value is None else str(value) for name, value in changes.items()
    }
    _, is_new = decisions.record(verb="accounts.change", facts=facts, key=key, by=by, at=at)
    locked = locks.lock_accounts([account.pk])[account.pk]
    if not is_new:
        return locked
    if reasons := _judge_change(locked, changes, at):
        raise AccountRefused(reasons)
    for name, value in changes.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(changes))
    return locked


def _judge_change(account: Account, changes: dict[str, object], at: datetime) -> list[Reason]:
    reasons = []
    links = Relationship.objects.filter(
        Q(master=account) | Q(member=account),
        Q(effective_to__isnull=True) | Q(effective_to__gt=at),
        state__in=DATED_STATES,
    )
    if links.exists():
        text = f"{account.number} is linked. End its relationships before changing who it is."
        reasons.append(Reason("L11", "linked", text, {"changes": sorted(changes)}))
    moved = Movement.objects.filter(Q(from_account=account) | Q(to_account=account))
    if changes.get("currency", account.currency) != account.currency and moved.exists():
        text = f"Money of {account.number} has moved in {account.currency}. Open another account."
        reasons.append(Reason("F10", "currency_in_use", text, {"currency": account.currency}))
    return reasons
