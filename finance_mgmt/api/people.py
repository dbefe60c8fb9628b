"""Who may act for accounts, and the legal persons behind them (Z6, L2)."""

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers

from ..enums import Role
from ..models import AccountUser, Identity
from ..queries import access
from ..services import accounts, people
from . import actors
from .bodies import Body
from .commands import command
from .fields import AccountNumber, Coded, Instant, number_of
from .filtering import Filters, account_number, filters
from .nouns import Listed, Noun, Shown

User = get_user_model()


class UserShown(serializers.ModelSerializer):
    """A person who may act for an account."""

    account = number_of()
    user = serializers.CharField(source="user.username", read_only=True)
    appointed_at = Instant(read_only=True)
    dismissed_at = Instant(read_only=True, allow_null=True)

    class Meta:
        model = AccountUser
        fields = ("id", "account", "user", "role", "appointed_at", "dismissed_at")
        read_only_fields = fields


class AppointBody(Body):
    """Whom to appoint, for which account, as what."""

    account = AccountNumber()
    user = Coded("username", queryset=User._default_manager.all(), help_text="A user name.")
    role = serializers.ChoiceField(choices=Role.choices)


class UserFilters(Filters):
    account = account_number("account")
    user = filters.CharFilter(field_name="user__username")
    is_dismissed = filters.BooleanFilter(
        field_name="dismissed_at", lookup_expr="isnull", exclude=True, label="has ended"
    )

    class Meta:
        model = AccountUser
        fields = ("account", "role")


class AccountUsers(Listed, Shown, Noun):
    """Who may act for which account (Z6)."""

    model = AccountUser
    rows = access.people
    shown = UserShown
    staff_view = "finance_mgmt.view_accountuser"
    ordering_fields = ("id", "appointed_at")
    viewers = actors.OWNERS
    filterset_class = UserFilters

    @command(
        asks=AppointBody,
        answers=UserShown,
        staff="appoint_user",
        status=201,
        example={"account": "ACME-1", "user": "mary", "role": "finance"},
        refuses=(people.PeopleRefused,),
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> AccountUser:
        """Let a person act for an account; a former role of theirs there ends."""
        return people.appoint(**{**body, "role": Role(body["role"])}, **said)

    @command(answers=UserShown, staff="appoint_user", refuses=(people.PeopleRefused,))
    def dismiss(self, body: dict[str, Any], said: dict[str, Any], pk: int) -> AccountUser:
        """End a person's right to act for an account, at once."""
        return people.dismiss(account_user=self.get_object(), **said)


class IdentityShown(serializers.ModelSerializer):
    """A verified legal person (L2)."""

    verified_at = Instant(read_only=True)

    class Meta:
        model = Identity
        fields = ("id", "legal_name", "registration_number", "verified_at")
        read_only_fields = fields


class VerifyBody(Body):
    """Whom the provider has proven."""

    legal_name = serializers.CharField(max_length=200)
    registration_number = serializers.CharField(max_length=100)


class IdentityFilters(Filters):
    class Meta:
        model = Identity
        fields = ("legal_name", "registration_number")


class Identities(Listed, Shown, Noun):
    """Verified legal persons: for staff."""

    model = Identity
    rows = access.identities
    shown = IdentityShown
    staff_view = "finance_mgmt.view_identity"
    ordering_fields = ("id", "legal_name", "verified_at")
    viewers = actors.NOBODY
    filterset_class = IdentityFilters

    @command(
        asks=VerifyBody,
        answers=IdentityShown,
        staff="verify_identity",
        status=201,
        example={"legal_name": "Acme Ltd", "registration_number": "91310000"},
    )
    def create(self, body: dict[str, Any], said: dict[str, Any]) -> Identity:
        """Note that a legal person is proven. The same person is the same row."""
        return accounts.verify_identity(**body, **said)
