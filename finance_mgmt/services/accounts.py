"""Opening accounts and proving who they are."""

from datetime import datetime

from django.db import transaction

from ..enums import Channel
from ..models import Account, Funds, Identity
from . import decisions


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
    """Open an account together with its funds row, all figures 0 (F1)."""
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
