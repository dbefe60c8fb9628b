"""Changes that a member must agree to: done where it need not be asked, else it is asked (L5)."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from ..models import Account
from ..queries.access import Actor
from ..services import consents


def consented() -> serializers.BooleanField:
    """A field in which staff say that the member has agreed."""
    text = "Staff only: the member has agreed outside the API. Left out: it is asked if need be."
    return serializers.BooleanField(required=False, help_text=text)


class Consenting:
    """For nouns with such commands."""

    actor: Actor

    def asks_consent(self, body: dict[str, Any], master: Account, member: Account) -> bool:
        """Whether the member must be asked first. Only staff can say that it has agreed."""
        has_consented = body.pop("has_consented", False)
        if has_consented and self.actor.account:
            text = "The member says so itself: leave has_consented out, and it is asked."
            raise PermissionDenied(text, code="other_end")
        if not consents.is_needed(master, member):
            return False
        body |= {"has_consented": True} if has_consented else {}
        return not has_consented
