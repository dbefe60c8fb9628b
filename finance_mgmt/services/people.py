"""Who may act for accounts, and the tokens they do it with (Z6)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from knox.models import AuthToken

from ..enums import Role
from ..errors import FinanceError, Reason
from ..models import Account, AccountUser
from . import decisions, locks


class PeopleRefused(FinanceError):
    """The person can't be appointed, or is none of the account's users (Z6)."""

    code = "people_refused"
    example = Reason(
        "Z6", "user_inactive", "This person may not sign in.", {}, "the provider's staff"
    )


@transaction.atomic
def appoint(
    *, account: Account, user: Any, role: Role, key: str, by: str, at: datetime
) -> AccountUser:
    """Let a person act for an account in a role; a former role of theirs ends (Z6).

    Raises PeopleRefused, KeyReused.
    """
    facts = {"account": account.number, "user": user.get_username(), "role": role}
    decision, is_new = decisions.record(verb="people.appoint", facts=facts, key=key, by=by, at=at)
    if not is_new:
        return AccountUser.objects.get(decision=decision)
    if not user.is_active:
        text = f"{user.get_username()} may not sign in. Activate the user first."
        raise PeopleRefused(Reason("Z6", "user_inactive", text, {}, "the provider's staff"))
    locks.lock_accounts([account.pk])
    AccountUser.objects.filter(account=account, user=user, dismissed_at__isnull=True).update(
        dismissed_at=at
    )
    return AccountUser.objects.create(
        account=account, user=user, role=role, appointed_at=at, decision=decision
    )


@transaction.atomic
def dismiss(*, account_user: AccountUser, key: str, by: str, at: datetime) -> AccountUser:
    """End a person's right to act for an account, at once. Raises PeopleRefused, KeyReused."""
    facts = {"account_user": account_user.pk}
    _, is_new = decisions.record(verb="people.dismiss", facts=facts, key=key, by=by, at=at)
    locked = AccountUser.objects.select_for_update().get(pk=account_user.pk)
    if is_new:
        if locked.dismissed_at is not None:
            text = "This person was dismissed already."
            raise PeopleRefused(Reason("Z6", "dismissed", text, {"at": locked.dismissed_at}))
        locked.dismissed_at = at
        locked.save(update_fields=["dismissed_at"])
    return locked


@transaction.atomic
def issue_token(*, user: Any, by: str, at: datetime) -> tuple[AuthToken, str]:
    """Give a person who has signed in a new token. Its text is shown once; a digest is stored."""
    token, text = AuthToken.objects.create(user)
    facts = {"user": user.get_username(), "token": token.token_key}
    key = f"token {token.digest[:64]}"
    decisions.record(verb="people.issue_token", facts=facts, key=key, by=by, at=at)
    return token, text


@transaction.atomic
def revoke_token(*, token: AuthToken, by: str, at: datetime) -> None:
    """End a token at once."""
    facts = {"user": token.user.get_username(), "token": token.token_key}
    key = f"token revoked {token.digest[:64]}"
    decisions.record(verb="people.revoke_token", facts=facts, key=key, by=by, at=at)
    token.delete()
