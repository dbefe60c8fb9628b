"""Who signs in: by token, or by name and password to get one."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_login_failed
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from knox.settings import CONSTANTS
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request


class Tokens(TokenAuthentication):
    """Knox tokens, found by their digest. Reading never writes: expired ones are only ignored."""

    def authenticate_credentials(self, token: bytes) -> Any:
        """The person of a token that has not expired."""
        try:
            text = token.decode("ascii")
            digest = hash_token(text)
        except (ValueError, TypeError):
            raise AuthenticationFailed(_("Invalid token.")) from None
        found = AuthToken.objects.select_related("user").filter(
            token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH], digest=digest, expiry__gt=Now()
        )
        if not (known := found.first()):
            raise AuthenticationFailed(_("Invalid token."))
        return self.validate_user(known)


class Passwords(BasicAuthentication):
    """Name and password, and for whoever has a second factor its code in `One-Time-Code`."""

    def authenticate_credentials(
        self, userid: str, password: str, request: Request | None = None
    ) -> Any:
        """The person, if both are right. Wrong codes count as wrong passwords: axes locks out."""
        assert request is not None
        asked = request._request
        try:
            user, nothing = super().authenticate_credentials(userid, password, asked)
            self._check_code(user, request.headers.get("One-Time-Code", ""), asked)
        except AuthenticationFailed:
            if getattr(asked, "axes_locked_out", False):
                asked.axes_locked_out = False  # else its middleware answers, with a page
                raise Throttled(
                    detail=_("Too many wrong passwords: this name is locked for a while.")
                ) from None
            raise
        return user, nothing

    def _check_code(self, user: Any, code: str, asked: Any) -> None:
        factors = list(Authenticator.objects.filter(user=user))
        if not factors:
            return
        if not code:
            raise AuthenticationFailed(
                _(
                    "You sign in with a second factor: send the code of your app,"
                    " or a recovery code, as the header One-Time-Code."
                )
            )
        typed = [one for one in factors if one.type != Authenticator.Type.WEBAUTHN]
        if not any(one.wrap().validate_code(code) for one in typed):
            user_login_failed.send(
                sender=__name__, credentials={"username": user.get_username()}, request=asked
            )
            raise AuthenticationFailed(_("That code is wrong, or was used before."))
