"""Tokens: name and password once, then a token that can be revoked. And: who am I?"""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from knox.models import AuthToken
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ..clock import now
from ..enums import Role
from ..queries import access
from ..services import people
from .authentication import Passwords, Tokens
from .fields import Instant
from .throttles import Everything, SignIn


class TokenShown(serializers.Serializer):
    """A token, by its first characters."""

    prefix = serializers.CharField(source="token_key")
    created_at = Instant(source="created")
    expires_at = Instant(source="expiry")


class TokenIssued(TokenShown):
    """A new token. Its text is shown this once; we keep a digest."""

    token = serializers.CharField()


class SeatShown(serializers.Serializer):
    """An account that the person may act for."""

    account = serializers.CharField(source="account.number")
    role = serializers.ChoiceField(choices=Role.choices)


class Me(serializers.Serializer):
    """The person who signed in, and what they may do."""

    username = serializers.CharField()
    is_staff = serializers.BooleanField()
    accounts = SeatShown(many=True)
    permissions = serializers.ListField(child=serializers.CharField())


class SignedIn(BasePermission):
    """Whoever signed in, for themselves."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether anybody did."""
        if not request.user.is_authenticated:
            raise NotAuthenticated
        return True


class Own(APIView):
    """What belongs to the person, not to an account."""

    permission_classes = (SignedIn,)
    throttle_classes: ClassVar[Any] = (Everything,)


class TokenList(Own):
    """The person's tokens."""

    authentication_classes = (Passwords, Tokens)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count passwords before they are checked: DRF does after, so that wrong ones are free."""
        guessing = SignIn()
        if not guessing.allow_request(request, self):
            self.throttled(request, guessing.wait())
        super().initial(request, *args, **kwargs)

    @extend_schema(responses={200: TokenShown(many=True)}, operation_id="tokens_list")
    def get(self, request: Request) -> Response:
        """The person's tokens that have not expired."""
        rows = AuthToken.objects.filter(user=request.user, expiry__gt=now()).order_by("-created")
        return Response(TokenShown(rows, many=True).data)

    @extend_schema(request=None, responses={201: TokenIssued})
    def post(self, request: Request) -> Response:
        """A new token for whoever signs in with name and password (HTTP Basic), or by a token."""
        token, text = people.issue_token(
            user=request.user, by=request.user.get_username(), at=now()
        )
        shown = TokenShown(token).data
        return Response({**shown, "token": text}, status=201, headers={"Cache-Control": "no-store"})


class TokenPage(Own):
    """One of them."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, prefix: str) -> Response:
        """End a token at once. The prefix names it, or `current`: the one in use."""
        key = request.auth.token_key if prefix == "current" and request.auth else prefix
        token = AuthToken.objects.filter(user=request.user, token_key=key).first()
        if token is None:
            raise Http404
        people.revoke_token(token=token, by=request.user.get_username(), at=now())
        return Response(status=204)


class MePage(Own):
    """Who am I?"""

    @extend_schema(responses={200: Me})
    def get(self, request: Request) -> Response:
        """The person who signed in, their accounts, and the permissions of staff."""
        user = request.user
        found = {
            "username": user.get_username(),
            "is_staff": user.is_staff,
            "accounts": access.account_users(user.pk),
            "permissions": sorted(user.get_all_permissions()) if user.is_staff else [],
        }
        return Response(Me(found).data)
