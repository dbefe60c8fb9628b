"""What an actor may see now. Every list and page of the API starts here (Z6): default deny.

Each function gives the rows of one kind; rows that are not in it do not exist for the actor.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Prefetch, Q, QuerySet

from ..enums import End, Mode, Permission, Role
from ..models import (
    Account,
    AccountUser,
    Approval,
    Cap,
    Decision,
    Grant,
    Identity,
    Movement,
    Relationship,
    Run,
)
from ..rules.access import ASKED_BY, Sight, Tie, decide
from .standing import in_force, mode_at

_HOLDS = """
SELECT EXISTS (
    SELECT FROM auth_permission AS wanted
    JOIN django_content_type AS kind ON kind.id = wanted.content_type_id
    WHERE kind.app_label = %s AND wanted.codename = %s AND (
        EXISTS (
            SELECT FROM auth_user_user_permissions AS own
            WHERE own.permission_id = wanted.id AND own.user_id = %s
        ) OR EXISTS (
            SELECT FROM auth_group_permissions AS shared
            JOIN auth_user_groups AS membership ON membership.group_id = shared.group_id
            WHERE shared.permission_id = wanted.id AND membership.user_id = %s
        )
    )
)
"""
_OF_AN_ACCOUNT = re.compile(r"api ([1-9][0-9]*)/")


def holds(user: int, permission: str) -> bool:
    """Whether a person holds a permission ("app.codename"), directly or by a group: one query.

    Django asks two and reads all permissions, a sixth of what a small request costs.
    """
    app, _, codename = permission.partition(".")
    with connection.cursor() as cursor:
        cursor.execute(_HOLDS, [app, codename, user, user])
        found: bool = cursor.fetchone()[0]
    return found


@dataclass(frozen=True)
class Actor:
    """A person, and the account and role they act in; no account: the provider's staff."""

    user: int
    name: str
    account: Account | None = None
    role: Role | None = None
    sight: Sight | None = None

    @property
    def is_staff(self) -> bool:
        """Whether the provider's own staff act: they see all that their permissions name."""
        return self.account is None

    @property
    def key_prefix(self) -> str:
        """What keys of commands of this actor begin with: no two actors share a key (F11)."""
        return f"api {self.account.pk if self.account else 0}/{self.user} "


def sight(account_id: int, at: datetime) -> Sight:
    """Whose matters the account may see at the instant, in two queries."""
    grants = Prefetch("grants", Grant.objects.filter(in_force(at, "granted")), to_attr="in_force")
    links = Relationship.objects.filter(
        in_force(at), Q(master_id=account_id) | Q(member_id=account_id)
    )
    return decide(
        account_id, [_tie(link, account_id, at) for link in links.prefetch_related(grants)]
    )


def account_users(user_id: int) -> QuerySet[AccountUser]:
    """The accounts that a person may act for now."""
    rows = AccountUser.objects.filter(user_id=user_id, dismissed_at__isnull=True)
    return rows.select_related("account__identity").order_by("account__number")


def accounts(actor: Actor) -> QuerySet[Account]:
    """The actor's own account, its members, and others of which it may see something."""
    rows = Account.objects.select_related("identity")
    if (seen := actor.sight) is None:
        return rows
    return rows.filter(pk__in={seen.account} | seen.members | seen.finances | seen.bills)


def funded_accounts(actor: Actor) -> QuerySet[Account]:
    """Accounts whose funds the actor may see."""
    rows = Account.objects.select_related("funds")
    return rows if actor.sight is None else rows.filter(pk__in=actor.sight.finances)


def movements(actor: Actor) -> QuerySet[Movement]:
    """Movements out of or into funds that the actor may see."""
    rows = Movement.objects.select_related("from_account", "to_account", "owner", "decision")
    if actor.sight is None:
        return rows
    seen = actor.sight.finances
    return rows.filter(Q(from_account__in=seen) | Q(to_account__in=seen))


def relationships(actor: Actor) -> QuerySet[Relationship]:
    """Relationships with the actor's account at one end, in any state."""
    rows = Relationship.objects.select_related("master", "member", "moved_from")
    if actor.sight is None:
        return rows
    me = actor.sight.account
    return rows.filter(Q(master=me) | Q(member=me))


def grants(actor: Actor) -> QuerySet[Grant]:
    """Powers in relationships with the actor's account at one end."""
    rows = Grant.objects.select_related("relationship__master", "relationship__member")
    if actor.sight is None:
        return rows
    me = actor.sight.account
    return rows.filter(Q(relationship__master=me) | Q(relationship__member=me))


def caps(actor: Actor) -> QuerySet[Cap]:
    """Caps that the actor's account put on its members."""
    rows = Cap.objects.select_related("relationship__master", "relationship__member")
    if actor.sight is None:
        return rows
    return rows.filter(relationship__master=actor.sight.account)


def approvals(actor: Actor) -> QuerySet[Approval]:
    """Requests that users of the actor's account made through the API, or that ask its consent."""
    rows = Approval.objects.select_related("consent_of")
    if actor.account is None:
        return rows
    own = Q(key__startswith=f"api {actor.account.pk}/")
    return rows.filter(own | Q(consent_of=actor.account))


def decisions(actor: Actor) -> QuerySet[Decision]:
    """Commands: all for staff, for others those that users of their account gave (Z8)."""
    rows = Decision.objects.all()
    if actor.account is None:
        return rows
    return rows.filter(key__startswith=f"api {actor.account.pk}/")


def may_still_ask(approval: Approval) -> bool:
    """Whether whoever asked may still do this: in the role they asked in (Z7)."""
    asker = get_user_model()._default_manager.filter(username=approval.asked_by).first()
    if asker is None or not asker.is_active:
        return False
    codenames, roles = ASKED_BY[approval.verb]
    if found := _OF_AN_ACCOUNT.match(approval.key):
        held = AccountUser.objects.filter(user=asker, account_id=int(found[1]), role__in=roles)
        return held.filter(dismissed_at__isnull=True).exists()
    return asker.has_perms([f"finance_mgmt.{codename}" for codename in codenames])


def identities(actor: Actor) -> QuerySet[Identity]:
    """Legal persons: for staff."""
    return Identity.objects.all() if actor.is_staff else Identity.objects.none()


def people(actor: Actor) -> QuerySet[AccountUser]:
    """Who may act for accounts: staff see all, others the users of their own account."""
    rows = AccountUser.objects.select_related("user", "account")
    return rows if actor.account is None else rows.filter(account=actor.account)


def runs(actor: Actor) -> QuerySet[Run]:
    """Background work: for staff."""
    return Run.objects.all() if actor.is_staff else Run.objects.none()


def _tie(link: Relationship, account_id: int, at: datetime) -> Tie:
    is_master = link.master_id == account_id
    end = End.MASTER if is_master else End.MEMBER
    return Tie(
        other=link.member_id if is_master else link.master_id,
        is_master=is_master,
        mode=Mode(mode_at(link, at)),
        held=frozenset(
            Permission(one.permission)
            for one in link.in_force  # type: ignore[attr-defined]
            if one.held_by == end
        ),
    )
