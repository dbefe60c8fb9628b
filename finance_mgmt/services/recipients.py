"""Who reads the notices of an account: its billing e-mail, and recipients by kind (W4)."""

from collections.abc import Collection
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from ..enums import Language, NoticeKind
from ..errors import FinanceError, Reason
from ..models import Account, AccountUser, Recipient
from . import decisions, locks


class RecipientRefused(FinanceError):
    """Notices can't go there (W4)."""

    code = "recipient_refused"
    example = Reason("W4", "there_already", "This address is told already.")


@transaction.atomic
def set_contact(
    *, account: Account, email: str, language: Language, key: str, by: str, at: datetime
) -> Account:
    """Set the billing e-mail: it gets every notice as long as there is no other recipient.

    An empty one: nobody is written to. Raises RecipientRefused, KeyReused.
    """
    facts = {"account": account.number, "email": email, "language": language}
    _, is_new = decisions.record(verb="recipients.set_contact", facts=facts, key=key, by=by, at=at)
    locked = locks.lock_accounts([account.pk])[account.pk]
    if is_new:
        if email:
            _judge_address(email)
        locked.billing_email, locked.language = email, language
        locked.save(update_fields=["billing_email", "language"])
    return locked


@transaction.atomic
def add(
    *,
    account: Account,
    email: str = "",
    account_user: AccountUser | None = None,
    language: Language,
    kinds: Collection[NoticeKind],
    key: str,
    by: str,
    at: datetime,
) -> Recipient:
    """Let notices of some kinds go to an address, or to a user of the account (W4).

    Without a kind nothing goes there; as the only recipient that mutes the account.
    Raises RecipientRefused, KeyReused.
    """
    facts = {
        "account": account.number,
        "email": email,
        "account_user": account_user and account_user.pk,
        "language": language,
        "kinds": sorted(kinds),
    }
    decision, is_new = decisions.record(verb="recipients.add", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return Recipient.objects.get(decision=decision)
    locks.lock_accounts([account.pk])
    _judge_recipient(account, email, account_user)
    return Recipient.objects.create(
        account=account,
        email=email,
        account_user=account_user,
        language=language,
        kinds=sorted(kinds),
        decision=decision,
    )


@transaction.atomic
def change(
    *,
    recipient: Recipient,
    language: Language,
    kinds: Collection[NoticeKind],
    key: str,
    by: str,
    at: datetime,
) -> Recipient:
    """Change what goes there, in which language. Raises RecipientRefused, KeyReused."""
    facts = {"recipient": recipient.pk, "language": language, "kinds": sorted(kinds)}
    _, is_new = decisions.record(verb="recipients.change", facts=facts, key=key, by=by, at=at)
    locked = _lock(recipient)
    if is_new:
        _judge_open(locked)
        locked.language, locked.kinds = language, sorted(kinds)
        locked.save(update_fields=["language", "kinds"])
    return locked


@transaction.atomic
def remove(*, recipient: Recipient, key: str, by: str, at: datetime) -> Recipient:
    """Send nothing more there. Raises RecipientRefused, KeyReused."""
    facts = {"recipient": recipient.pk}
    _, is_new = decisions.record(verb="recipients.remove", facts=facts, key=key, by=by, at=at)
    locked = _lock(recipient)
    if is_new:
        _judge_open(locked)
        locked.removed_at = at
        locked.save(update_fields=["removed_at"])
    return locked


def _lock(recipient: Recipient) -> Recipient:
    rows = Recipient.objects.select_related("account", "account_user__user")
    return rows.select_for_update(of=("self",)).get(pk=recipient.pk)


def _judge_open(recipient: Recipient) -> None:
    if recipient.removed_at is not None:
        text = "This recipient was removed. Add it anew."
        raise RecipientRefused(Reason("W4", "removed", text, {"at": recipient.removed_at}))


def _judge_recipient(account: Account, email: str, account_user: AccountUser | None) -> None:
    if (account_user is None) == (email == ""):
        text = "Name an address, or a user of the account."
        raise RecipientRefused(Reason("W4", "one_of_two", text, {}))
    present = Recipient.objects.filter(account=account, removed_at__isnull=True)
    if account_user is None:
        _judge_address(email)
        is_there = present.filter(email__iexact=email).exists()
    else:
        if account_user.account_id != account.pk or account_user.dismissed_at is not None:
            text = "This person does not act for the account. Appoint them first."
            raise RecipientRefused(Reason("W4", "no_user_of_it", text, {}))
        is_there = present.filter(account_user=account_user).exists()
    if is_there:
        text = "This recipient is there already. Change what goes to it."
        raise RecipientRefused(Reason("W4", "there_already", text, {}))


def _judge_address(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        text = "This is no e-mail address."
        raise RecipientRefused(Reason("W4", "bad_email", text, {"email": email[:200]})) from None
