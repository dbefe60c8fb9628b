"""Who asks, for which account, and whether they may do this at all (Z6)."""

from datetime import datetime
from typing import Any

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ..enums import Role
from ..queries import access
from ..queries.access import Actor
from .problems import Malformed

HEADER = "X-Account"
ANYBODY = (Role.OWNER, Role.FINANCE, Role.VIEWER)
MONEY = (Role.OWNER, Role.FINANCE)
OWNERS = (Role.OWNER,)
NOBODY = ()


def of(request: Request, at: datetime) -> Actor | None:
    """The actor: the account that `X-Account` names, the only one there is, or the staff."""
    user = request.user
    if not (user and user.is_authenticated):
        return None
    wanted = request.headers.get(HEADER)
    if wanted is None and user.is_staff:
        return Actor(user.pk, user.get_username())
    held = list(access.account_users(user.pk))
    if wanted is not None:
        held = [one for one in held if one.account.number == wanted]
    if not held:
        raise PermissionDenied("You may not act for this account.", code="not_your_account")
    if len(held) > 1:
        numbers = ", ".join(one.account.number for one in held)
        raise Malformed(f"Say in {HEADER} for which account: {numbers}.", code="account_missing")
    chosen = held[0]
    return Actor(
        user=user.pk,
        name=user.get_username(),
        account=chosen.account,
        role=Role(chosen.role),
        sight=access.sight(chosen.account_id, at),
    )


class MayDo(BasePermission):
    """Staff need the permission that the view names, users of accounts one of its roles."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the actor may do this kind of thing; which rows is asked later."""
        actor: Actor | None = getattr(request, "actor", None)
        if actor is None:
            raise NotAuthenticated
        permission, roles = view.needs()
        if actor.is_staff:
            user = request.user  # what the one query does not find, the sign-in's own doors may
            if not user.is_superuser and access.holds(user.pk, permission):
                return True
            return bool(user.has_perm(permission))
        return actor.role in roles
